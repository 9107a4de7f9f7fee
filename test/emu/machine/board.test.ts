import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createInterpreter } from '../../../src/emu/cpu/interpreter/interpreter.ts';
import { createReference } from '../../../src/emu/cpu/reference/engine.ts';
import { Board } from '../../../src/emu/machine/board.ts';
import type { Output } from '../../../src/emu/machine/events.ts';
import { tick } from '../../../src/lib/brands.ts';
import { config, Guest, sample } from './guest.ts';
import { alarmAndReset, alarmSpinning, readClocks } from './programs.ts';

const drive = { type: 'block', sizeBytes: 2 * 1024 * 1024, readOnly: false, serial: 'test' } as const;
const RESULTS = 0x8010_0000n;
const word = (guest: Guest, index: number): bigint =>
  new DataView(guest.board.ram.read(RESULTS + BigInt(8 * index), 8).buffer).getBigUint64(0, true);

test('a bare-metal program prints and ends with its exit code', () => {
  const guest = new Guest({ images: { kernel: sample('hello') } });
  guest.run(10_000n);
  expect([guest.text, guest.board.halt]).toEqual(['hello from the guest\r\n', { reason: 'finisher', code: 0 }]);
  expect(guest.board.run(tick(20_000))).toBe('halted');
});

test('run stops at exactly the tick asked for', () => {
  const guest = new Guest({ images: { kernel: sample('hello') } });
  for (const until of [1n, 2n, 3n, 100n, 555n]) {
    expect([guest.board.run(tick(until)), guest.board.tick]).toEqual(['limit', until]);
  }
});

test('a drive works through every kind of request with races put in order', () => {
  const guest = new Guest({
    images: { kernel: sample('disk') },
    disk: new Uint8Array(drive.sizeBytes),
    change: { devices: [drive] },
  });
  guest.run(100_000_000n);
  expect(guest.text).toContain('disk: all requests done');
  expect(guest.board.halt).toEqual({ reason: 'finisher', code: 0 });
  const { racesOnDisk, racesInMemory } = (guest.board.save().devices.virtio0 as { function: Record<string, number> })
    .function;
  expect([racesOnDisk! > 0, racesInMemory! > 0]).toEqual([true, true]);
});

test('without a drive the same program says so: all slots are there and empty', () => {
  const guest = new Guest({ images: { kernel: sample('disk') } });
  guest.run(1_000_000n);
  expect(guest.text).toContain('no block device');
});

test('cutting the run, saving, restoring and exchanging the engine at any tick change nothing', () => {
  const END = 260_000n;
  const options = {
    images: { kernel: sample('disk') },
    disk: new Uint8Array(drive.sizeBytes),
    change: { devices: [drive] },
  };
  // The first request is answered at a tick of its own, the same in every run.
  const drivenTo = (guest: Guest, until: bigint, step: bigint): void => {
    while (guest.board.tick < until) {
      const next = guest.board.tick + step;
      guest.board.run(tick(next < until ? next : until));
      const [request] = guest.board.pendingRequests();
      if (guest.board.tick === ANSWER_AT && request?.kind === 'disk') guest.board.apply(guest.answer(request));
    }
  };
  const ANSWER_AT = 200_000n;
  const whole = new Guest(options);
  drivenTo(whole, ANSWER_AT - 1n, END);
  expect(whole.board.pendingRequests().length).toBeGreaterThan(1);
  drivenTo(whole, ANSWER_AT, END);
  drivenTo(whole, END, END);
  const expected = whole.board.digest('all');
  const cut = fc.record({ at: fc.bigInt({ min: 1n, max: END - 1n }), act: fc.nat(2) });
  fc.assert(
    fc.property(fc.array(cut, { maxLength: 6 }), (cuts) => {
      let guest = new Guest(options);
      const sorted = [...cuts, { at: ANSWER_AT, act: 0 }].sort((a, b) => (a.at < b.at ? -1 : 1));
      for (const { at, act } of sorted) {
        drivenTo(guest, at, END);
        if (act === 0) continue;
        if (act === 1) {
          const state = structuredClone(guest.board.save());
          guest = new Guest(options);
          guest.board.restore(state);
        } else guest.board.useEngine(createInterpreter);
      }
      drivenTo(guest, END, END);
      expect(guest.board.digest('all')).toBe(expected);
    }),
    { numRuns: 20 },
  );
});

