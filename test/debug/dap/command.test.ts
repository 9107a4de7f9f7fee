/** `lockstep dap` as a process: what is wrong is answered, and it leaves nothing behind however its client goes. */
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { encodeMessage, MessageReader } from '../../../src/debug/dap/wire.ts';
import { chooser, golden, newSeed } from '../timeline/support.ts';
import { Client } from './client.ts';
import { leave } from './leaving.ts';

const hello = { recording: golden('hello') };
const HELLO_END = 571n;

test('requests that cannot be are answered with errors, and the session goes on', async () => {
  const editor = new Client();
  await expect(editor.ask('threads')).rejects.toThrow('no recording is open; launch comes first');
  await expect(editor.ask('launch', hello)).rejects.toThrow('initialize comes before launch');
  const offered = await editor.ask('initialize', { adapterID: 'lockstep' });
  expect(offered).toMatchObject({ supportsStepBack: true, supportsDataBreakpoints: true });
  await expect(editor.ask('initialize', { adapterID: 'lockstep' })).rejects.toThrow('initialize comes once');
  await expect(editor.ask('launch', { recording: 5 })).rejects.toThrow('argument recording must be a string');
  await expect(editor.ask('launch', { recording: '/nothing.lks' })).rejects.toThrow(/nothing\.lks/);
  await expect(editor.ask('launch', { ...hello, at: 10 ** 6 })).rejects.toThrow('the recording ends at tick 571');
  await expect(editor.ask('launch', { ...hello, at: 'event:99' })).rejects.toThrow(/no event 99/);
  await expect(editor.ask('launch', { ...hello, engine: 'steam' })).rejects.toThrow(/there is no engine steam/);
  await expect(editor.ask('launch', { ...hello, gdb: '/nothing/gdb' })).rejects.toThrow(/gdb cannot be started/);
  await expect(editor.ask('launch', { ...hello, symbols: ['/nothing'] })).rejects.toThrow(/cannot read the symbols/);
  await editor.ask('launch', { ...hello, gdb: false, engine: 'interpreter' });
  await expect(editor.ask('launch', hello)).rejects.toThrow('a recording is open already');
  await editor.event('initialized');
  await editor.ask('configurationDone');
  await editor.stopped();
  for (const command of ['restart', 'toString', '__proto__', 'handle', '']) {
    await expect(editor.ask(command)).rejects.toThrow(/there is no request/);
  }
  await expect(editor.ask('variables', { variablesReference: 99 })).rejects.toThrow('there are no values 99 any more');
  await expect(editor.ask('scopes', { frameId: -1 })).rejects.toThrow('there is no frame -1 any more');
  await expect(editor.ask('stackTrace', { threadId: 2 })).rejects.toThrow('there is no thread 2');
  await expect(editor.ask('continue', ['x'])).rejects.toThrow('the arguments must be an object');
  await expect(editor.ask('setBreakpoints', { source: 1 })).rejects.toThrow('argument source must be an object');
  await expect(editor.ask('setBreakpoints', { source: {} })).rejects.toThrow('argument source.path must be a string');
  await expect(editor.ask('readMemory', { memoryReference: 'x', count: 1 })).rejects.toThrow(/must be an address/);
  await expect(editor.ask('setDataBreakpoints', { breakpoints: [{ dataId: 'x' }] })).rejects.toThrow('no data x');
  expect(await editor.tick()).toBe(HELLO_END);
  await editor.ask('disconnect');
  expect(await editor.ended).toEqual([0, null]);
  expect(editor.stderr).toBe('');
});

test('damaged messages are told, and what comes behind them is answered', async () => {
  const editor = new Client();
  const { stdin } = editor.child;
  stdin!.write('Content-Length: 5\r\n\r\n{"a":');
  stdin!.write('Content-Length: what\r\n\r\n');
  stdin!.write('rubbish\r\n\r\n');
  for (const message of [
    null,
    7,
    [],
    'x',
    {},
    { type: 'request' },
    { type: 'request', seq: 'x', command: 'threads' },
  ]) {
    stdin!.write(Buffer.from(encodeMessage({ message }.message as object)));
  }
  expect(await editor.ask('initialize', { adapterID: 'x' })).toMatchObject({ supportsStepBack: true });
  expect(editor.output.match(/the client sent/g)!.length).toBeGreaterThanOrEqual(9);
  await editor.ask('disconnect');
  expect(await editor.ended).toEqual([0, null]);
});

