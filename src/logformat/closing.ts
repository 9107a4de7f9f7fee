/**
 * The two frames that close a recording: the index, for random access, and the end, with totals. Neither is needed to
 * replay. The end frame is not compressed and its last item is its own offset, so that it is found from the end of the
 * file: the 8 bytes before the CRC item. docs/log-format.md, sections "Index" and "End".
 */

import { type Tick, tick } from '../lib/brands.ts';
import { type CborValue, decode, encode } from './cbor.ts';
import { asMap, bytes, list, small, text, wide } from './cbor-get.ts';
import { FormatError } from './errors.ts';
import { FrameKind, type FrameKindName } from './frame.ts';
import { RECORD_KINDS, type RecordKind } from './records.ts';

export type Counts = { readonly [kind in RecordKind]?: number };

export interface LogEnd {
  /** Steps made in all. */
  readonly ticks: Tick;
  /** Guest time at the end, clock units. */
  readonly time: bigint;
  /** Host time the recording took, nanoseconds. */
  readonly elapsedNs: bigint;
  readonly events: Counts;
  /** Digest of all machine state at the end; undefined when the end was added by a repair. */
  readonly digest: bigint | undefined;
  /** Why the guest stopped; undefined when the operator stopped the recording. */
  readonly halt: { readonly reason: string; readonly code: number } | undefined;
  /** Steps by what made them: translator, interpreter, reference. Left out by those who do not know. */
  readonly engineTicks?: { readonly [engine: string]: bigint } | undefined;
  /** The recorder did not write this end: the recording was cut and has been repaired. */
  readonly repaired: boolean;
}

/** Where a frame is. */
export interface IndexEntry {
  readonly kind: FrameKindName;
  readonly offset: number;
  readonly firstTick: Tick;
}

export function encodeEnd(end: LogEnd, indexOffset: number, ownOffset: number): Uint8Array {
  const totals: CborValue = {
    ticks: end.ticks,
    time: end.time,
    elapsed: end.elapsedNs,
    events: inTableOrder(end.events),
    digest: end.digest === undefined ? null : eight(end.digest),
    halt: end.halt === undefined ? null : { reason: end.halt.reason, code: end.halt.code },
    repaired: end.repaired,
    ...(end.engineTicks === undefined ? {} : { engines: end.engineTicks }),
  };
  return encode([totals, eight(BigInt(indexOffset)), eight(BigInt(ownOffset))]);
}

/** The same counts always give the same bytes. */
const inTableOrder = (counts: Counts): { readonly [kind: string]: number } =>
  Object.fromEntries(RECORD_KINDS.flatMap((kind) => (counts[kind] === undefined ? [] : [[kind, counts[kind]]])));

export function decodeEnd(payload: Uint8Array): { end: LogEnd; indexOffset: number; ownOffset: number } {
  const [totals, indexOffset, ownOffset] = list(decode(payload));
  const map = asMap(totals);
  const halt = map.halt === null ? undefined : asMap(map.halt);
  const events = asMap(map.events);
  const engines = map.engines === undefined ? undefined : Object.entries(asMap(map.engines));
  const end: LogEnd = {
    ticks: tick(wide(map.ticks)),
    time: wide(map.time),
    elapsedNs: wide(map.elapsed),
    events: Object.fromEntries(
      RECORD_KINDS.filter((kind) => events[kind] !== undefined).map((kind) => [kind, small(events[kind])]),
    ),
    digest: map.digest === null ? undefined : wideOf(map.digest),
    halt: halt === undefined ? undefined : { reason: text(halt.reason), code: small(halt.code) },
    repaired: map.repaired === true,
    ...(engines === undefined
      ? {}
      : { engineTicks: Object.fromEntries(engines.map(([name, ticks]) => [name, wide(ticks)])) }),
  };
  return { end, indexOffset: Number(wideOf(indexOffset)), ownOffset: Number(wideOf(ownOffset)) };
}

/**
 * The own offset that the last bytes of a file state, if they are an end frame's; `tail`: its last 13 bytes or more.
 */
export function endOffsetOf(tail: Uint8Array): number | undefined {
  const at = tail.length - 5 - 8 - 1;
  if (at < 0 || tail[at] !== 0x48) return undefined;
  const offset = new DataView(tail.buffer, tail.byteOffset + at + 1, 8).getBigUint64(0);
  return offset <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(offset) : undefined;
}

export function encodeIndex(entries: readonly IndexEntry[]): Uint8Array {
  return encode({
    kinds: Uint8Array.from(entries, ({ kind }) => FrameKind[kind]),
    offsets: entries.map(({ offset }, i) => offset - (entries[i - 1]?.offset ?? 0)),
    ticks: entries.map(({ firstTick }, i) => firstTick - (entries[i - 1]?.firstTick ?? 0n)),
  });
}

export function decodeIndex(payload: Uint8Array): IndexEntry[] {
  const map = asMap(decode(payload));
  const kinds = bytes(map.kinds);
  const offsets = list(map.offsets);
  const ticks = list(map.ticks);
  if (offsets.length !== kinds.length || ticks.length !== kinds.length)
    throw new FormatError('the index has columns of unequal length');
  const names = Object.keys(FrameKind) as FrameKindName[];
  let offset = 0;
  let firstTick = 0n;
  return Array.from(kinds, (number, i) => {
    const kind = names[number];
    if (kind === undefined) throw new FormatError(`the index names frame kind ${number}`);
    offset += small(offsets[i]);
    firstTick += wide(ticks[i]);
    return { kind, offset, firstTick: tick(firstTick) };
  });
}

function eight(value: bigint): Uint8Array {
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigUint64(0, value);
  return out;
}

function wideOf(value: CborValue | undefined): bigint {
  const eightBytes = bytes(value);
  if (eightBytes.length !== 8) throw new FormatError('a 64-bit value is not 8 bytes');
  return new DataView(eightBytes.buffer, eightBytes.byteOffset, 8).getBigUint64(0);
}
