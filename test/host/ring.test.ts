import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Doorbell } from '../../src/host/doorbell.ts';
import { type Piece, pieces, RingReader, RingWriter, ringMemory } from '../../src/host/ring.ts';

const bytes = (length: number, first = 0): Uint8Array => Uint8Array.from({ length }, (_, i) => first + i);

const piece = (body: Uint8Array, head = new Uint8Array(0)): Piece => ({ head, body, left: 0 });

test('messages come out whole, in order, over any sequence of writes and reads', () => {
  const step = fc.oneof(
    fc.record({ head: fc.uint8Array({ maxLength: 9 }), body: fc.uint8Array({ maxLength: 200 }) }),
    fc.constant('read' as const),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const memory = ringMemory(128);
      const writer = new RingWriter(memory);
      const reader = new RingReader(memory);
      const waiting: Piece[] = [];
      const expected: number[][] = [];
      const write = () => {
        while (waiting.length > 0 && writer.tryWrite(waiting[0]!)) waiting.shift();
      };
      const read = () => {
        const message = reader.read();
        if (message !== undefined) expect([...message]).toEqual(expected.shift());
      };
      for (const one of steps) {
        if (one === 'read') read();
        else {
          waiting.push(...pieces(one, 32));
          expected.push([...one.head, ...one.body]);
        }
        write();
      }
      for (let left = 10 * steps.length; left > 0; left--) {
        read();
        write();
      }
      expect([expected, reader.read(), reader.used]).toEqual([[], undefined, 0]);
    }),
  );
});

test('a full ring refuses until something is read', () => {
  const memory = ringMemory(4096);
  const writer = new RingWriter(memory);
  while (writer.tryWrite(piece(bytes(1000))));
  expect(writer.used).toBe(4 * 1008);
  new RingReader(memory).read();
  expect(writer.tryWrite(piece(bytes(1000)))).toBe(true);
});

test('a writer is told of room when it was refused, once half of the ring is free', () => {
  const memory = ringMemory(4096);
  const writer = new RingWriter(memory);
  let told = 0;
  const reader = new RingReader(memory, () => told++);
  const seen = (reads: number): number => {
    for (let i = 0; i < reads; i++) reader.read();
    return told;
  };
  writer.tryWrite(piece(bytes(500)));
  expect(seen(1)).toBe(0);
  while (writer.tryWrite(piece(bytes(500))));
  expect(writer.used).toBe(8 * 508);
  expect(seen(3)).toBe(0);
  expect(seen(1)).toBe(1);
  expect(seen(4)).toBe(1);
  while (writer.tryWrite(piece(bytes(500))));
  expect(seen(8)).toBe(2);
});

test('a piece that needs more than half of the ring is not forgotten', () => {
  const memory = ringMemory(1024);
  const writer = new RingWriter(memory);
  let told = 0;
  const reader = new RingReader(memory, () => told++);
  const long = piece(bytes(900));
  for (let i = 0; i < 4; i++) writer.tryWrite(piece(bytes(200)));
  expect(writer.tryWrite(long)).toBe(false);
  for (let before = told; !writer.tryWrite(long); before = told) {
    while (told === before) expect(reader.read()).toBeDefined();
  }
  expect(reader.read()).toEqual(long.body);
});

test('a piece that can never fit is an error, not a refusal', () => {
  expect(() => new RingWriter(ringMemory(64)).tryWrite(piece(bytes(200)))).toThrow(RangeError);
});

test('counts go on past 2^32', () => {
  const memory = ringMemory(64);
  new Int32Array(memory).set([-8, -8]);
  const writer = new RingWriter(memory);
  const reader = new RingReader(memory);
  for (let i = 0; i < 100; i++) {
    expect(writer.tryWrite(piece(bytes(56, i)))).toBe(true);
    expect(reader.read()).toEqual(bytes(56, i));
  }
});

test('another thread gets every message, sleeping on a bell between them', async () => {
  const [toWorker, toMain] = [ringMemory(256), ringMemory(256)];
  const [workerBell, mainBell] = [new SharedArrayBuffer(4), new SharedArrayBuffer(4)];
  const worker = new Worker(new URL('./fixtures/echo-worker.ts', import.meta.url), {
    workerData: { toWorker, toMain, workerBell, mainBell },
  });
  try {
    const writer = new RingWriter(toWorker);
    const reader = new RingReader(toMain);
    const bell = new Doorbell(mainBell);
    const peer = new Doorbell(workerBell);
    let received = 0;
    for (let sent = 0; received < 2000; ) {
      const seen = bell.rings;
      while (sent < 2000 && writer.tryWrite(piece(bytes(sent % 200), Uint8Array.of(sent & 255, sent >> 8)))) {
        sent++;
        peer.ring();
      }
      for (let message = reader.read(); message !== undefined; message = reader.read()) {
        expect(message.length).toBe(2 + (received % 200));
        expect(message[0]! + 256 * message[1]!).toBe(received++);
        peer.ring();
      }
      if (received < 2000) await bell.rung(seen);
    }
  } finally {
    await worker.terminate();
  }
});
