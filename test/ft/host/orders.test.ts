import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Input } from '../../../src/emu/machine/events.ts';
import { BackupOrders } from '../../../src/host/ft/backup-orders.ts';
import { GuestOrders } from '../../../src/host/ft/guest-orders.ts';
import {
  decodeOrder,
  decodeReport,
  encodeOrder,
  encodeReport,
  type Order,
} from '../../../src/host/ft/ring-messages.ts';
import { InputLine } from '../../../src/host/live/input-line.ts';
import { RingInputs } from '../../../src/host/live/ring-ports.ts';
import { ControlWords, Counters, sharedState } from '../../../src/host/live/shared-state.ts';
import { encodeInput, type Message } from '../../../src/host/messages.ts';

const NO_PROGRESS = new Counters(sharedState().counters).get();

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

test('a guest that is to live and to stop lives before it stops: its log has an end', () => {
  const both = sharedState();
  new InputLine(both).send(encodeOrder({ kind: 'goLive' }));
  new ControlWords(both.control).askStop();
  expect(new BackupOrders(both).untilLive()).toBe(true);
  const stopped = sharedState();
  new ControlWords(stopped.control).askStop();
  expect(new BackupOrders(stopped).untilLive()).toBe(false);
});

test('an order to a guest is answered when its backup has the entry, and refused when it ends before', async () => {
  const log: string[] = [];
  let acknowledged = false;
  const progress = { ...NO_PROGRESS, ticks: 5n, operator: { suspended: true, sharePercent: 100 } };
  const guest = {
    progress,
    input: ({ kind }: Input) => log.push(kind),
    cover: (number: number) => {
      log.push(`cover ${number}`);
      setImmediate(() => orders.covered(number));
    },
  };
  const orders = new GuestOrders(guest, { acknowledgement: () => () => acknowledged });
  expect(await orders.give({ kind: 'suspend' })).toBe('the guest is suspended already');
  let answer: string | undefined = 'none yet';
  const resumed = orders.give({ kind: 'resume' }).then((said) => {
    answer = said;
  });
  await sleep(100);
  expect(answer).toBe('none yet');
  acknowledged = true;
  await resumed;
  expect(answer).toBeUndefined();
  expect(log).toEqual(['cover 1', 'cover 2', 'resume', 'cover 3']);
  acknowledged = false;
  const reset = orders.give({ kind: 'control', action: 'reset' });
  orders.over();
  expect(await reset).toBe('the guest is off');
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
