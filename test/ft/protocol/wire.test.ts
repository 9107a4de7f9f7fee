/** Bytes of messages: round trips, any cutting into pieces, and no damage that goes unnoticed. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Heartbeat, Message } from '../../../src/ft/protocol/message.ts';
import { MessageKind } from '../../../src/ft/protocol/message-body.ts';
import {
  decodeHeartbeat,
  decodeMessage,
  encodeHeartbeat,
  encodeMessage,
  isFromBackup,
  isFromPrimary,
  MAX_MESSAGE_BYTES,
  MessageSplitter,
} from '../../../src/ft/protocol/wire.ts';
import { tick } from '../../../src/lib/brands.ts';
import { FormatError } from '../../../src/logformat/errors.ts';

const u32 = fc.oneof(fc.nat(300), fc.nat(0xffffffff));
const text = fc.string({ maxLength: 12 });
const u64 = fc.oneof(fc.bigInt(0n, 300n), fc.bigInt(0n, (1n << 64n) - 1n));
const bytes = fc.uint8Array({ maxLength: 60 });
const small = fc.oneof(fc.nat(300), fc.nat(Number.MAX_SAFE_INTEGER));
const position = fc.oneof(fc.constant(-1), u32);
const device = fc.constantFrom('uart', 'virtio0', 'virtio1');

const ARBITRARIES: { readonly [K in Message['kind']]: fc.Arbitrary<Extract<Message, { readonly kind: K }>> } = {
  hello: fc.record({
    kind: fc.constant('hello' as const),
    version: small,
    pair: text,
    epoch: small,
    who: text,
    host: text,
    first: u32,
    surroundings: bytes,
  }),
  frame: fc.record({ kind: fc.constant('frame' as const), sequence: u32, bytes }),
  released: fc.record({
    kind: fc.constant('released' as const),
    released: fc.dictionary(device, u64, { noNullPrototype: true }),
  }),
  alive: fc.record({ kind: fc.constant('alive' as const) }),
  yield: fc.record({ kind: fc.constant('yield' as const), through: u32, reason: text, stoodStillMs: small }),
  welcome: fc.record({ kind: fc.constant('welcome' as const), who: text, host: text, received: position }),
  refuse: fc.record({ kind: fc.constant('refuse' as const), reason: text }),
  ack: fc.record({ kind: fc.constant('ack' as const), sequence: u32 }),
  executed: fc.record(
    {
      kind: fc.constant('executed' as const),
      sequence: position,
      tick: u64.map(tick),
      buffered: small,
      digests: small,
      links: fc.boolean(),
      leaves: fc.constant(true as const),
    },
    { requiredKeys: ['kind', 'sequence', 'tick', 'buffered', 'digests'] },
  ),
  taken: fc.record({ kind: fc.constant('taken' as const), epoch: small, stoodStillMs: small }),
  diverged: fc.record({ kind: fc.constant('diverged' as const), report: text }),
};

const messages = fc.oneof(...(Object.values(ARBITRARIES) as fc.Arbitrary<Message>[]));
const heartbeats: fc.Arbitrary<Heartbeat> = fc.record({ pair: text, epoch: small, who: text, count: small });

/** `all` in pieces, cut at the given places. */
function pieces(all: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const at = [0, ...cuts.map((cut) => cut % (all.length + 1)).sort((a, b) => a - b), all.length];
  return at.slice(1).map((end, i) => all.slice(at[i], end));
}

const joined = (list: readonly Message[]): Uint8Array => Uint8Array.from(list.flatMap((m) => [...encodeMessage(m)]));

test('what is encoded is decoded', () => {
  fc.assert(fc.property(messages, (message) => void expect(decodeMessage(encodeMessage(message))).toEqual(message)));
  fc.assert(fc.property(heartbeats, (beat) => void expect(decodeHeartbeat(encodeHeartbeat(beat))).toEqual(beat)));
});

test('messages come out of a stream whole and in order, however it is cut', () => {
  fc.assert(
    fc.property(fc.array(messages, { maxLength: 8 }), fc.array(fc.nat(2000), { maxLength: 12 }), (list, cuts) => {
      const splitter = new MessageSplitter();
      const got = pieces(joined(list), cuts).flatMap((piece) => [...splitter.push(piece)]);
      expect(got).toEqual(list);
      expect(splitter.keptBytes).toBe(0);
    }),
  );
});

