/** One pair of recordings for each kind of difference: the report names the kind, the exact tick, and what differs. */
import { describe, expect, test } from 'vitest';
import type { Subject } from '../../../src/debug/diff/subject.ts';
import { createReference } from '../../../src/emu/cpu/reference/engine.ts';
import type { Board } from '../../../src/emu/machine/board.ts';
import {
  clock,
  compare,
  compareReplay,
  recordScripted,
  type Scripted,
  subjectOf,
  type Timed,
  typed,
} from './scripted.ts';

const CLOCK = { kernel: 'clock', change: { bootArgs: 'wait=20' } } as const;
const AT = 400_000n;
const flip = (at: bigint) => ({
  at,
  apply: ({ harts: [hart] }: Board) => hart!.set('mscratch', hart!.get('mscratch') ^ 1n),
});
const pair = (a: Parameters<typeof recordScripted>[0], b: Parameters<typeof recordScripted>[0]) =>
  compare(subjectOf(recordScripted(a)), subjectOf(recordScripted(b)));

describe('the same', () => {
  test('two recordings of the same run', async () => {
    const scenario = { ...CLOCK, inputs: [typed(AT, 'x')] };
    const report = await pair(scenario, scenario);
    expect(report.verdict).toMatchObject({ kind: 'same', tick: undefined });
    expect(report).toMatchObject({ machine: [], inputs: undefined, events: [], path: [] });
    expect(report.digests!.compared).toBeGreaterThan(8);
  });

  test('a recording and its own replay, and one by the reference engine', async () => {
    const recorded = recordScripted({ kernel: 'hello', change: { memoryBytes: 1 << 20 } });
    expect((await compareReplay(recorded, {}, 'alike')).verdict.kind).toBe('same');
    expect((await compareReplay(recorded, { factory: createReference })).verdict.kind).toBe('same');
  });
});

describe('a different input', () => {
  test('another byte typed at the same tick', async () => {
    const report = await pair({ ...CLOCK, inputs: [typed(AT, 'x')] }, { ...CLOCK, inputs: [typed(AT, 'y')] });
    expect(report.verdict).toMatchObject({ kind: 'input', tick: AT, exact: true });
    expect(report.inputs).toMatchObject({ kind: 'other', tick: AT, a: { kind: 'console' }, b: { kind: 'console' } });
    expect(report.events).toMatchObject([{ stream: 'console uart', index: 0 }]);
    // The first step after it has the byte in the UART alone.
    expect(report.state!.devices.map(({ path }) => path)).toEqual(['uart.receiveFifo.0']);
    expect(report.state).toMatchObject({ registers: [], memory: { pages: 0 } });
    const { lines, registers } = report.consequences!;
    expect(registers!.registers.some(({ a, b }) => a === 0x78n && b === 0x79n)).toBe(true);
    expect(registers!.made.a).toEqual(registers!.made.b);
    expect(registers!.made.a.join()).toContain('the uart');
    expect(lines).toMatchObject([
      { a: { text: expect.stringContaining('78') }, b: { text: expect.stringContaining('79') } },
    ]);
    expect(report.path.map(({ what }) => what).slice(0, 2)).toEqual(['input', 'registers']);
  });

  test('one that the other side does not get', async () => {
    const report = await pair({ ...CLOCK, inputs: [typed(AT, 'x')] }, CLOCK);
    expect(report.verdict).toMatchObject({ kind: 'input', tick: AT, exact: true });
    expect(report.inputs).toMatchObject({ kind: 'missing', a: { tick: AT }, b: undefined });
    expect(report.consequences!.flow!.tick).toBeGreaterThan(AT);
  });

  test('another time of the clock', async () => {
    const live = (time: bigint) => ({
      ...CLOCK,
      change: { ...CLOCK.change, clock: 'host' as const },
      inputs: [clock(AT, time)],
    });
    const report = await pair(live(50_000n), live(50_001n));
    expect(report.verdict).toMatchObject({ kind: 'input', tick: AT, exact: true });
    expect(report.events).toEqual([]);
    expect(report.state!.registers.map(({ kind, name }) => `${kind} ${name}`)).toContain('clock anchorTime');
    const { registers } = report.consequences!;
    expect(registers!.made.a.join()).toContain('the clint');
    expect(registers!.first).toBe(true);
  });
});

