/** Steps over what comes in between, on the recorded race: its timer interrupt is where threads are switched. */
import { expect, test } from 'vitest';
import { stepBackward } from '../../../src/debug/gdb/step-back.ts';
import { goOn, type Steps, stepForward } from '../../../src/debug/gdb/stepping.ts';
import { StopPoints } from '../../../src/debug/gdb/stop-points.ts';
import { successors } from '../../../src/debug/gdb/successors.ts';
import type { DebugTarget } from '../../../src/debug/gdb/target.ts';
import { TimelineTarget } from '../../../src/debug/gdb/timeline-target.ts';
import { type Context, contextOf, isSameStrand, trapTaken } from '../../../src/debug/gdb/trap-context.ts';
import { SymbolTable } from '../../../src/debug/guest/symbols.ts';
import { tick } from '../../../src/lib/brands.ts';
import { golden, withTimeline } from '../timeline/support.ts';

const NO_PACE = { pause: async () => true };

async function onRace(use: (target: DebugTarget, steps: Steps) => Promise<void>): Promise<void> {
  await withTimeline(golden('race'), { engine: 'auto' }, async ({ timeline, symbolImages }) => {
    const symbols = SymbolTable.ofImages(Object.fromEntries(symbolImages.map(({ role, bytes }) => [role, bytes])));
    const target = new TimelineTarget({ timeline, symbols, events: () => [], growing: false });
    const { stops } = new StopPoints(target);
    await use(target, { target, hart: 0, stops, pace: NO_PACE, intoTraps: false });
  });
}

/** Ticks at which the timer interrupts a worker thread in `count_one`, which others do not run all the time. */
const INTERRUPTED = [1_351_974n, 12_527_190n] as const;

test('a step that meets an interrupt ends after the handler; a step back undoes it', async () => {
  await onRace(async (target, steps) => {
    for (const at of INTERRUPTED) {
      await target.seek(tick(at));
      const from = contextOf(target, 0);
      expect((await stepForward(steps)).kind).toBe('limit');
      const made = target.now;
      // Another thread has run in between.
      expect(made).toBeGreaterThan(at + 10_000n);
      const after = contextOf(target, 0);
      expect(after.pc).not.toBe(from.pc);
      await stepBackward(steps);
      expect(target.now).toBe(made - 1n);
      const back = contextOf(target, 0);
      expect([back.pc, back.sp]).toEqual([from.pc, from.sp]);
      expect(isSameStrand(from, back)).toBe(true);
      await stepBackward(steps);
      expect(target.now).toBe(at - 1n);
    }
  });
});

test('a breakpoint behind an interrupted instruction, as gdb steps, is not met by another thread', async () => {
  await onRace(async (target, steps) => {
    for (const at of INTERRUPTED) {
      await target.seek(tick(at));
      const from = contextOf(target, 0);
      const behind = successors(target, 0);
      expect(behind).toHaveLength(1);
      const stops = { breakpoints: new Set(behind) };
      expect(await goOn({ ...steps, stops })).toMatchObject({ kind: 'breakpoint', pc: behind[0] });
      const made = target.now;
      await target.seek(tick(made - 1n));
      expect(contextOf(target, 0)).toMatchObject({ pc: from.pc, sp: from.sp });
      // Continued from elsewhere, the breakpoint stops whoever comes first.
      await target.seek(tick(at + 40n));
      await goOn({ ...steps, stops });
      expect(target.now).toBeLessThan(made);
    }
  });
});

test('at the end nothing goes further, whatever stands behind it', async () => {
  await onRace(async (target, steps) => {
    await target.seek(target.end);
    const at = { kind: 'limit', tick: target.end };
    const stops = { breakpoints: new Set(successors(target, 0)) };
    expect(stops.breakpoints.size).toBeGreaterThan(0);
    expect(await goOn({ ...steps, stops })).toEqual(at);
    expect(await stepForward({ ...steps, stops })).toEqual(at);
    expect(await target.forward({}, tick(target.end + 10n))).toEqual(at);
    await target.seek(target.start);
    expect(await target.backward({}, tick(-1n))).toEqual({ kind: 'limit', tick: target.start });
  });
});

test('an instruction leads to one of its successors', async () => {
  await onRace(async (target) => {
    const branches = new Set<bigint>();
    for (let at = 0n; at < 4000n; at++) {
      await target.seek(tick(at));
      const behind = successors(target, 0);
      if (behind.length > 1) branches.add(target.readRegister(0, 'pc'));
      await target.seek(tick(at + 1n));
      expect(behind, `tick ${at}`).toContain(target.readRegister(0, 'pc'));
    }
    expect(branches.size).toBeGreaterThan(10);
  });
});

test('on request steps go into the handler', async () => {
  await onRace(async (target, steps) => {
    const [at] = INTERRUPTED;
    await target.seek(tick(at));
    await stepForward({ ...steps, intoTraps: true });
    expect(target.now).toBe(at + 1n);
    expect(target.nameOf(target.readRegister(0, 'pc'))).toMatch(/^timer_vector\+/);
    await stepBackward({ ...steps, intoTraps: true });
    expect(target.now).toBe(at);
  });
});

test('a breakpoint in the handler stops a step there', async () => {
  await onRace(async (target, steps) => {
    const [at] = INTERRUPTED;
    await target.seek(tick(at));
    const handler = target.addressOf('on_timer')!;
    const stops = { breakpoints: new Set([handler]) };
    expect(await stepForward({ ...steps, stops })).toMatchObject({ kind: 'breakpoint', pc: handler });
  });
});

const quiet = { epc: 0n, cause: 0n, tvec: 0x8000_1000n, enabled: true, from: 0n };
const user: Context = { pc: 0x1_0000n, sp: 0x3f_0000n, priv: 0n, root: 7n, m: { ...quiet, enabled: false }, s: quiet };

test('traps are told from steps by what they leave in the registers', () => {
  const trapped = (cause: bigint, pc: bigint): Context => ({
    ...user,
    pc,
    priv: 1n,
    s: { ...quiet, epc: user.pc, cause, enabled: false, from: 0n },
  });
  expect(trapTaken(user, trapped(8n, quiet.tvec))).toBe(8n);
  expect(trapTaken(user, trapped((1n << 63n) | 5n, quiet.tvec + 4n))).toBe((1n << 63n) | 5n);
  expect(trapTaken(user, { ...user, pc: user.pc + 4n })).toBeUndefined();
  // The instruction that an interrupt came before, made at last: epc and cause still tell of the interrupt.
  const kernel: Context = {
    ...user,
    priv: 1n,
    s: { ...quiet, epc: user.pc, cause: (1n << 63n) | 5n, from: 0n, enabled: true },
  };
  expect(trapTaken(kernel, { ...kernel, pc: kernel.pc + 4n })).toBeUndefined();
  expect(trapTaken(kernel, { ...kernel, pc: quiet.tvec + 4n, s: { ...kernel.s, from: 1n, enabled: false } })).toBe(
    (1n << 63n) | 5n,
  );
});
