/** The debug adapter with gdb behind it, as an editor sees it: a recorded race, forwards and backwards. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { root } from '../../cli/cli.ts';
import { hasGdb, noGdb } from '../gdb/real-gdb.ts';
import { golden } from '../timeline/support.ts';
import { Client, childrenOf } from './client.ts';

const race = golden('race');
const workers = join(root, 'samples/race/workers.c');
/** A while after the first lost update of the recording. */
const AFTER_LOSS = 12_780_000n;
/** Before that, in the first thread. */
const EARLY = 300_000n;
/** A guard against hanging. */
const HOOK_MS = 120_000;

describe.skipIf(!hasGdb)(`with gdb${hasGdb ? '' : ` (skipped: ${noGdb})`}`, () => {
  let editor: Client;
  beforeAll(async () => {
    editor = new Client();
    await editor.launch({ recording: race, sources: [join(root, 'samples')], at: Number(AFTER_LOSS) });
  }, HOOK_MS);
  afterAll(async () => {
    await editor.ask('disconnect');
    expect(await editor.ended).toEqual([0, null]);
    expect(editor.stderr).toBe('');
  }, HOOK_MS);

  const goTo = async (tick: bigint): Promise<void> => {
    if ((await editor.tick()) === tick) return;
    await editor.console(`monitor goto ${tick}`);
    expect((await editor.stopped()).reason).toBe('goto');
  };
  const breakAt = async (...lines: object[]) =>
    (await editor.ask('setBreakpoints', { source: { path: workers }, breakpoints: lines })).breakpoints;
  const watch = async (name: string, more: object = {}): Promise<void> => {
    const { dataId } = await editor.ask('dataBreakpointInfo', { name });
    const { breakpoints } = await editor.ask('setDataBreakpoints', { breakpoints: [{ dataId, ...more }] });
    expect(breakpoints).toEqual([expect.objectContaining({ verified: true })]);
  };
  const names = async (): Promise<string[]> =>
    (await editor.ask('stackTrace', { threadId: 1 })).stackFrames.map(({ name }: { name: string }) => name);
  const scope = async (name: string) => {
    const frame = await editor.top();
    const { scopes } = await editor.ask('scopes', { frameId: frame.id });
    const { variablesReference } = scopes.find((one: { name: string }) => one.name === name);
    const { variables } = await editor.ask('variables', { variablesReference });
    return new Map<string, { value: string; variablesReference: number; type?: string }>(
      // biome-ignore lint/suspicious/noExplicitAny: as the protocol has it
      variables.map((one: any) => [one.name, one]),
    );
  };

  test('the lost update: the store that undid work of the other thread, then that of this one', async () => {
    await goTo(AFTER_LOSS);
    await watch('counter', { condition: 'counter >= units_done' });
    const lost = await editor.go('reverseContinue');
    expect(lost).toMatchObject({ reason: 'data breakpoint', text: 'counter: 6407 -> 6534' });
    expect(await editor.top()).toMatchObject({ name: 'count_one', line: 24, source: { path: workers } });
    expect(await names()).toEqual(['count_one', 'do_units', 'worker_a', 'run_threads']);
    await watch('counter');
    expect(await editor.go('reverseContinue')).toMatchObject({ text: 'counter: 6534 -> 6533' });
    expect(await names()).toEqual(['count_one', 'do_units', 'worker_b', 'run_threads']);
    await editor.ask('setDataBreakpoints', { breakpoints: [] });
  });

  test('a breakpoint on a line, steps over and into and out of calls, and back again', async () => {
    await goTo(EARLY);
    const [set, none] = await breakAt({ line: 30 }, { line: 4000 });
    expect(set).toMatchObject({ verified: true, line: 30, source: { path: workers } });
    expect(none).toMatchObject({ verified: false, message: expect.stringMatching(/No line 4000/) });
    expect(await editor.go('continue')).toMatchObject({ reason: 'breakpoint', hitBreakpointIds: [set.id] });
    expect(await editor.top()).toMatchObject({ name: 'do_units', line: 30 });
    const at = await editor.tick();
    expect((await editor.go('next')).reason).toBe('step');
    expect(await editor.top()).toMatchObject({ name: 'do_units', line: 31 });
    await breakAt();
    await editor.go('stepBack');
    expect(await editor.top()).toMatchObject({ name: 'do_units', line: 30 });
    expect(await editor.tick()).toBe(at);
    await editor.go('stepIn');
    expect(await editor.top()).toMatchObject({ name: 'count_one', line: 24 });
    await editor.go('stepOut');
    expect(await editor.top()).toMatchObject({ name: 'do_units' });
    await editor.go('stepIn', { granularity: 'instruction' });
    const after = await editor.tick();
    await editor.go('stepBack', { granularity: 'instruction' });
    expect(await editor.tick()).toBe(after - 1n);
  });

  test('breakpoints on functions and addresses, with conditions and counts', async () => {
    await goTo(EARLY);
    await editor.ask('setFunctionBreakpoints', { breakpoints: [{ name: 'count_one', condition: 'counter == 105' }] });
    expect((await editor.go('continue')).reason).toBe('breakpoint');
    expect((await editor.ask('evaluate', { expression: 'counter', context: 'hover' })).result).toBe('105');
    await editor.ask('setFunctionBreakpoints', { breakpoints: [] });
    const store = { instructionReference: '0x80000720', offset: 4, hitCondition: '3' };
    const { breakpoints } = await editor.ask('setInstructionBreakpoints', { breakpoints: [store] });
    expect(breakpoints).toEqual([expect.objectContaining({ verified: true, instructionReference: '0x80000724' })]);
    await editor.go('continue');
    expect((await editor.top()).instructionPointerReference).toBe('0x80000724');
    expect((await editor.ask('evaluate', { expression: 'counter' })).result).toBe('107');
    await editor.ask('setInstructionBreakpoints', { breakpoints: [] });
  });

  test('variables, their parts, and types; registers and the machine in words', async () => {
    await goTo(EARLY);
    await editor.ask('setFunctionBreakpoints', { breakpoints: [{ name: 'count_one' }] });
    await editor.go('continue');
    await editor.ask('setFunctionBreakpoints', { breakpoints: [] });
    const caller = (await editor.ask('stackTrace', { threadId: 1, startFrame: 1, levels: 1 })).stackFrames[0];
    const { scopes } = await editor.ask('scopes', { frameId: caller.id });
    expect(scopes).toHaveLength(1);
    const { variables } = await editor.ask('variables', { variablesReference: scopes[0].variablesReference });
    expect(variables).toContainEqual(expect.objectContaining({ name: 'units', value: '99', type: 'unsigned long' }));
    const threads = await editor.ask('evaluate', { expression: 'threads', context: 'watch', frameId: caller.id });
    expect(threads.type).toBe('struct thread [2]');
    const [first] = (await editor.ask('variables', threads)).variables;
    const [sp] = (await editor.ask('variables', first)).variables;
    expect(sp).toMatchObject({ name: 'sp', type: 'unsigned long', value: expect.stringMatching(/^\d+$/) });
    const info = await editor.ask('dataBreakpointInfo', { name: 'sp', variablesReference: first.variablesReference });
    const { result } = await editor.ask('evaluate', { expression: '&threads[0].sp', context: 'watch' });
    expect(result).toContain(`${/^0x[0-9a-f]+/.exec(info.dataId)![0]} `);

    const machine = await scope('Machine');
    expect(BigInt(machine.get('tick')!.value.replaceAll(',', ''))).toBe(await editor.tick());
    expect(machine.get('privilege')!.value).toBe('M');
    const csrs = await editor.ask('variables', machine.get('CSRs')!);
    expect(csrs.variables).toContainEqual(
      expect.objectContaining({ name: 'misa', value: expect.stringMatching(/^0x8\w+ {2}RV64/) }),
    );
    const registers = await scope('Registers');
    expect(registers.get('pc')!.value).toBe('0x8000070e');
    expect((await editor.ask('evaluate', { expression: '$sp', context: 'watch' })).result).toBe(
      registers.get('sp')!.value,
    );
  });

  test('memory and disassembly, also where there is none', async () => {
    const { data } = await editor.ask('readMemory', { memoryReference: '0x80000724', count: 4 });
    expect(Buffer.from(data, 'base64').toString('hex')).toBe('23bca724');
    const none = await editor.ask('readMemory', { memoryReference: '0x10', count: 4 });
    expect(none).toEqual({ address: '0x10', unreadableBytes: 4 });
    const asked = { memoryReference: '0x80000724', instructionOffset: -2, instructionCount: 4 };
    const { instructions } = await editor.ask('disassemble', asked);
    expect(instructions.map(({ address }: { address: string }) => address)).toEqual([
      '0x8000071e',
      '0x80000720',
      '0x80000724',
      '0x80000728',
    ]);
    expect(instructions[2]).toMatchObject({ instruction: 'sd a0,600(a5)', symbol: 'count_one+0x16' });
    const missing = await editor.ask('disassemble', {
      memoryReference: '0x0',
      instructionOffset: -3,
      instructionCount: 6,
    });
    expect(missing.instructions).toHaveLength(6);
    expect(missing.instructions[0]).toMatchObject({ presentationHint: 'invalid' });
  });

  test('stops at events, forwards and backwards, and says which', async () => {
    await goTo(1_300_000n);
    await editor.ask('setExceptionBreakpoints', { filters: ['interrupt'] });
    const stop = await editor.go('continue');
    expect(stop).toMatchObject({ reason: 'exception', text: 'interrupt: machine timer interrupt' });
    expect(await editor.tick()).toBe(1_351_974n);
    expect(await editor.ask('exceptionInfo', { threadId: 1 })).toMatchObject({ exceptionId: 'interrupt' });
    await editor.go('continue');
    const next = await editor.tick();
    expect(next).toBeGreaterThan(1_351_974n);
    await editor.go('reverseContinue');
    expect(await editor.tick()).toBe(1_351_974n);
    await editor.ask('setExceptionBreakpoints', { filters: [] });
  });

  test('both ends of the recording are told, and left again', async () => {
    expect(await editor.go('continue')).toMatchObject({ reason: 'pause', text: 'the recording ends here' });
    expect(await editor.top()).toMatchObject({ name: 'write_and_stop' });
    expect(await editor.go('reverseContinue')).toMatchObject({ text: 'the recording begins here' });
    expect(await editor.tick()).toBe(0n);
    expect((await editor.go('stepIn', { granularity: 'instruction' })).reason).toBe('step');
    expect(await editor.tick()).toBe(1n);
  });

  test('a long run is paused; breakpoints that are set meanwhile count, and it goes on', async () => {
    await goTo(AFTER_LOSS);
    // gdb stops at each store to look whether the condition holds.
    await watch('counter', { condition: 'counter == 1 << 30' });
    await editor.ask('reverseContinue', { threadId: 1 });
    await expect(editor.ask('stackTrace', { threadId: 1 })).rejects.toThrow('the guest is running');
    expect((await editor.ask('threads')).threads).toEqual([{ id: 1, name: 'hart 0' }]);
    await breakAt({ line: 4000 });
    await expect(editor.ask('readMemory', { memoryReference: '0x80000724', count: 4 })).rejects.toThrow('running');
    await editor.ask('pause', { threadId: 1 });
    expect((await editor.stopped()).reason).toBe('pause');
    expect(await editor.tick()).toBeLessThanOrEqual(AFTER_LOSS);
    await editor.ask('setDataBreakpoints', { breakpoints: [] });
  });

  test('the console takes commands of gdb, words of monitor, and expressions', async () => {
    await goTo(EARLY);
    const [, done] = /^\$\d+ = (\d+)$/.exec(await editor.console('p units_done'))!;
    expect(await editor.console('units_done + 1')).toBe(`${Number(done) + 1}`);
    expect(await editor.console('monitor when')).toMatch(/^tick 300,000 of 15,510,609: M-mode at 0x80000\w+ unit_of_/);
    expect(await editor.console('monitor last-write counter')).toMatch(/written by 0x80000724 count_one/);
    expect(await editor.tick()).toBe(300_000n);
    expect(await editor.console('reverse-stepi')).toBe('');
    await editor.event('continued');
    expect((await editor.stopped()).reason).toBe('step');
    expect(await editor.tick()).toBe(299_999n);
    await expect(editor.console('there_is_none')).rejects.toThrow(/No symbol "there_is_none"/);
  });

  test('nothing can be changed, and it is said so', async () => {
    await expect(editor.console('set var counter = 1')).rejects.toThrow(/Cannot access memory/);
    const set = { variablesReference: 1, name: 'x', value: '1' };
    await expect(editor.ask('setVariable', set)).rejects.toThrow(/cannot be changed.* monitor live/);
    await expect(editor.ask('writeMemory', {})).rejects.toThrow(/cannot be changed/);
    expect(await editor.console('monitor live')).toContain('lockstep replay ');
  });

  test('sources are found as mapped; a gdb that is lost is told', async () => {
    const other = new Client();
    await other.launch({ recording: race, at: Number(EARLY), sourceMap: { samples: join(root, 'samples') } });
    expect(await other.top()).toMatchObject({ name: 'unit_of_work', source: { path: workers } });
    process.kill(childrenOf(other.child.pid!)[0]!, 'SIGKILL');
    await other.event('terminated');
    expect(await other.ended).toEqual([0, null]);
    expect(other.output).toContain('gdb has gone');
  });

  test('sources are found where breakpoints name them', async () => {
    const other = new Client();
    await other.launch({ recording: race, at: Number(EARLY) });
    expect(await other.top()).toMatchObject({ source: { name: 'unit_of_work.s' } });
    await other.ask('setBreakpoints', { source: { path: workers }, breakpoints: [{ line: 24 }] });
    await other.go('continue');
    expect(await other.top()).toMatchObject({ name: 'count_one', line: 24, source: { path: workers } });
    await other.ask('disconnect');
    expect(await other.ended).toEqual([0, null]);
  });
});
