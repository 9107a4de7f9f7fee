/** What reports are made of: headers, plain states, console lines, RAM, strides. */
import { describe, expect, test } from 'vitest';
import { compareMachines } from '../../../src/debug/diff/header-diff.ts';
import { compareMemory } from '../../../src/debug/diff/memory-diff.ts';
import { comparePlain } from '../../../src/debug/diff/plain-diff.ts';
import { numbersAside, type Said, SaidReader } from '../../../src/debug/diff/said.ts';
import { compareStates, sameState } from '../../../src/debug/diff/state-diff.ts';
import { tick } from '../../../src/lib/brands.ts';
import { Guest, sample } from '../../emu/machine/guest.ts';
import { header } from '../../logformat/support.ts';

describe('headers', () => {
  test('name each field that differs, images by role, what is drawn at power on by its own kind', () => {
    const b = {
      machine: { ...header.machine, epoch: 1n, memory: 1, devices: [{ type: 'entropy' }] },
      images: { ...header.images, kernel: { ...header.images.kernel!, sha256: new Uint8Array(32) } },
    };
    expect(compareMachines(header, b)).toMatchObject([
      { kind: 'image', field: 'kernel', a: expect.stringContaining('hello.elf') },
      { kind: 'machine', field: 'memory', a: '134217728 (0x8000000)', b: '1' },
      { kind: 'power on', field: 'epoch' },
      { kind: 'machine', field: 'devices.0', a: undefined, b: '{ type: entropy }' },
    ]);
    expect(compareMachines(header, structuredClone(header))).toEqual([]);
  });

  test('an image under another name is the same one', () => {
    const renamed = { ...header, images: { kernel: { ...header.images.kernel!, name: 'other' } } };
    expect(compareMachines(header, renamed)).toEqual([]);
  });
});

test('plain values differ by path; bytes at the first one', () => {
  const bytes = (at: number): Uint8Array => new Uint8Array(100).fill(7, at, at + 1);
  expect(comparePlain({ q: [{ n: 1 }, { n: 2n }], s: 'x' }, { q: [{ n: 1 }, { n: 3n }], s: 'x' }, 'dev')).toEqual([
    { path: 'dev.q.1.n', a: '2', b: '3' },
  ]);
  expect(comparePlain({ a: null }, { b: true }, '')).toEqual([
    { path: 'a', a: 'null', b: undefined },
    { path: 'b', a: undefined, b: 'true' },
  ]);
  expect(comparePlain(bytes(50), bytes(51), 'ram').map(({ path }) => path)).toEqual(['ram[50]']);
  expect(comparePlain(Uint8Array.of(1), Uint8Array.of(1), 'x')).toEqual([]);
});

test('console lines are put together from bytes, by device, with the tick of their end', () => {
  const heard: Said[] = [];
  const reader = new SaidReader((said) => heard.push(said));
  const say = (text: string, at: number, device = 'uart'): void =>
    reader.read({ kind: 'console', device, bytes: new TextEncoder().encode(text) }, tick(at));
  say('on', 1);
  say('other\n', 2, 'virtio1');
  say('e\r\ntw', 3);
  const again: Said[] = [];
  const other = new SaidReader((said) => again.push(said), reader.begun);
  say('o', 4);
  other.read({ kind: 'console', device: 'uart', bytes: new TextEncoder().encode('elve\n') }, tick(9));
  reader.end();
  expect(heard.map(({ stream, text, tick: at }) => [stream, text, at])).toEqual([
    ['console virtio1', 'other', 2n],
    ['console uart', 'one', 3n],
    ['console uart', 'two', 4n],
  ]);
  expect(again.map(({ text }) => text)).toEqual(['twelve']);
});

test('numbers aside, lines that differ in times, counts and addresses are alike', () => {
  expect(numbersAside('[    1.234567] cpu0 at 0xffffffff80002000')).toBe(numbersAside('[   10.5] cpu1 at 0x0'));
  expect(numbersAside('ata1: ready')).not.toBe(numbersAside('ata1: failed'));
});

describe('two boards', () => {
  const boards = () => {
    const make = () =>
      new Guest({ images: { kernel: sample('hello') }, change: { devices: [{ type: 'entropy' }] } }).board;
    return [make(), make()] as const;
  };

  test('that are alike have no difference', () => {
    const [a, b] = boards();
    expect(sameState(a, b)).toBe(true);
    const alike = { registers: [], tlb: [], devices: [], memory: { pages: 0, bytes: 0, ranges: [], more: false } };
    expect(compareStates(a, b)).toEqual(alike);
  });

  test('differ in registers, the clock, TLBs, devices and RAM, each named', () => {
    const [a, b] = boards();
    const [hart] = b.harts;
    hart!.setX(10, 77n);
    hart!.setF(8, 1n);
    hart!.set('satp', 5n);
    hart!.set('anchorTime', 9n);
    hart!.setTlb('load', 3, 0x1000n, 5);
    b.apply({ kind: 'console', device: 'uart', bytes: Uint8Array.of(65) });
    b.ram.write(0x8000_2000n, Uint8Array.of(1, 0, 3));
    expect(sameState(a, b)).toBe(false);
    const { registers, tlb, devices, memory } = compareStates(a, b);
    expect(registers.map(({ kind, name, b: value }) => `${kind} ${name} ${value}`)).toEqual(
      expect.arrayContaining(['register a0 77', 'register fs0 1', 'register satp 5', 'clock anchorTime 9']),
    );
    expect(tlb).toEqual([{ hart: 0, tlb: 'load', entries: 1 }]);
    expect(devices.map(({ path }) => path)).toEqual(['uart.receiveFifo.0']);
    expect(memory.ranges).toEqual([{ pa: 0x8000_2000n, a: Uint8Array.of(0, 0, 0), b: Uint8Array.of(1, 0, 3) }]);
    expect(memory.bytes).toBe(2);
  });

  test('ranges of RAM end where eight bytes are equal, and there are no more of them than can be read', () => {
    const [a, b] = boards();
    b.ram.write(0x8020_0000n, Uint8Array.of(1));
    b.ram.write(0x8020_0007n, Uint8Array.of(1));
    b.ram.write(0x8020_0010n, Uint8Array.of(1));
    expect(compareMemory(a, b).ranges.map(({ pa, a: { length } }) => [pa, length])).toEqual([
      [0x8020_0000n, 8],
      [0x8020_0010n, 1],
    ]);
    b.ram.write(
      0x8030_0000n,
      new Uint8Array(1 << 16).map((_, i) => (i % 16 === 0 ? 1 : 0)),
    );
    expect(compareMemory(a, b)).toMatchObject({ pages: 17, bytes: 3 + (1 << 12), more: true });
    expect(compareMemory(a, b).ranges).toHaveLength(64);
  });
});
