import { expect, test } from 'vitest';
import type { DiskOperation } from '../../../src/emu/machine/events.ts';
import { DiskOrder } from '../../../src/ft/disk/disk-order.ts';

const SECTORS = 16;
const write = (sector: number, sectors: number, byte: number): DiskOperation => ({
  op: 'write',
  offset: sector * 512,
  data: new Uint8Array(sectors * 512).fill(byte),
});

test('what has bytes in common waits, what has none does not, and a flush is a wall', () => {
  const order = new DiskOrder();
  order.add(write(0, 2, 1));
  order.add(write(1, 1, 2));
  order.add({ op: 'writeZeroes', offset: 4 * 512, length: 512, unmap: false });
  order.add({ op: 'flush' });
  order.add(write(9, 1, 3));
  const begun = [order.next()!, order.next()!];
  expect(begun.map(({ operation }) => operation.op)).toEqual(['write', 'writeZeroes']);
  expect(order.next()).toBeUndefined();
  order.done(begun[1]!);
  expect(order.next()).toBeUndefined();
  order.done(begun[0]!);
  const second = order.next()!;
  expect(second.operation).toMatchObject({ offset: 512 });
  expect(order.next()).toBeUndefined();
  order.done(second);
  const flush = order.next()!;
  expect(flush.operation.op).toBe('flush');
  expect(order.next()).toBeUndefined();
  order.done(flush);
  order.done(order.next()!);
  expect([order.isEmpty, order.bytes]).toEqual([true, 0]);
});

test('reads wait for changes of their bytes and changes for them, and neither for one another nor for a flush', () => {
  const order = new DiskOrder();
  const read: DiskOperation = { op: 'read', offset: 0, length: 512 };
  order.add(write(0, 1, 1));
  order.add({ op: 'flush' });
  order.add(read, 3);
  order.add(read, 4);
  order.add(write(0, 1, 2));
  order.add({ op: 'read', offset: 4096, length: 512 }, 6);
  const first = order.next()!;
  expect([first.operation.op, order.next()!.request, order.next()]).toEqual(['write', 6, undefined]);
  order.done(first);
  const begun = [order.next()!, order.next()!, order.next()!];
  expect(begun.map(({ operation, request }) => [operation.op, request])).toEqual([
    ['flush', 0],
    ['read', 3],
    ['read', 4],
  ]);
  expect(order.isSettled).toBe(false);
  order.done(begun[0]!);
  order.done(begun[1]!);
  expect(order.next()).toBeUndefined();
  order.done(begun[2]!);
  order.add(read, 7);
  order.done(order.next()!);
  order.dropReads();
  expect([order.isSettled, order.next()]).toEqual([true, undefined]);
});

test('done in any order that it allows, the disk is what one after the other makes of it', () => {
  const seed = Number(process.env.SEED ?? Date.now() % 1e6);
  let state = seed + 1;
  const below = (end: number): number => {
    state = (state * 48271) % 0x7fffffff;
    return state % end;
  };
  for (let trial = 0; trial < 100; trial++) {
    const plain = new Uint8Array(SECTORS * 512);
    const mirrored = new Uint8Array(SECTORS * 512);
    const order = new DiskOrder();
    const apply = (disk: Uint8Array, operation: DiskOperation): void => {
      if (operation.op === 'write') disk.set(operation.data, operation.offset);
    };
    const underWay: NonNullable<ReturnType<DiskOrder['next']>>[] = [];
    let left = 60;
    while (left > 0 || !order.isEmpty) {
      const what = below(3);
      if (what === 0 && left > 0) {
        const sectors = 1 + below(4);
        const operation = below(10) === 0 ? ({ op: 'flush' } as const) : write(below(SECTORS - sectors), sectors, left);
        apply(plain, operation);
        order.add(operation);
        left--;
      } else if (what === 1) {
        const entry = order.next();
        if (entry !== undefined) underWay.push(entry);
      } else if (underWay.length > 0) {
        const [entry] = underWay.splice(below(underWay.length), 1);
        apply(mirrored, entry!.operation);
        order.done(entry!);
      }
    }
    expect(Buffer.compare(mirrored, plain), `SEED=${seed}`).toBe(0);
  }
});
