/**
 * What is inside an envelope, by kind. Frames and acknowledgements, of which there are many, are binary; the rest is a
 * CBOR map. docs/ft-protocol.md, section "On the wire".
 */

import { putU32, u32 } from '../../lib/big-endian.ts';
import { tick } from '../../lib/brands.ts';
import { type CborMap, type CborValue, decode, encode } from '../../logformat/cbor.ts';
import { asMap, bytes, small, text, wide } from '../../logformat/cbor-get.ts';
import { FormatError } from '../../logformat/errors.ts';
import type { Heartbeat, Message, Released } from './message.ts';

/** The kind byte. Numbers are never given to another kind. */
export const MessageKind = {
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
} as const satisfies Record<Message['kind'], number>;

export const HEARTBEAT_KIND = 33;

type Body<K extends Message['kind']> = Extract<Message, { readonly kind: K }>;

interface Codec<M> {
  /** The body, in parts that follow one another: what is large is copied once, to where it is sent from. */
  encode(message: M): readonly Uint8Array[];
  decode(body: Uint8Array): M;
}

/** What both sides of an entry have in common: a map, and how to read it. */
const map = <M>(write: (message: M) => CborMap, read: (fields: CborMap) => M): Codec<M> => ({
  encode: (message) => [encode(write(message))],
  decode: (body) => read(asMap(decode(body))),
});

const CODECS: { readonly [K in Message['kind']]: Codec<Body<K>> } = {
  hello: map(
    ({ version, pair, epoch, who, host, first, surroundings, copy }) => {
      const fields = { version, pair, epoch, who, host, first, surroundings };
      return copy === undefined ? fields : { ...fields, copy };
    },
    (fields) => ({
      kind: 'hello',
      version: small(fields.version),
      pair: text(fields.pair),
      epoch: small(fields.epoch),
      who: text(fields.who),
      host: text(fields.host),
      first: small(fields.first),
      surroundings: bytes(fields.surroundings),
      ...(fields.copy === undefined ? {} : { copy: small(fields.copy) }),
    }),
  ),
  frame: {
    encode: ({ sequence, bytes: frame }) => [word(sequence), frame],
    decode: (body) => ({ kind: 'frame', sequence: number(body), bytes: body.slice(4) }),
  },
  released: map(
    ({ released }) => released,
    (fields) => ({ kind: 'released', released: units(fields) }),
  ),
  alive: { encode: () => [], decode: (body) => exactly(body, 0, { kind: 'alive' }) },
  yield: map(
    ({ through, reason, stoodStillMs }) => ({ through, reason, stoodStillMs: Math.round(stoodStillMs) }),
    (fields) => ({
      kind: 'yield',
      through: small(fields.through),
      reason: text(fields.reason),
      stoodStillMs: small(fields.stoodStillMs),
    }),
  ),
  welcome: map(
    ({ who, host, received }) => ({ who, host, received }),
    (fields) => ({
      kind: 'welcome',
      who: text(fields.who),
      host: text(fields.host),
      received: position(fields.received),
    }),
  ),
  refuse: map(
    ({ reason }) => ({ reason }),
    (fields) => ({ kind: 'refuse', reason: text(fields.reason) }),
  ),
  ack: {
    encode: ({ sequence }) => [word(sequence)],
    decode: (body) => exactly(body, 4, { kind: 'ack', sequence: number(body) }),
  },
  executed: map(
    ({ sequence, tick: at, buffered, digests, links, leaves }) => ({
      ...{ sequence, tick: at, buffered, digests },
      ...(links === undefined ? {} : { links: links ? 1 : 0 }),
      ...(leaves === undefined ? {} : { leaves: 1 }),
    }),
    (fields) => ({
      kind: 'executed',
      sequence: position(fields.sequence),
      tick: tick(wide(fields.tick)),
      buffered: small(fields.buffered),
      digests: small(fields.digests),
      ...(fields.links === undefined ? {} : { links: small(fields.links) !== 0 }),
      ...(fields.leaves === undefined ? {} : { leaves: true }),
    }),
  ),
  diverged: map(
    ({ report }) => ({ report }),
    (fields) => ({ kind: 'diverged', report: text(fields.report) }),
  ),
  taken: map(
    ({ epoch, stoodStillMs }) => ({ epoch, stoodStillMs: Math.round(stoodStillMs) }),
    (fields) => ({ kind: 'taken', epoch: small(fields.epoch), stoodStillMs: small(fields.stoodStillMs) }),
  ),
};

const HEARTBEAT: Codec<Heartbeat> = map(
  ({ pair, epoch, who, count }) => ({ pair, epoch, who, count }),
  (fields) => ({
    pair: text(fields.pair),
    epoch: small(fields.epoch),
    who: text(fields.who),
    count: small(fields.count),
  }),
);

const KINDS = new Map(Object.entries(MessageKind).map(([name, kind]) => [kind as number, name as Message['kind']]));

/** In parts. */
export function encodeBody(message: Message): readonly Uint8Array[] {
  return (CODECS[message.kind] as Codec<Message>).encode(message);
}

/** FormatError when there is no such kind or the body is not one of it. */
export function decodeBody(kind: number, body: Uint8Array): Message {
  const name = KINDS.get(kind);
  if (name === undefined) throw new FormatError(`message kind ${kind} is not known`);
  return CODECS[name].decode(body);
}

export const encodeHeartbeatBody = (heartbeat: Heartbeat): readonly Uint8Array[] => HEARTBEAT.encode(heartbeat);
export const decodeHeartbeatBody = (body: Uint8Array): Heartbeat => HEARTBEAT.decode(body);

/** A sequence number, or -1 for none. */
function position(value: CborValue | undefined): number {
  return value === -1 ? -1 : small(value);
}

function units(fields: CborMap): Released {
  return Object.fromEntries(Object.entries(fields).map(([device, unit]) => [device, wide(unit)]));
}

function word(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  putU32(bytes, 0, value);
  return bytes;
}

function number(body: Uint8Array): number {
  if (body.length < 4) throw new FormatError('a message ends early');
  return u32(body, 0);
}

function exactly<M>(body: Uint8Array, sizeBytes: number, message: M): M {
  if (body.length !== sizeBytes) throw new FormatError(`a message has ${body.length} bytes instead of ${sizeBytes}`);
  return message;
}