test('the alarm of the RTC fires at its tick, wakes the hart, and a reset begins again with time going on', () => {
  const guest = new Guest({ images: { kernel: alarmAndReset }, change: { epochNs: 1n << 40n } });
  guest.run(1_000_000n);
  expect(guest.board.halt).toEqual({ reason: 'finisher', code: 11 });
  expect(word(guest, 0)).toBe(2n);
  // Two alarms of 1 ms, nearly all of it skipped.
  expect(guest.board.time).toBeGreaterThanOrEqual(20_000n);
  expect(guest.board.time).toBeLessThan(20_100n);
  expect(guest.board.tick).toBeLessThan(200n);
});

test('without skipping, the wait ends when the clock is moved to nextTimer', () => {
  const guest = new Guest({ images: { kernel: alarmAndReset }, change: { epochNs: 1n << 40n, clock: 'host' } });
  expect(guest.board.run(tick(1000))).toBe('idle');
  const { nextTimer, tick: at } = guest.board;
  expect([nextTimer! / 100n, guest.board.skipIdle()]).toEqual([100n, false]);
  guest.board.apply({ kind: 'clock', time: nextTimer! - 1n, rate: 1n << 24n });
  expect([guest.board.run(tick(at)), guest.board.run(tick(at + 1n))]).toEqual(['limit', 'idle']);
  guest.board.apply({ kind: 'clock', time: nextTimer!, rate: 1n << 24n });
  expect([guest.board.run(tick(at + 1n)), guest.board.tick]).toEqual(['limit', at + 1n]);
});

test('a running hart meets the alarm at the tick at which time reaches it, however the run is cut', () => {
  const ends = [1n, 97n, 1_000_000n].map((step) => {
    const guest = new Guest({ images: { kernel: alarmSpinning }, change: { epochNs: 1n << 40n } });
    while (guest.board.run(tick(guest.board.tick + step)) === 'limit');
    return { tick: guest.board.tick, digest: guest.board.digest('all'), halt: guest.board.halt };
  });
  expect(ends[0]!.halt).toEqual({ reason: 'finisher', code: 11 });
  // 1 ms is 100,000 ticks, twice.
  expect(ends[0]!.tick).toBeGreaterThan(200_000n);
  expect(ends[0]!.tick).toBeLessThan(200_200n);
  expect([ends[1], ends[2]]).toEqual([ends[0], ends[0]]);
});

test('time: linear clock, mtime agrees with time, setting mtime moves time but not the RTC', () => {
  const guest = new Guest({ images: { kernel: readClocks }, change: { epochNs: 7_000_000n } });
  guest.board.apply({ kind: 'clock', time: 1000n, rate: 1n << 24n });
  guest.run(1000n);
  expect([word(guest, 0), word(guest, 1), word(guest, 2)]).toEqual([1003n, 1007n, 0x50_0000_0001n]);
  expect(word(guest, 3)).toBe(7_000_000n + 1015n * 100n);
  expect(guest.board.time).toBe(1021n);
  guest.board.apply({ kind: 'clock', time: 5000n, rate: 0n });
  expect(guest.board.time).toBe(1021n);
});