describe('where the sides of `race` part', () => {
  const RATE = 2_400_000n;
  const race = (...inputs: Timed[]): Subject =>
    subjectOf(recordScripted({ kernel: 'race', change: { clock: 'host', memoryBytes: 16 << 20 }, inputs }));

  test('at another pace: where one of them is preempted', async () => {
    const { consequences } = await compare(race(clock(0n, 0n, RATE)), race(clock(0n, 0n, RATE + 100_000n)));
    const { made, trail } = consequences!.flow!;
    expect([...made.a, ...made.b]).toEqual(['takes a machine timer interrupt']);
    expect([...trail.a, ...trail.b].map(({ name }) => name)).toContain('timer_vector');
  });

  test('after a stop of the host while the guest measures its pace: at the branch that looks at it', async () => {
    const stop = clock(300_000n, 3_000_000n, RATE);
    const { consequences } = await compare(race(clock(0n, 0n, RATE)), race(clock(0n, 0n, RATE), stop));
    const { made, before } = consequences!.flow!;
    expect([...made.a, ...made.b].join()).not.toContain('interrupt');
    expect([before.a.function, before.b.function]).toEqual(['main', 'main']);
  });
});

test('the same input at a different tick', async () => {
  const report = await pair({ ...CLOCK, inputs: [typed(AT + 777n, 'x')] }, { ...CLOCK, inputs: [typed(AT, 'x')] });
  expect(report.verdict).toMatchObject({ kind: 'moved', tick: AT, exact: true });
  expect(report.inputs).toMatchObject({ kind: 'moved', a: { tick: AT + 777n }, b: { tick: AT } });
  expect(report.events).toEqual([]);
  // What is typed shows with the poll at which it came: in numbers alone.
  const { lines, linesNumbersAside } = report.consequences!;
  expect(lines[0]!.a!.text).toMatch(/input {3}78/);
  expect(linesNumbersAside).toEqual([]);
});

describe('the same inputs, a different state', () => {
  const recorded: Scripted = recordScripted({ ...CLOCK, inputs: [typed(AT, 'x')] });

  test('a bit of a register, in a replay by a faulty machine', async () => {
    const report = await compareReplay(recorded, { meddle: flip(123_456n) }, 'fault');
    expect(report.verdict).toMatchObject({ kind: 'state', tick: 123_456n, after: 123_455n, exact: true });
    expect(report.state).toMatchObject({
      registers: [{ kind: 'register', name: 'mscratch', a: 0n, b: 1n }],
      devices: [],
      memory: { pages: 0 },
    });
  });

  test('a byte of RAM and a field of a device', async () => {
    const meddle = {
      at: 222_222n,
      apply: (board: Board) => {
        board.ram.write(0x8010_0005n, Uint8Array.of(0xa5));
        board.apply({ kind: 'console', device: 'uart', bytes: Uint8Array.of(1) });
      },
    };
    const report = await compareReplay(recorded, { meddle }, 'fault');
    expect(report.verdict).toMatchObject({ kind: 'state', tick: 222_222n });
    const [range] = report.state!.memory.ranges;
    expect(range).toEqual({ pa: 0x8010_0005n, a: Uint8Array.of(0), b: Uint8Array.of(0xa5) });
    expect(report.state!.memory).toMatchObject({ pages: 1, bytes: 1, more: false });
    expect(report.state!.devices.map(({ path }) => path)).toContain('uart.receiveFifo.0');
  });

  test('two recordings of which one was made by a faulty machine: digests at every tick name the tick', async () => {
    const each = { kernel: 'hello', digestTicks: { small: 1n, all: 1n } } as const;
    const report = await pair(each, { ...each, meddle: flip(300n) });
    expect(report.verdict).toMatchObject({ kind: 'state', tick: 300n, after: 299n, exact: true });
  });

  test('and digests that are rarer say between which ticks it is', async () => {
    const seldom = { kernel: 'hello', digestTicks: { small: 256n, all: 256n } } as const;
    const report = await pair(seldom, { ...seldom, meddle: flip(300n) });
    expect(report.verdict).toMatchObject({ kind: 'state', tick: 512n, after: 256n, exact: false });
    expect(report.verdict.text).toMatch(/agrees with A$/);
  });

  test('a recording that no replay here agrees with', async () => {
    const faulty = recordScripted({ kernel: 'hello', digestTicks: { small: 256n, all: 256n }, meddle: flip(300n) });
    const report = await compareReplay(faulty, {}, 'alike');
    expect(report.verdict).toMatchObject({ kind: 'state', tick: 512n, after: 256n, exact: false });
  });
});

