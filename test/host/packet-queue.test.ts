/** Frames wait for a card's buffers, in order, and not without limit. */
import { expect, test } from 'vitest';
import { PacketQueue } from '../../src/host/live/packet-queue.ts';

const packet = (device: string, n: number, bytes = 60) =>
  ({ kind: 'packet', device, frame: new Uint8Array(bytes).fill(n) }) as const;
const names = (taken: ReturnType<PacketQueue['take']>): string[] =>
  taken.map(({ device, frame }) => `${device} ${frame[0]}`);

test('each card gets what it has buffers for, in order', () => {
  const queue = new PacketQueue();
  for (let n = 0; n < 5; n++) queue.put(packet('virtio0', n));
  queue.put(packet('virtio1', 9));
  expect(names(queue.take((device) => (device === 'virtio0' ? 2 : 0)))).toEqual(['virtio0 0', 'virtio0 1']);
  expect(names(queue.take(() => 0))).toEqual([]);
  expect(names(queue.take(() => 2))).toEqual(['virtio0 2', 'virtio0 3', 'virtio1 9']);
  expect(names(queue.take(() => 2))).toEqual(['virtio0 4']);
});

test('a card that takes none loses all', () => {
  const queue = new PacketQueue();
  for (let n = 0; n < 3; n++) queue.put(packet('virtio0', n));
  expect(queue.take(() => undefined)).toHaveLength(3);
  expect(queue.take(() => undefined)).toHaveLength(0);
});

test('is full with more than 256 KiB, until they are taken', () => {
  const queue = new PacketQueue();
  for (let n = 0; n < 180; n++) queue.put(packet('virtio0', n, 1500));
  expect(queue.isFull).toBe(true);
  queue.take(() => 10);
  expect(queue.isFull).toBe(false);
});