test('a stream with one bit flipped gives the messages before it, and no other one', () => {
  fc.assert(
    fc.property(
      fc.array(messages, { minLength: 1, maxLength: 5 }),
      fc.nat(),
      fc.nat(7),
      fc.array(fc.nat(2000), { maxLength: 4 }),
      (list, where, bit, cuts) => {
        const stream = joined(list);
        const at = where % stream.length;
        stream[at]! ^= 1 << bit;
        const splitter = new MessageSplitter(1 << 16);
        const got: Message[] = [];
        let told = false;
        try {
          for (const piece of pieces(stream, cuts)) for (const message of splitter.push(piece)) got.push(message);
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
          told = true;
        }
        // A length that has grown waits for bytes that will not come: silence, which the detector sees.
        expect(told || splitter.keptBytes > 0).toBe(true);
        let sound = 0;
        for (let end = 0; sound < list.length; sound++) {
          end += encodeMessage(list[sound]!).length;
          if (end > at) break;
        }
        expect(got).toEqual(list.slice(0, sound));
      },
    ),
  );
});

test('random bytes are no messages, and are told by FormatError alone', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
      expect(() => decodeMessage(noise)).toThrow(FormatError);
      expect(() => decodeHeartbeat(noise)).toThrow(FormatError);
    }),
  );
});

test('a body that is not of its kind is told, whatever it is', () => {
  const kinds = fc.constantFrom(...Object.values(MessageKind));
  fc.assert(
    fc.property(messages, kinds, (message, kind) => {
      const bytesOf = encodeMessage(message);
      bytesOf[4] = kind;
      if (kind !== MessageKind[message.kind]) expect(() => decodeMessage(bytesOf)).toThrow('CRC');
    }),
  );
});

test('a heartbeat is not a message, nor the other way round', () => {
  const beat = encodeHeartbeat({ pair: 'p', epoch: 1, who: 'w', count: 0 });
  expect(() => decodeMessage(beat)).toThrow(FormatError);
  expect(() => decodeHeartbeat(encodeMessage({ kind: 'alive' }))).toThrow(FormatError);
});

test('nothing is kept beyond one message, nor a length believed', () => {
  const splitter = new MessageSplitter(100);
  expect(() => [...splitter.push(Uint8Array.of(0, 0, 0, 97))]).toThrow('too long');
  expect(() => [...splitter.push(encodeMessage({ kind: 'alive' }))]).toThrow('too long');
  expect(() => [...new MessageSplitter().push(Uint8Array.of(0, 0, 0, 4))]).toThrow('too short');
  const whole = new MessageSplitter();
  const head = new Uint8Array(8);
  new DataView(head.buffer).setUint32(0, MAX_MESSAGE_BYTES - 4);
  expect([...whole.push(head)]).toEqual([]);
  expect(whole.keptBytes).toBe(8);
});

test('every kind is said by one side', () => {
  fc.assert(fc.property(messages, (message) => void expect(isFromPrimary(message)).toBe(!isFromBackup(message))));
  const saidBy = (from: (message: Message) => boolean) =>
    Object.keys(MessageKind).filter((kind) => from({ kind } as Message));
  expect(saidBy(isFromPrimary)).toEqual(['hello', 'frame', 'released', 'alive', 'yield']);
});

test('the bytes are what they were', () => {
  const hex = (bytesOf: Uint8Array) => [...bytesOf].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  const frame: Message = { kind: 'frame', sequence: 258, bytes: Uint8Array.of(1, 2) };
  const ack: Message = { kind: 'ack', sequence: 258 };
  expect([frame, ack, { kind: 'alive' } as const].map((message) => hex(encodeMessage(message)))).toMatchInlineSnapshot(`
    [
      "0000000b02000001020102831b7cee",
      "000000091300000102015b2202",
      "0000000504dfc01881",
    ]
  `);
  expect(MessageKind).toEqual({
    hello: 1,
    frame: 2,
    released: 3,
    alive: 4,
    yield: 5,
    welcome: 17,
    refuse: 18,
    ack: 19,
    executed: 20,
    diverged: 21,
    taken: 22,
  });
});
