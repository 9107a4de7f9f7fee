import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createMemory, memoryLayout, PageFlag } from '../../../src/emu/cpu/memory-layout.ts';
import type { Device, Plain } from '../../../src/emu/devices/device.ts';
import { DeviceBus } from '../../../src/emu/machine/bus.ts';
import { canonicalBytes } from '../../../src/emu/machine/canonical.ts';
import { GuestClock } from '../../../src/emu/machine/clock.ts';
import { HartBlock } from '../../../src/emu/machine/hart-block.ts';
import { Ram } from '../../../src/emu/machine/ram.ts';
import { restoreHart, saveHart } from '../../../src/emu/machine/snapshot.ts';

const BASE = 0x8000_0000n;
const layout = memoryLayout(16 * 4096);

function ram() {
  const memory = createMemory(layout);
  const code: number[] = [];
  const written: [number, number][] = [];
  const made = new Ram(memory, layout, {
    written: (pa, length) => written.push([pa, length]),
    codeWritten: (page) => code.push(page),
  });
  const flags = new Uint8Array(memory.buffer, layout.pageFlagsAt, layout.ramPages);
  return { ram: made, code, written, flags };
}

test('ram: writes mark the pages they touch and report those with code', () => {
  const { ram: r, code, written, flags } = ram();
  flags[2] = PageFlag.code;
  r.write(BASE + 4095n, new Uint8Array(4098));
  expect([...flags.subarray(0, 4)]).toEqual([PageFlag.dirty, PageFlag.dirty, PageFlag.dirty | PageFlag.code, 0]);
  expect([code, written]).toEqual([[2], [[0x8000_0fff, 4098]]]);
  r.write(BASE, new Uint8Array(0));
  expect(written).toHaveLength(1);
});

test.each([
  [BASE - 1n, 1],
  [BASE + 16n * 4096n, 1],
  [BASE + 16n * 4096n - 1n, 2],
  [(1n << 64n) - 1n, 4],
  [0n, 0],
])('ram: 0x%s is outside for %i bytes', (pa, length) => {
  const { ram: r } = ram();
  expect(() => r.read(pa, length)).toThrow('not in RAM');
  expect(() => r.write(pa, new Uint8Array(length))).toThrow('not in RAM');
});

test('ram: what is read is a copy', () => {
  const { ram: r } = ram();
  const bytes = r.read(BASE, 4);
  r.write(BASE, Uint8Array.of(1, 2, 3, 4));
  expect(bytes).toEqual(new Uint8Array(4));
});

test('bus: decodes windows, splits 8 bytes into two, low half first', () => {
  const log: string[] = [];
  const device: Device = {
    read: (offset, width) => {
      log.push(`r${width}@${offset}`);
      return offset + 1;
    },
    write: (offset, width, value) => log.push(`w${width}@${offset}=${value.toString(16)}`),
    save: () => null,
    restore: () => {},
  };
  const bus = new DeviceBus([{ base: 0x1000, bytes: 16, device }], () => 9n);
  expect([bus.has(0xfff), bus.has(0x1000), bus.has(0x100f), bus.has(0x1010)]).toEqual([false, true, true, false]);
  expect(bus.load(0x1008, 8)).toBe((13n << 32n) | 9n);
  bus.store(0x1000, 8, 0x1122_3344_5566_7788n);
  bus.store(0x1001, 1, 0x1ffn);
  expect(log).toEqual(['r4@8', 'r4@12', 'w4@0=55667788', 'w4@4=11223344', 'w1@1=ff']);
  expect(() => bus.load(0x2000, 4)).toThrow('no device');
  const overlapping = [
    { base: 0, bytes: 8, device },
    { base: 7, bytes: 8, device },
  ];
  expect(() => new DeviceBus(overlapping, () => 0n)).toThrow('overlap');
});

function hart() {
  const block = new HartBlock(createMemory(layout), layout.hartAt(0));
  block.reset(0);
  return block;
}

test('clock: dueTick is the first tick at which time is reached, for any rate', () => {
  const block = hart();
  const clock = new GuestClock([block], 'host', { ask: () => 0n, moved: () => {} });
  const big = (max: bigint) => fc.bigInt({ min: 0n, max });
  fc.assert(
    fc.property(
      big(1n << 40n),
      big(1n << 50n),
      fc.bigInt({ min: 1n, max: 1n << 30n }),
      big(1n << 36n),
      (tick, time, rate, ahead) => {
        block.set('tick', tick);
        clock.moveTo(time, rate);
        const due = clock.dueTick(time + ahead);
        const timeAt = (t: bigint) => {
          block.set('tick', t);
          return clock.time;
        };
        expect(timeAt(due)).toBeGreaterThanOrEqual(time + ahead);
        if (due > tick) expect(timeAt(due - 1n)).toBeLessThan(time + ahead);
      },
    ),
  );
});

test('clock: at the nominal rate ten ticks are one unit', () => {
  const block = hart();
  const clock = new GuestClock([block], 'ticks', { ask: () => 0n, moved: () => {} });
  const times = [0n, 9n, 10n, 19n, 20n, 1_000_000n].map((t) => {
    block.set('tick', t);
    return clock.time;
  });
  expect(times).toEqual([0n, 0n, 1n, 1n, 2n, 100_000n]);
});

test('hart: a device write to reserved bytes breaks the reservation', () => {
  const block = hart();
  const broken = [0x100n, 0x107n, 0xf0n, 0x108n].map((pa) => {
    block.set('reservation', 0x100n);
    block.breakReservation(pa, pa === 0xf0n ? 16n : 4n);
    return block.get('reservation') !== 0x100n;
  });
  expect(broken).toEqual([true, true, false, false]);
});

test('hart: every field survives save and restore, and a missing one is refused', () => {
  const a = hart();
  a.set('mepc', 0x1234n);
  a.setX(31, 5n);
  a.setF(0, (1n << 64n) - 1n);
  a.setTlb('store', 7, 0x8000_0000_0000_0048n, 3);
  const state = structuredClone(saveHart(a));
  const b = hart();
  restoreHart(b, state);
  expect(saveHart(b)).toEqual(state);
  expect([b.tlbTag('store', 7), b.tlbPage('store', 7), b.tlbPage('store', 8)]).toEqual([0x8000_0000_0000_0048n, 3, 0]);
  const { mepc: _, ...partial } = state;
  expect(() => restoreHart(b, partial)).toThrow('mepc');
});

test('canonical bytes: key order does not count, anything else does', () => {
  const value = { a: 1, b: [true, null, 'x', 5n, Uint8Array.of(1)], c: { d: -0.5 } };
  const reordered = { c: { d: -0.5 }, b: [true, null, 'x', 5n, Uint8Array.of(1)], a: 1 };
  expect(canonicalBytes(value)).toEqual(canonicalBytes(reordered));
  const plain: readonly Plain[] = [
    1,
    1n,
    '1',
    true,
    null,
    [1],
    { a: 1 },
    Uint8Array.of(1),
    [[1], 1],
    [[1, 1]],
    {},
    [],
    '',
  ];
  const encoded = plain.map((v) => [...canonicalBytes(v)].join());
  expect(new Set(encoded).size).toBe(plain.length);
  expect(canonicalBytes(new Uint8Array(100_000)).length).toBe(100_005);
});