test('digests without memory that agree do not say that the fault comes later', async () => {
  let pc = 0n;
  const look = (board: Board): void => {
    pc = board.pc;
  };
  recordScripted({ kernel: 'hello', meddle: { at: 400n, apply: look } });
  // An instruction that is met at tick 400 gets another destination; at 384 only memory differs.
  const apply = (board: Board): void => board.ram.write(pc, Uint8Array.of(board.ram.read(pc, 1)[0]! ^ 0x80));
  const digestTicks = { small: 64n, all: 1n << 20n };
  const faulty = recordScripted({ kernel: 'hello', digestTicks, until: 1_000n, meddle: { at: 383n, apply } });
  const report = await compareReplay(faulty, {}, 'alike');
  expect(report.verdict).toMatchObject({ kind: 'state', tick: 448n, after: 0n, exact: false });
});

describe('a different machine', () => {
  const hello = recordScripted({ kernel: 'hello' });

  test.each([
    ['memory', { memoryBytes: 8 << 20 }, 'machine'],
    ['bootArgs', { bootArgs: 'more words' }, 'machine'],
    ['devices.0', { devices: [{ type: 'entropy' }] }, 'machine'],
    ['epoch', { epochNs: 1n }, 'power on'],
    ['rngSeed', { rngSeed: new Uint8Array(32).fill(1) }, 'power on'],
  ] as const)('%s', async (field, change, kind) => {
    const report = await compare(subjectOf(hello), subjectOf(recordScripted({ kernel: 'hello', change })));
    expect(report.verdict).toMatchObject({ kind: 'machine', tick: 0n, exact: true });
    expect(report.machine).toMatchObject([{ kind, field }]);
    expect(report.verdict.text).toContain(field);
    expect(report.consequences!.lines).toEqual([]);
  });

  test('a kernel image, and the instruction that it changes', async () => {
    const kernel = hello.kernel.slice();
    // The text that it prints.
    const at = Buffer.from(kernel).indexOf('hello from');
    kernel[at] = 'j'.charCodeAt(0);
    const report = await compareReplay(hello, { kernel });
    expect(report.verdict).toMatchObject({ kind: 'machine', tick: 0n });
    expect(report.machine).toMatchObject([{ kind: 'image', field: 'kernel' }]);
    expect(report.state!.memory).toMatchObject({ bytes: 1, pages: 1 });
    const { registers, lines } = report.consequences!;
    expect(registers!.registers.some(({ a, b }) => a === 0x68n && b === 0x6an)).toBe(true);
    expect(lines).toMatchObject([
      { index: 0, a: { text: 'hello from the guest' }, b: { text: 'jello from the guest' } },
    ]);
  });
});

test('one recording ends before the other', async () => {
  const report = await pair({ ...CLOCK, until: AT }, CLOCK);
  expect(report.verdict).toMatchObject({ kind: 'end', tick: AT, exact: true });
});
