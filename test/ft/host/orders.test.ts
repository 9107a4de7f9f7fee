import { expect, test } from 'vitest';
import {
  decodeOrder,
  decodeReport,
  encodeOrder,
  encodeReport,
  type Order,
} from '../../../src/host/ft/ring-messages.ts';
import { InputLine } from '../../../src/host/live/input-line.ts';
import { RingInputs } from '../../../src/host/live/ring-ports.ts';
import { sharedState } from '../../../src/host/live/shared-state.ts';
import { encodeInput, type Message } from '../../../src/host/messages.ts';

test('an input behind an order that ends the turn is left for the next, however late the thread looks', () => {
  const shared = sharedState();
  const line = new InputLine(shared);
  const packet = { kind: 'packet', device: 'virtio0', frame: Uint8Array.of(1, 2, 3) } as const;
  line.send(encodeOrder({ kind: 'drain' }));
  line.send(encodeOrder({ kind: 'goLive' }));
  line.send(encodeInput(packet));
  const orders: string[] = [];
  const inputs = new RingInputs(shared, (message) => {
    const { kind } = decodeOrder(message);
    orders.push(kind);
    return kind === 'goLive';
  });
  expect(inputs.take()).toBeUndefined();
  expect(orders).toEqual(['drain', 'goLive']);
  expect(inputs.take()).toEqual(packet);
  expect(inputs.take()).toBeUndefined();
});

test('the order to join a pair, and its answer, come through whole', () => {
  const bytes = ({ head, body }: Message): Uint8Array => Uint8Array.of(...head, ...body);
  const orders: readonly Order[] = [
    { kind: 'join', inside: ['virtio0', 'virtio3'] },
    { kind: 'join', inside: [], log: { fd: 7, path: '/tmp/ä b.lks' } },
  ];
  for (const order of orders) expect(decodeOrder(bytes(encodeOrder(order)))).toEqual(order);
  expect(decodeReport(bytes(encodeReport({ kind: 'joined' })))).toEqual({ kind: 'joined' });
});
