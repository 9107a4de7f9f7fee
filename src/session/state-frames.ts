/**
 * What a pair's channel carries when state is transferred and not a log: checkpoint frames whose payloads are these.
 * They are on the wire alone, never in a recording. docs/ft-protocol.md, "Ways of the literature".
 *
 *     pages   first tick 0         u32 how many │ u32 page number, top bit: all zero, each │ 4096 bytes, each not zero
 *     state   first tick: where    a CBOR map; with the pages since the state before it is whole
 *
 * Little endian.
 */

import type { Tick } from '../lib/brands.ts';
import { type CborMap, decode, encode } from '../logformat/cbor.ts';
import { asMap, bytes, list, text, wide } from '../logformat/cbor-get.ts';
import { CHECKPOINT_PAGE_BYTES as PAGE_BYTES, type Past } from '../logformat/checkpoint.ts';
import { FormatError } from '../logformat/errors.ts';
import { type SmallState, stateFromCbor, stateToCbor } from './machine-state.ts';

const ZERO = 0x8000_0000;

/** A page by its number; without bytes it is all zero. */
export interface PageContents {
  readonly page: number;
  readonly bytes: Uint8Array | undefined;
}

/** Console bytes that left between two states, as NumberedOutput counts. */
export interface SaidBytes {
  readonly device: string;
  readonly unit: bigint;
  readonly bytes: Uint8Array;
}

/** All of a machine but RAM, and what else a side needs to go on with it. */
export interface TransferredState {
  readonly machine: SmallState;
  readonly past: Past;
  /** Since the state before. The network loses what it loses; a console must not. */
  readonly said: readonly SaidBytes[];
}

export function encodePageContents(pages: readonly PageContents[]): Uint8Array {
  const whole = pages.filter((page) => page.bytes !== undefined);
  const payload = new Uint8Array(4 + 4 * pages.length + PAGE_BYTES * whole.length);
  const view = new DataView(payload.buffer);
  view.setUint32(0, pages.length, true);
  for (const [i, { page, bytes: contents }] of pages.entries()) {
    view.setUint32(4 + 4 * i, contents === undefined ? (page | ZERO) >>> 0 : page, true);
  }
  for (const [i, page] of whole.entries()) payload.set(page.bytes!, 4 + 4 * pages.length + PAGE_BYTES * i);
  return payload;
}

/** The bytes lie in the payload. FormatError when it is not of pages. */
export function decodePageContents(payload: Uint8Array): PageContents[] {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const count = payload.length < 4 ? Number.NaN : view.getUint32(0, true);
  let at = 4 + 4 * count;
  if (!(at <= payload.length)) throw new FormatError('a frame of pages ends early');
  const pages: PageContents[] = [];
  for (let i = 0; i < count; i++) {
    const word = view.getUint32(4 + 4 * i, true);
    const isZero = word >= ZERO;
    pages.push({ page: word % ZERO, bytes: isZero ? undefined : payload.subarray(at, at + PAGE_BYTES) });
    if (!isZero) at += PAGE_BYTES;
  }
  if (at !== payload.length) throw new FormatError('a frame of pages does not have the length that it states');
  return pages;
}

export function encodeTransferred({ machine, past, said }: TransferredState): Uint8Array {
  return encode({
    machine: stateToCbor(machine),
    units: past.units,
    random: past.randomBytes,
    said: said.map(({ device, unit, bytes: words }) => ({ device, unit, bytes: words })),
  });
}

/** FormatError for any other payload. */
export function decodeTransferred(payload: Uint8Array): TransferredState {
  const map = asMap(decode(payload));
  const units = Object.entries(asMap(map.units)).map(([device, unit]) => [device, wide(unit)] as const);
  return {
    machine: stateFromCbor(asMap(map.machine)),
    past: { units: Object.fromEntries(units), randomBytes: wide(map.random) },
    said: list(map.said).map((value) => saidOf(asMap(value))),
  };
}

function saidOf({ device, unit, bytes: words }: CborMap): SaidBytes {
  return { device: text(device), unit: wide(unit), bytes: bytes(words) };
}

/** Appends a checkpoint frame to what the channel carries. */
export type PutFrame = (at: Tick, payload: Uint8Array) => void;
