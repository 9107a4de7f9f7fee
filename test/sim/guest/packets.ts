/**
 * What clients and the guest say to each other. A request carries its client and number, so that one that comes twice
 * is done once; a reply carries which of the guest's packets it is, for the monitors. The last byte makes the sum of
 * all a multiple of 256: one turned bit is noticed.
 */

/** Counts a number up in memory; the same, on disk; reads it from disk; gives a random number; powers the guest off. */
export const Op = { add: 1, durable: 2, read: 3, random: 4, powerOff: 5 } as const;
export type Op = (typeof Op)[keyof typeof Op];

export interface Request {
  readonly client: number;
  readonly number: number;
  readonly op: Op;
  readonly key: number;
}

export interface Reply {
  readonly client: number;
  readonly number: number;
  readonly value: number;
  /** The guest's packets, counted from 1. */
  readonly ordinal: number;
}

const REQUEST = 0x51;
const REPLY = 0x52;

export const encodeRequest = ({ client, number, op, key }: Request): Uint8Array =>
  summed(Uint8Array.of(REQUEST, client, number & 0xff, number >> 8, op, key, 0));

export function decodeRequest(bytes: Uint8Array): Request | undefined {
  if (bytes.length !== 7 || bytes[0] !== REQUEST || !isSound(bytes)) return undefined;
  return { client: bytes[1]!, number: bytes[2]! | (bytes[3]! << 8), op: bytes[4] as Op, key: bytes[5]! };
}

export function encodeReply({ client, number, value, ordinal }: Reply): Uint8Array {
  const bytes = new Uint8Array(13);
  bytes[0] = REPLY;
  bytes[1] = client;
  bytes[2] = number;
  bytes[3] = number >> 8;
  putWord(bytes, 4, value);
  putWord(bytes, 8, ordinal);
  return summed(bytes);
}

export function decodeReply(bytes: Uint8Array): Reply | undefined {
  if (bytes.length !== 13 || bytes[0] !== REPLY || !isSound(bytes)) return undefined;
  return { client: bytes[1]!, number: bytes[2]! | (bytes[3]! << 8), value: word(bytes, 4), ordinal: word(bytes, 8) };
}

export function putWord(bytes: Uint8Array, at: number, value: number): void {
  for (let i = 0; i < 4; i++) bytes[at + i] = value >>> (8 * i);
}
export const word = (bytes: Uint8Array, at: number): number =>
  (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;

function sum(bytes: Uint8Array): number {
  let total = 0;
  for (let i = 0; i < bytes.length; i++) total += bytes[i]!;
  return total & 0xff;
}

const isSound = (bytes: Uint8Array): boolean => sum(bytes) === 0;

function summed(bytes: Uint8Array): Uint8Array {
  bytes[bytes.length - 1] = 256 - sum(bytes);
  return bytes;
}
