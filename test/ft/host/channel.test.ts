/** One connection of the logging channel over a real socket: what leaves together, and in which order. */

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { expect, onTestFinished, test } from 'vitest';
import type { Message } from '../../../src/ft/protocol/message.ts';
import { encodeMessage } from '../../../src/ft/protocol/wire.ts';
import { Channel } from '../../../src/host/ft/channel.ts';
import { tick } from '../../../src/lib/brands.ts';
import { FormatError } from '../../../src/logformat/errors.ts';

interface Ends {
  readonly near: Channel;
  readonly socket: Socket;
  readonly far: Channel;
  readonly heard: Message[];
  /** Resolves when the far end has heard so many. */
  until(count: number): Promise<void>;
}

async function ends(): Promise<Ends> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [[accepted]] = (await Promise.all([once(server, 'connection'), once(socket, 'connect')])) as [
    [Socket],
    unknown,
  ];
  server.close();
  const heard: Message[] = [];
  let news = (): void => {};
  const near = new Channel(socket, { message: () => {}, closed: () => {} });
  const far = new Channel(accepted, {
    message: (message) => {
      heard.push(message);
      news();
    },
    closed: () => {},
  });
  onTestFinished(() => {
    near.close('done');
    far.close('done');
  });
  const until = async (count: number): Promise<void> => {
    while (heard.length < count) {
      await new Promise<void>((done) => {
        news = done;
      });
    }
  };
  return { near, socket, far, heard, until };
}

const executed: Message = { kind: 'executed', sequence: 2, tick: tick(7), buffered: 0, digests: 0 };
const ack = (sequence: number): Message => ({ kind: 'ack', sequence });
const frame = (sequence: number, length: number): Message => ({
  kind: 'frame',
  sequence,
  bytes: new Uint8Array(length).fill(sequence),
});

test('of acknowledgements in one turn the last alone is said, before what was said after it', async () => {
  const { near, heard, until } = await ends();
  near.send(ack(0));
  near.send(ack(1));
  near.send(ack(2));
  near.send(executed);
  near.send(ack(3));
  await until(3);
  expect(heard).toEqual([ack(2), executed, ack(3)]);
});

test('an acknowledgement does not wait for the next one', async () => {
  const { near, heard, until } = await ends();
  near.send(ack(0));
  await until(1);
  near.send(ack(1));
  await until(2);
  expect(heard).toEqual([ack(0), ack(1)]);
});

test('what is said in one turn leaves in one write, in order', async () => {
  const { near, socket, heard, until } = await ends();
  const sequences = Array.from({ length: 50 }, (_, i) => i);
  for (const sequence of sequences) near.send(frame(sequence, 100));
  expect(socket.bytesWritten - socket.writableLength).toBe(0);
  await until(50);
  expect(heard.map((message) => message.kind === 'frame' && message.sequence)).toEqual(sequences);
});

test('what is long does not wait for the end of the turn', async () => {
  const { near, socket, heard, until } = await ends();
  near.send(frame(0, 1000));
  near.send(frame(1, 100_000));
  expect(socket.writableLength).toBeLessThan(100_000);
  near.send(frame(2, 10));
  await until(3);
  expect(heard.map((message) => message.kind === 'frame' && message.bytes.length)).toEqual([1000, 100_000, 10]);
});

test('what was said before the end arrives', async () => {
  const { near, heard, until } = await ends();
  near.send(frame(0, 10));
  near.send(ack(5));
  near.close('done');
  await until(2);
  expect(heard.map(({ kind }) => kind)).toEqual(['frame', 'ack']);
});

test('a defect of who hears a message is not taken for a fault of who sent it', () => {
  const closed: string[] = [];
  const hearing = (error: Error): (() => void) => {
    const words = { setNoDelay: () => {}, destroySoon: () => {} };
    const socket = Object.assign(new PassThrough(), words) as unknown as Socket;
    const message = (): void => {
      throw error;
    };
    new Channel(socket, { message, closed: (reason) => closed.push(reason) });
    return () => socket.emit('data', encodeMessage({ kind: 'ack', sequence: 7 }));
  };
  expect(hearing(new RangeError('no such frame is kept'))).toThrow('no such frame is kept');
  expect(closed).toEqual([]);
  hearing(new FormatError('an image comes before the header'))();
  expect(closed).toEqual(['it says what cannot be understood: an image comes before the header']);
});
