/**
 * A trace of a recording: every step of it, in the states that a replay without a trace goes through, with changes from
 * which the registers at the end follow.
 */
import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import { traceJson, traceLine } from '../../../src/cli/trace-text.ts';
import { readRegisters, registerNames } from '../../../src/debug/guest/registers.ts';
import { SymbolTable } from '../../../src/debug/guest/symbols.ts';
import { Timeline } from '../../../src/debug/timeline/timeline.ts';
import { EVERY_STEP, type TraceStep, traceProbe } from '../../../src/debug/trace/trace-probe.ts';
import { createInterpreter } from '../../../src/emu/cpu/interpreter/interpreter.ts';
import { fNames, xNames } from '../../../src/emu/isa/register-names.ts';
import { Board } from '../../../src/emu/machine/board.ts';
import { openRecording } from '../../../src/host/log-file-source.ts';
import { recordedConfig, recordedImages } from '../../../src/host/recorded-machine.ts';
import { tick } from '../../../src/lib/brands.ts';
import { Doors } from '../../../src/session/doors.ts';
import { golden, PlainReplay } from '../timeline/support.ts';

interface Traced {
  readonly steps: readonly TraceStep[];
  readonly timeline: Timeline;
  readonly before: ReadonlyMap<string, bigint>;
}

async function traced(name: string, from: bigint, to: bigint): Promise<Traced> {
  const { reader, close } = openRecording(golden(name));
  const found = Object.entries(recordedImages(reader, {})).map(([role, { bytes }]) => [role, bytes] as const);
  const images = Object.fromEntries(found);
  const doors = new Doors();
  const board = new Board(recordedConfig(reader), images, doors, createInterpreter);
  const steps: TraceStep[] = [];
  const probe = traceProbe(SymbolTable.ofImages(images), (step) => steps.push(step));
  let now = 0n;
  const timeline = new Timeline({ board, doors, reader, nowNs: () => ++now, probe });
  await timeline.seek(tick(from));
  const before = readRegisters(board, registerNames);
  await timeline.forward(EVERY_STEP, tick(to));
  close();
  return { steps, timeline, before };
}

it.each([
  ['race', 668_500n, 671_500n],
  ['disk', 300_000n, 303_000n],
  ['clock', 0n, 3_000n],
] as const)('tells every step of %s from %i to %i, and the replay is the same', async (name, from, to) => {
  const { steps, timeline, before } = await traced(name, from, to);
  const plain = new PlainReplay(golden(name));
  plain.to(from);
  const traps = { interrupts: 0, exceptions: 0 };
  for (const step of steps) {
    plain.to(step.tick);
    if (step.interrupt === undefined) expect(step.pc).toBe(plain.board.pc);
    traps.interrupts += step.interrupt === undefined ? 0 : 1;
    traps.exceptions += step.exception === undefined ? 0 : 1;
  }
  expect(steps.map((step) => step.tick)).toEqual(Array.from({ length: Number(to - from) }, (_, i) => from + BigInt(i)));
  plain.to(to);
  expect(timeline.now).toBe(to);
  expect(timeline.board.digest('all')).toBe(plain.board.digest('all'));
  const registers = new Map(before);
  for (const { changes } of steps) for (const [register, value] of changes) registers.set(register, value);
  for (const register of [...xNames, ...fNames, 'mepc', 'mcause', 'mstatus', 'mie', 'sscratch']) {
    const value = readRegisters(timeline.board, [register]).get(register);
    expect({ register, value: registers.get(register) }).toEqual({ register, value });
  }
  if (name === 'race') expect(traps.interrupts).toBeGreaterThan(0);
});

it('a line says where, what and what it did; JSON the same with all digits', async () => {
  const { steps } = await traced('hello', 0n, 120n);
  const lines = steps.map((step) => stripVTControlCharacters(traceLine(step)));
  expect(lines[0]).toMatch(/^0 M 0000000080000000 [0-9a-f]{8} {2}_start {24}/);
  expect(lines.some((line) => / w1\[10000000\]=\w+/.test(line))).toBe(true);
  expect(lines.some((line) => /\bjal ra,0x[0-9a-f]+ <\w+>.* ra=8000[0-9a-f]{4}$/.test(line))).toBe(true);
  const [first] = steps;
  expect(JSON.parse(traceJson(first!))).toMatchObject({ tick: 0, privilege: 'M', pc: '0x80000000', place: '_start' });
  for (const step of steps) {
    const { changes, accesses } = JSON.parse(traceJson(step)) as Record<string, object>;
    expect(Object.keys(changes!)).toEqual([...step.changes.keys()]);
    expect(accesses).toHaveLength(step.accesses.length);
  }
});
