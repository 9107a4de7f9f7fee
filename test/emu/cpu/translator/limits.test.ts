/** Compiled code takes bounded room, and can be dropped at any time. */

import { expect, test, vi } from 'vitest';
import { createInterpreter } from '../../../../src/emu/cpu/interpreter/interpreter.ts';
import { PageFlag } from '../../../../src/emu/cpu/memory-layout.ts';
import { Guest, RAM } from './guest.ts';
import { translating } from './scenario.ts';

/** A loop over this many functions, in pages of their own. */
function manyFunctions(count: number): string {
  const numbers = Array.from({ length: count }, (_, i) => i);
  const calls = numbers.map((i) => `call f${i}`);
  const functions = numbers.map(
    (i) => `.org ${0x1000 + 0x100 * i}\nf${i}: addi a${i % 8}, a${i % 8}, ${i}\n addi a0, a0, 1\n ret`,
  );
  return ['loop:', ...calls, 'j loop', ...functions].join('\n');
}

const codePages = ({ machine: { bytes, layout } }: Guest): number =>
  bytes.slice(layout.pageFlagsAt, layout.pageFlagsAt + layout.ramPages).filter((flags) => flags & PageFlag.code).length;

test('code for more than there is room for is dropped, and the guest goes on', () => {
  const run = (cacheInsns: number): { guest: Guest; most: number } => {
    const guest = new Guest();
    guest.load(manyFunctions(40));
    guest.use(translating({ hot: 1, cacheInsns }));
    let most = 0;
    for (let until = 100n; until <= 6000n; until += 100n) {
      guest.run(until);
      most = Math.max(most, guest.translator!.compiledRegions);
    }
    return { guest, most };
  };
  const [small, large] = [run(40), run(100_000)];
  expect(large.most).toBeGreaterThan(40);
  expect(small.most).toBeLessThan(20);
  expect(small.guest.state()).toEqual(large.guest.state());
  expect(small.guest.machine.get('compiledTicks')).toBeGreaterThan(80n);
});

test('places that code stood for once are forgotten in the end', () => {
  const grow = vi.spyOn(WebAssembly.Table.prototype, 'grow');
  const guest = new Guest();
  // Each round goes to the function by another virtual address, and writes to it.
  guest.load(`
loop: add t0, a1, a2
  jalr ra, 0(t0)
  add a2, a2, a3
  sw a4, 0(t0)
  j loop
.org 0x1000
f: addi a0, a0, 1
  ret`);
  const { machine } = guest;
  // Every 2 MiB of the lower half is the beginning of RAM.
  const put = (at: number, pa: bigint, flags: bigint): void =>
    machine.view.setBigUint64(machine.layout.ramAt + at, (pa >> 2n) | flags, true);
  for (let i = 0; i < 256; i++) put(0x4000 + 8 * i, RAM + 0x5000n, 1n);
  for (let i = 0; i < 512; i++) put(0x5000 + 8 * i, RAM, 0xcfn);
  machine.set('satp', (8n << 60n) | ((RAM + 0x4000n) >> 12n));
  machine.set('priv', 1n);
  machine.set('pmpcfg0', 0x1fn);
  machine.set('pmpaddr0', 0x3f_ffff_ffff_ffffn);
  machine.setX(11, 0x1000n);
  machine.setX(13, 0x20_0000n);
  machine.setX(14, BigInt(machine.view.getUint32(machine.layout.ramAt + 0x1000, true)));
  guest.use(translating({ hot: 1, rewrites: Number.POSITIVE_INFINITY, cachePlaces: 300 }));
  for (let until = 500n; until <= 12_000n; until += 500n) guest.run(until);
  expect(machine.x(10)).toBeGreaterThan(1200n);
  expect(grow).not.toHaveBeenCalled();
  grow.mockRestore();
});

test('flushing leaves nothing that keeps stores off the fast path', () => {
  const guest = new Guest();
  guest.load(manyFunctions(30));
  guest.use(translating({ hot: 1 }));
  guest.run(2000n);
  expect(codePages(guest)).toBeGreaterThan(2);
  guest.translator!.flush();
  expect(codePages(guest)).toBe(0);
  expect(guest.translator!.compiledRegions).toBe(0);
  guest.run(4000n);
  const plain = new Guest();
  plain.load(manyFunctions(30));
  plain.use(createInterpreter);
  plain.run(4000n);
  expect(guest.state()).toEqual(plain.state());
});

test('so does taking another engine', () => {
  const guest = new Guest();
  guest.load(manyFunctions(30));
  guest.use(translating({ hot: 1 }));
  guest.run(2000n);
  guest.use(createInterpreter);
  expect(codePages(guest)).toBe(0);
});