test('time: under the exact clock each reading is asked for, and time never goes back', () => {
  const answers = [50n, 60n, 40n, 80n, 90n];
  const asked: number[] = [];
  const guest = new Guest({
    images: { kernel: readClocks },
    change: { clock: 'exact', epochNs: 0n },
    nondet: (kind) => {
      asked.push(kind);
      return answers[asked.length - 1] ?? 100n;
    },
  });
  guest.run(1000n);
  // rdtime; mtime by halves, in one step; setting mtime reads it first; rdtime; RTC.
  expect([word(guest, 0), word(guest, 1)]).toEqual([50n, 60n]);
  expect(asked.every((kind) => kind === 1)).toBe(true);
  expect(word(guest, 2)).toBeGreaterThanOrEqual(0x50_0000_0000n);
  expect(word(guest, 3)).toBe(9_000n);
});

test('power off and reset by the operator', () => {
  const plain = new Guest({ images: { kernel: sample('hello') } });
  const ticks = plain.run(10_000n);
  const guest = new Guest({ images: { kernel: sample('hello') } });
  guest.board.run(tick(300));
  const printed = guest.text;
  guest.board.apply({ kind: 'control', action: 'reset' });
  guest.run(10_000n);
  expect([guest.text, guest.board.tick]).toEqual([`${printed}hello from the guest\r\n`, ticks + 300n]);
  const other = new Guest({ images: { kernel: sample('hello') } });
  other.board.run(tick(300));
  other.board.apply({ kind: 'control', action: 'powerOff' });
  expect([other.board.run(tick(400)), other.board.halt]).toEqual(['halted', { reason: 'powerOff', code: 0 }]);
});

test('typed bytes reach the guest, and the room for them is told', () => {
  const guest = new Guest({ images: { kernel: sample('clock') } });
  guest.run(200_000n);
  guest.board.apply({ kind: 'console', device: 'uart', bytes: Uint8Array.of(0x68, 0x65, 0x79) });
  guest.run(300_000n);
  expect([...guest.text.matchAll(/^input +(\w+) at /gm)].map(([, byte]) => byte)).toEqual(['68', '65', '79']);
  const room = guest.board.consoleRoom('uart');
  guest.board.apply({ kind: 'console', device: 'uart', bytes: new Uint8Array(20) });
  expect(guest.board.consoleRoom('uart')).toBe(room - 4);
  expect(() => guest.board.consoleRoom('virtio0')).toThrow('virtio0');
});

test('an input for a device that is not there, or a request that is not pending, is a mistake', () => {
  const guest = new Guest({ images: { kernel: sample('hello') }, change: { devices: [drive] } });
  const data = new Uint8Array(0);
  expect(() => guest.board.apply({ kind: 'packet', device: 'virtio0', frame: data })).toThrow('VirtioNet');
  expect(() => guest.board.apply({ kind: 'disk', device: 'virtio0', request: 3, status: 0, data })).toThrow(
    'request 3',
  );
});

test('digests tell states apart, and are the same for the same state on every engine', () => {
  const boards = [createInterpreter, createReference].map(
    (factory) => new Guest({ images: { kernel: sample('hello') }, factory }).board,
  );
  const seen = new Set<string>();
  for (const until of [0, 1, 50, 570]) {
    const digests = boards.map((board) => {
      board.run(tick(until));
      return `${board.digest('small')} ${board.digest('all')}`;
    });
    expect(digests[0]).toBe(digests[1]);
    seen.add(digests[0]!);
  }
  expect(seen.size).toBe(4);
  const [board] = boards;
  const small = board!.digest('small');
  const all = board!.digest('all');
  board!.ram.write(RESULTS, Uint8Array.of(1));
  expect([board!.digest('small') === small, board!.digest('all') === all]).toEqual([true, false]);
});

test.each([
  [{ memoryBytes: 1000 }, 'RAM of 1000 bytes'],
  [{ memoryBytes: 4 * 1024 ** 3 }, '--memory'],
  [{ harts: 2 }, '--harts 1'],
  [{ devices: new Array(9).fill(drive) }, '9 virtio devices'],
])('a configuration that cannot be is refused: %o', (change, message) => {
  const ports = { emit: (_: Output) => {}, nondet: () => 0n };
  expect(() => new Board(config(change), { kernel: sample('hello') }, ports, createInterpreter)).toThrow(message);
});