test('any arguments at all get an answer, and no defect shows', async () => {
  const seed = newSeed();
  const choose = chooser(seed);
  const pick = <T>(from: readonly T[]): T => from[Number(choose(BigInt(from.length)))]!;
  const editor = new Client();
  await editor.launch({ ...hello, gdb: false, at: 100 });
  const { exceptionBreakpointFilters } = { exceptionBreakpointFilters: ['input', 'interrupt', 'nothing'] };
  const values = [0, 1, -1, 1e9, 2 ** 60, 0.5, null, '', '0x80000000', 'counter', '0x80000000,8', true, [], {}, [{}]];
  const names = [
    'threadId',
    'frameId',
    'variablesReference',
    'memoryReference',
    'count',
    'offset',
    'expression',
    'name',
  ];
  const more = [
    'instructionOffset',
    'instructionCount',
    'source',
    'breakpoints',
    'filters',
    'context',
    'dataId',
    'start',
  ];
  const commands = [
    ...['threads', 'stackTrace', 'scopes', 'variables', 'evaluate', 'readMemory', 'disassemble', 'source', 'pause'],
    ...['setBreakpoints', 'setFunctionBreakpoints', 'setInstructionBreakpoints', 'dataBreakpointInfo', 'exceptionInfo'],
    ...['setDataBreakpoints', 'setExceptionBreakpoints', 'continue', 'reverseContinue', 'stepIn', 'stepBack', 'next'],
  ];
  const inner = ['line', 'instructionReference', 'name', 'dataId', 'accessType', 'condition', 'hitCondition', 'path'];
  const object = (keys: readonly string[]): object =>
    Object.fromEntries(Array.from({ length: 4 }, () => [pick(keys), pick(values)]));
  for (let i = 0; i < 400; i++) {
    const args: Record<string, unknown> = { ...object([...names, ...more]) };
    if (choose(2n) === 0n) args.breakpoints = [object(inner), object(inner)];
    if (choose(2n) === 0n) args.source = object(['path', 'sourceReference', 'name']);
    if (choose(4n) === 0n) args.filters = [pick(exceptionBreakpointFilters)];
    const answer = await editor.ask(pick(commands), args).catch((error: Error) => error.message);
    expect(String(answer), `LOCKSTEP_SEED=${seed}`).not.toContain('defect');
  }
  expect(editor.stderr, `LOCKSTEP_SEED=${seed}`).toBe('');
  await editor.ask('disconnect');
  expect(await editor.ended).toEqual([0, null]);
});

test.each([
  ['in launch', 'disconnect'],
  ['at a stop', 'end of input'],
  ['while it runs', 'SIGTERM'],
  ['while it runs', 'SIGKILL'],
] as const)('gone %s, by %s: no process is left', leave);

test('on a port it serves several editors, and ends at a signal', async () => {
  const editor = new Client('--port', '0');
  let text = '';
  while (!/ at 127\.0\.0\.1:\d+/.test(text)) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    text = editor.stderr;
  }
  const port = Number(/127\.0\.0\.1:(\d+)/.exec(text)![1]);
  const ask = (request: object): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => socket.write(encodeMessage(request)));
      const reader = new MessageReader();
      socket.on('error', reject);
      socket.on('data', (bytes: Buffer) => {
        for (const incoming of reader.push(bytes)) resolve(incoming.kind === 'message' ? incoming.message : incoming);
      });
    });
  const request = { seq: 1, type: 'request', command: 'initialize', arguments: { adapterID: 'x' } };
  const answers = await Promise.all([ask(request), ask(request)]);
  for (const answer of answers) expect(answer).toMatchObject({ type: 'response', request_seq: 1, success: true });
  editor.child.kill('SIGINT');
  expect(await editor.ended).toEqual([0, null]);
});
