/**
 * Checkpoint frames: the machine at one tick, so that a reader need not replay all that was before. A checkpoint is one
 * or more frames in a row with the same first tick: frames of pages, then one of state. Pages are shared: a state names
 * pages by frame (counted among checkpoint frames of the log) and place in it, in whatever earlier frame they are.
 * What the machine's state means is the machine's matter. docs/log-format.md, section "Checkpoint".
 */

import { type Tick, tick } from '../lib/brands.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import { type CborMap, type CborValue, decode, encode } from './cbor.ts';
import { checkItem, Major, readHead } from './cbor-check.ts';
import { asMap, bytes, list, small, text, wide } from './cbor-get.ts';
import { FormatError } from './errors.ts';

export const CHECKPOINT_PAGE_BYTES = 4096;
/** Pages in a frame at most; they are unpacked together. */
export const PAGES_PER_FRAME = 64;
/** A state of more bytes is not written: a reader would refuse it. */
export const MAX_STATE_BYTES: number = 8 * 1024 * 1024;
/** Of RAM, in any one machine: a bound on what a reader allocates. */
const MAX_PAGES = 1 << 20;

/** `count` pages of RAM from number `page` on are those of frame `frame` from place `index` on. */
export interface PageRun {
  readonly page: number;
  readonly count: number;
  readonly frame: number;
  readonly index: number;
}

/** What of a machine's history cannot be seen in its state, and is needed to go on with it. */
export interface Past {
  /** What has left each device since power on: console bytes; packets or requests. */
  readonly units: { readonly [device: string]: bigint };
  /** Random bytes that the guest has been given since power on. */
  readonly randomBytes: bigint;
}

export interface LoggedState {
  /** Records of the events frame before, in the order of the log, that come after the checkpoint. */
  readonly left: number;
  /** Digest of all machine state here. */
  readonly digest: bigint;
  /** What has left and no mark before the checkpoint covers. */
  readonly marks: {
    readonly open: readonly { readonly device: string; readonly bytes: Uint8Array; readonly tick: Tick }[];
    readonly closed: readonly {
      readonly device: string;
      readonly length: number;
      readonly digest: bigint;
      readonly tick: Tick;
    }[];
  };
  /** What the terminal's console has said since its last line feed. */
  readonly line: Uint8Array;
  /** Of the history before, where a recording begins with this checkpoint. */
  readonly past?: Past;
  readonly machine: CborMap;
  /** By page number; pages between are all zero. */
  readonly ram: readonly PageRun[];
}

/** A map of one, whose key is `pages`. */
const PAGES_HEAD: readonly number[] = [0xa1, 0x65, ...new TextEncoder().encode('pages')];

/** `pages`: whole pages, one after the other. */
export const encodePages = (pages: Uint8Array): Uint8Array => encode({ pages });

export function encodeState({ left, digest, marks, line, past, machine, ram }: LoggedState): Uint8Array {
  return encode({
    left,
    digest: eight(digest),
    open: marks.open.map(({ device, bytes: said, tick: at }) => ({ device, bytes: said, tick: at })),
    closed: marks.closed.map((mark) => ({ ...mark, digest: eight(mark.digest) })),
    line,
    ...(past === undefined ? {} : { past: { units: past.units, random: past.randomBytes } }),
    machine,
    ram: encodeRuns(ram),
  });
}

/** The pages of a frame of pages, where they are in the payload. FormatError for any other. */
export function decodePages(payload: Uint8Array): Uint8Array {
  const end = checkItem(payload, 0);
  const head = PAGES_HEAD.every((byte, i) => payload[i] === byte) ? readHead(payload, PAGES_HEAD.length) : undefined;
  if (head?.major !== Major.bytes || end !== payload.length)
    throw new FormatError('a frame of pages holds something else');
  const pages = payload.subarray(head.next);
  if (pages.length % CHECKPOINT_PAGE_BYTES !== 0) throw new FormatError('a page of a checkpoint is not whole');
  return pages;
}

/** The state of a frame of state; FormatError for any other. */
export function decodeState(payload: Uint8Array): LoggedState {
  const map = asMap(decode(payload));
  const open = list(map.open).map((value) => {
    const mark = asMap(value);
    return { device: text(mark.device), bytes: bytes(mark.bytes), tick: tick(wide(mark.tick)) };
  });
  const closed = list(map.closed).map((value) => {
    const mark = asMap(value);
    const { device, length, digest } = mark;
    return { device: text(device), length: small(length), digest: wideOf(digest), tick: tick(wide(mark.tick)) };
  });
  return {
    left: small(map.left),
    digest: wideOf(map.digest),
    marks: { open, closed },
    line: bytes(map.line),
    ...(map.past === undefined ? {} : { past: decodePast(asMap(map.past)) }),
    machine: asMap(map.machine),
    ram: decodeRuns(bytes(map.ram)),
  };
}

function decodePast(map: CborMap): Past {
  const units = Object.entries(asMap(map.units)).map(([device, unit]) => [device, wide(unit)] as const);
  return { units: Object.fromEntries(units), randomBytes: wide(map.random) };
}

/** For each run: pages skipped, count, zigzag distance of its frame from that of the run before, index. */
function encodeRuns(runs: readonly PageRun[]): Uint8Array {
  const out = new ByteWriter();
  let next = 0;
  let last = 0;
  for (const { page, count, frame, index } of runs) {
    out.varint(page - next);
    out.varint(count);
    out.zigzag(BigInt(frame - last));
    out.varint(index);
    next = page + count;
    last = frame;
  }
  return out.take();
}

function decodeRuns(packed: Uint8Array): PageRun[] {
  const input = new ByteReader(packed);
  const runs: PageRun[] = [];
  let next = 0;
  let last = 0;
  while (input.left > 0) {
    const page = next + input.count(MAX_PAGES);
    const count = input.count(PAGES_PER_FRAME);
    const frame = last + Number(BigInt.asIntN(64, input.zigzag()));
    const index = input.count(PAGES_PER_FRAME - count);
    if (count === 0 || frame < 0 || !Number.isSafeInteger(frame) || page + count > MAX_PAGES)
      throw new FormatError('a run of pages that cannot be');
    runs.push({ page, count, frame, index });
    next = page + count;
    last = frame;
  }
  return runs;
}

function eight(value: bigint): Uint8Array {
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigUint64(0, value);
  return out;
}

function wideOf(value: CborValue | undefined): bigint {
  const eightBytes = bytes(value);
  if (eightBytes.length !== 8) throw new FormatError('a digest is not 8 bytes');
  return new DataView(eightBytes.buffer, eightBytes.byteOffset, 8).getBigUint64(0);
}
