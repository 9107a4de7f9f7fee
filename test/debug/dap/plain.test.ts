/** The debug adapter without gdb: instructions, registers, memory, and the same ways through time. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { golden } from '../timeline/support.ts';
import { Client } from './client.ts';

const EARLY = 300_000n;
const STORE = '0x80000724';
/** A guard against hanging. */
const HOOK_MS = 120_000;
let editor: Client;

beforeAll(async () => {
  editor = new Client();
  const first = await editor.launch({ recording: golden('race'), at: `${EARLY}`, gdb: false });
  expect(first).toMatchObject({ reason: 'entry', threadId: 1, allThreadsStopped: true });
}, HOOK_MS);
afterAll(async () => {
  await editor.ask('disconnect');
  expect(await editor.ended).toEqual([0, null]);
}, HOOK_MS);

const goTo = async (tick: bigint): Promise<void> => {
  if ((await editor.tick()) === tick) return;
  await editor.console(`goto ${tick}`);
  expect((await editor.stopped()).reason).toBe('goto');
};
const breakAt = (...breakpoints: object[]) => editor.ask('setInstructionBreakpoints', { breakpoints });
const counter = async (): Promise<number> =>
  Number.parseInt((await editor.ask('evaluate', { expression: 'u64[counter]', context: 'watch' })).result, 10);

test('says what it cannot do, and offers it as no more than that', async () => {
  expect(editor.output).toMatch(/no gdb that knows RISC-V is in use.* gdb-multiarch/);
  const source = { path: '/x/workers.c' };
  const { breakpoints } = await editor.ask('setBreakpoints', { source, breakpoints: [{ line: 24 }] });
  expect(breakpoints).toEqual([
    expect.objectContaining({ verified: false, message: expect.stringMatching(/gdb-mult/) }),
  ]);
  const { scopes } = await editor.ask('scopes', { frameId: (await editor.top()).id });
  expect(scopes.map(({ name }: { name: string }) => name)).toEqual(['Registers', 'Floating point', 'Machine']);
});

test('code stands in for the source, and takes breakpoints on its lines', async () => {
  await goTo(EARLY);
  await editor.ask('setFunctionBreakpoints', { breakpoints: [{ name: 'count_one' }, { name: 'no_such' }] });
  expect((await editor.go('continue')).reason).toBe('breakpoint');
  await editor.ask('setFunctionBreakpoints', { breakpoints: [] });
  const { name, line, source } = await editor.top();
  expect({ name, line, source: source!.name }).toEqual({ name: 'count_one', line: 1, source: 'count_one.s' });
  const { content } = await editor.ask('source', { source, sourceReference: source!.sourceReference });
  const lines = content.split('\n');
  expect(lines[0]).toMatch(/^0x8000070e {2}count_one +c\.addi sp,-16$/);
  const store = lines.findIndex((text: string) => text.startsWith(STORE));
  const set = await editor.ask('setBreakpoints', { source, breakpoints: [{ line: store + 1 }] });
  expect(set.breakpoints).toEqual([expect.objectContaining({ verified: true, instructionReference: STORE })]);
  expect(await editor.go('continue')).toMatchObject({
    reason: 'breakpoint',
    hitBreakpointIds: [set.breakpoints[0].id],
  });
  expect(await editor.top()).toMatchObject({ line: store + 1, instructionPointerReference: STORE });
  await editor.ask('setBreakpoints', { source, breakpoints: [] });
});

test('steps by instructions, over calls, out of functions, and back', async () => {
  await goTo(EARLY);
  await breakAt({ instructionReference: '0x8000071a' });
  await editor.go('continue');
  await breakAt();
  const call = await editor.tick();
  await editor.go('next');
  expect((await editor.top()).instructionPointerReference).toBe('0x8000071e');
  expect(await editor.tick()).toBeGreaterThan(call + 1n);
  await goTo(call);
  await editor.go('stepIn');
  expect((await editor.top()).name).toBe('next_value');
  await editor.go('stepOut');
  expect((await editor.top()).instructionPointerReference).toBe('0x8000071e');
  const at = await editor.tick();
  await editor.go('stepBack');
  expect(await editor.tick()).toBe(at - 1n);
});

test('who wrote a variable, backwards and forwards; conditions and counts hold', async () => {
  await goTo(EARLY);
  const before = await counter();
  const { dataId } = await editor.ask('dataBreakpointInfo', { name: 'counter' });
  await editor.ask('setDataBreakpoints', { breakpoints: [{ dataId }] });
  const back = await editor.go('reverseContinue');
  expect(back).toMatchObject({ reason: 'data breakpoint', text: `counter: accessed by ${STORE}` });
  expect((await editor.top()).instructionPointerReference).toBe(STORE);
  expect(await counter()).toBe(before - 1);
  await editor.go('continue');
  expect(await counter()).toBe(before);
  const condition = `u64[counter] == ${before + 5}`;
  await editor.ask('setDataBreakpoints', { breakpoints: [{ dataId, condition }] });
  await editor.go('continue');
  expect(await counter()).toBe(before + 5);
  await editor.ask('setDataBreakpoints', { breakpoints: [{ dataId, hitCondition: '4' }] });
  await editor.go('continue');
  expect(await counter()).toBe(before + 9);
  await editor.ask('setDataBreakpoints', { breakpoints: [] });
  const none = await editor.ask('dataBreakpointInfo', { name: 'no_such_symbol' });
  expect(none).toMatchObject({ dataId: null, description: expect.stringMatching(/no_such_symbol/) });
});

test('events, both ends of the recording, and a pause on the way', async () => {
  await goTo(1_300_000n);
  await editor.ask('setExceptionBreakpoints', { filters: ['interrupt'] });
  expect(await editor.go('continue')).toMatchObject({
    reason: 'exception',
    text: 'interrupt: machine timer interrupt',
  });
  expect(await editor.tick()).toBe(1_351_974n);
  await editor.ask('setExceptionBreakpoints', { filters: [] });
  expect(await editor.go('continue')).toMatchObject({ reason: 'pause', text: 'the recording ends here' });
  expect(await editor.go('reverseContinue')).toMatchObject({ reason: 'pause', text: 'the recording begins here' });
  const { dataId } = await editor.ask('dataBreakpointInfo', { name: 'counter' });
  await editor.ask('setDataBreakpoints', { breakpoints: [{ dataId, condition: 'u64[counter] > 1 << 40' }] });
  await editor.ask('continue', { threadId: 1 });
  await editor.ask('pause', { threadId: 1 });
  expect((await editor.stopped()).reason).toBe('pause');
  await editor.ask('setDataBreakpoints', { breakpoints: [] });
});

test('the console takes the words of monitor and expressions', async () => {
  await goTo(EARLY);
  expect(await editor.console('monitor when')).toMatch(/^tick 300,000 of /);
  expect(await editor.console('last-write counter')).toMatch(/written by 0x80000724 count_one/);
  expect(await editor.console('$sp & 0xfff')).toMatch(/^\d+ \(0x[0-9a-f]{1,3}\)$/);
  await expect(editor.console('1 +')).rejects.toThrow();
});
