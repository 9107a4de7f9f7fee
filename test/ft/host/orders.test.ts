import { expect, test } from 'vitest';
import { decodeOrder, encodeOrder } from '../../../src/host/ft/ring-messages.ts';
import { InputLine } from '../../../src/host/live/input-line.ts';
import { RingInputs } from '../../../src/host/live/ring-ports.ts';
import { sharedState } from '../../../src/host/live/shared-state.ts';
import { encodeInput } from '../../../src/host/messages.ts';

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
