/**
 * A frame: the unit that is written, sent, checked and lost. A file and a channel carry the same bytes; this file knows
 * neither.
 *
 *     86                       array of 6
 *     kind         uint        FrameKind
 *     sequence     uint        0 for the header, then one more each
 *     firstTick    uint        tick from which the contents hold
 *     encoding     uint        of the payload: 0 none, 1 zstd
 *     payload      bstr
 *     44 crc32c    bstr        4 bytes, big endian, over every byte of the frame before this item
 *
 * The header is frame 0 and has tag 55799 (d9 d9 f7) in front of it, covered by its CRC too.
 */

import { putU32, u32 } from '../lib/big-endian.ts';
import { type Tick, tick } from '../lib/brands.ts';
import { bytesHead, unsigned } from './cbor.ts';
import { type Head, Major, readHead } from './cbor-check.ts';
import { crc32c } from './crc32c.ts';
import { FormatError, NewerFormatError } from './errors.ts';

export const FrameKind = { header: 0, events: 1, checkpoint: 2, image: 3, index: 4, end: 5 } as const;
export type FrameKindName = keyof typeof FrameKind;

const KIND_NAMES = Object.keys(FrameKind) as readonly FrameKindName[];

export const SELF_DESCRIBED: Uint8Array = Uint8Array.of(0xd9, 0xd9, 0xf7);
const ARRAY_OF_SIX = 0x86;
const BYTES_OF_FOUR = 0x44;
/** Bytes of the CRC item at the end of a frame. */
export const CRC_ITEM_BYTES = 5;
/** A payload is never longer, neither as stored nor unpacked: a bound on what a reader allocates. */
export const MAX_PAYLOAD_BYTES: number = 64 * 1024 * 1024;

/** Shorter payloads are stored as they are: packing one takes longer than writing its frame, and gains little. */
const PACKED_BYTES = 512;

/** Compression, implemented by the host. */
export interface Codec {
  compress(bytes: Uint8Array): Uint8Array;
  /** Throws when the bytes are damaged or would unpack to more than `maxBytes`. */
  decompress(bytes: Uint8Array, maxBytes: number): Uint8Array;
}

export interface Frame {
  readonly kind: FrameKindName;
  readonly sequence: number;
  readonly firstTick: Tick;
  /** Unpacked. */
  readonly payload: Uint8Array;
}

/** A frame as it is stored: `bytes` is all of it, what a channel or another file may carry on. */
export interface StoredFrame {
  readonly kind: FrameKindName;
  readonly sequence: number;
  readonly firstTick: Tick;
  readonly encoding: 'none' | 'zstd';
  readonly stored: Uint8Array;
  readonly bytes: Uint8Array;
}

/** The frame's bytes; compressed when that is worth while. */
export function encodeFrame(frame: Frame, codec: Codec | undefined): Uint8Array {
  if (frame.payload.length > MAX_PAYLOAD_BYTES)
    throw new RangeError(`a payload of ${frame.payload.length} bytes is too long`);
  const packed = codec === undefined || frame.payload.length < PACKED_BYTES ? undefined : codec.compress(frame.payload);
  const useful = packed !== undefined && packed.length < frame.payload.length;
  return seal(frame, useful ? 1 : 0, useful ? packed : frame.payload);
}

/** The same contents under another sequence number. */
export function renumber(frame: StoredFrame, sequence: number): Uint8Array {
  return frame.sequence === sequence
    ? frame.bytes
    : seal({ ...frame, sequence }, frame.encoding === 'zstd' ? 1 : 0, frame.stored);
}

function seal(frame: Omit<Frame, 'payload'>, encoding: number, payload: Uint8Array): Uint8Array {
  const sequence = unsigned(frame.sequence);
  const firstTick = unsigned(frame.firstTick);
  const head = bytesHead(payload.length);
  const prefixBytes = frame.kind === 'header' ? SELF_DESCRIBED.length : 0;
  const headsBytes = prefixBytes + 3 + sequence.length + firstTick.length + head.length;
  const bytes = new Uint8Array(headsBytes + payload.length + CRC_ITEM_BYTES);
  let at = 0;
  if (prefixBytes > 0) at = put(bytes, at, SELF_DESCRIBED);
  bytes[at++] = ARRAY_OF_SIX;
  bytes[at++] = FrameKind[frame.kind];
  at = put(bytes, at, sequence);
  at = put(bytes, at, firstTick);
  bytes[at++] = encoding;
  at = put(bytes, at, head);
  // The payload is copied once, to its place: it may be large.
  bytes.set(payload, at);
  const crcAt = bytes.length - CRC_ITEM_BYTES;
  bytes[crcAt] = BYTES_OF_FOUR;
  putU32(bytes, crcAt + 1, crc32c(bytes, crcAt));
  return bytes;
}

/** A few bytes, to their place; gives what comes behind them. */
function put(bytes: Uint8Array, at: number, part: Uint8Array): number {
  for (let i = 0; i < part.length; i++) bytes[at + i] = part[i]!;
  return at + part.length;
}

/**
 * Length of the frame that begins at `at`, CRC included, from its first bytes alone; undefined when more bytes are
 * needed to tell (a frame's heads take at most 48). FormatError when no frame begins there.
 */
export function frameLength(bytes: Uint8Array, at: number): number | undefined {
  const heads = readHeads(bytes, at);
  return heads === undefined ? undefined : heads.payloadAt + heads.payloadBytes + CRC_ITEM_BYTES - at;
}

/** Whether a whole frame is a log's last. Looks at nothing but its kind. */
export function isEndFrame(bytes: Uint8Array): boolean {
  return bytes[0] === ARRAY_OF_SIX && bytes[1] === FrameKind.end;
}

/** Whether a whole frame is of a checkpoint and of a tick: pages in front of a log's first checkpoint are of none. */
export function isCheckpointOfTick(bytes: Uint8Array): boolean {
  const heads = readHeads(bytes, 0);
  return heads !== undefined && heads.kind === FrameKind.checkpoint && heads.firstTick > 0n;
}

/** The frame that `bytes` are, whole and with a right CRC; FormatError otherwise. */
export function decodeFrame(bytes: Uint8Array): StoredFrame {
  const heads = readHeads(bytes, 0);
  if (heads === undefined) throw new FormatError('a frame ends early');
  const crcAt = heads.payloadAt + heads.payloadBytes;
  if (bytes.length !== crcAt + CRC_ITEM_BYTES) throw new FormatError('a frame does not have the length it states');
  if (bytes[crcAt] !== BYTES_OF_FOUR || u32(bytes, crcAt + 1) !== crc32c(bytes, crcAt))
    throw new FormatError('a frame has a wrong CRC');
  const kind = KIND_NAMES[heads.kind];
  if (kind === undefined) throw new NewerFormatError(`frame kind ${heads.kind} is not known to this version`);
  if (heads.encoding > 1) throw new NewerFormatError(`payload encoding ${heads.encoding} is not known to this version`);
  if ((kind === 'header') !== heads.tagged) throw new FormatError('a header is not the first item');
  return {
    kind,
    sequence: heads.sequence,
    firstTick: tick(heads.firstTick),
    encoding: heads.encoding === 1 ? 'zstd' : 'none',
    stored: bytes.subarray(heads.payloadAt, crcAt),
    bytes,
  };
}

/** The unpacked payload. FormatError when it does not unpack within bounds. */
export function unpack(frame: StoredFrame, codec: Codec): Uint8Array {
  if (frame.encoding === 'none') return frame.stored;
  try {
    return codec.decompress(frame.stored, MAX_PAYLOAD_BYTES);
  } catch (error) {
    throw new FormatError(`a payload does not unpack: ${(error as Error).message}`);
  }
}

interface Heads {
  readonly tagged: boolean;
  readonly kind: number;
  readonly sequence: number;
  readonly firstTick: bigint;
  readonly encoding: number;
  readonly payloadAt: number;
  readonly payloadBytes: number;
}

function readHeads(bytes: Uint8Array, at: number): Heads | undefined {
  const tagged = bytes[at] === SELF_DESCRIBED[0];
  for (let i = 0; tagged && i < SELF_DESCRIBED.length; i++) {
    if (at + i < bytes.length && bytes[at + i] !== SELF_DESCRIBED[i]) throw new FormatError('no frame begins here');
  }
  const arrayAt = at + (tagged ? SELF_DESCRIBED.length : 0);
  if (arrayAt >= bytes.length) return undefined;
  if (bytes[arrayAt] !== ARRAY_OF_SIX) throw new FormatError('no frame begins here');
  const kind = readItem(bytes, arrayAt + 1, Major.unsigned);
  const sequence = kind && readItem(bytes, kind.next, Major.unsigned);
  const firstTick = sequence && readItem(bytes, sequence.next, Major.unsigned);
  const encoding = firstTick && readItem(bytes, firstTick.next, Major.unsigned);
  const payload = encoding && readItem(bytes, encoding.next, Major.bytes);
  if (payload === undefined) return undefined;
  if (payload.argument > MAX_PAYLOAD_BYTES) throw new FormatError(`a payload of ${payload.argument} bytes is too long`);
  if (kind!.argument > 0xff || encoding!.argument > 0xff || sequence!.argument > 0xffffffff)
    throw new FormatError('a number of a frame is out of range');
  return {
    tagged,
    kind: Number(kind!.argument),
    sequence: Number(sequence!.argument),
    firstTick: BigInt(firstTick!.argument),
    encoding: Number(encoding!.argument),
    payloadAt: payload.next,
    payloadBytes: Number(payload.argument),
  };
}

function readItem(bytes: Uint8Array, at: number, major: number): Head | undefined {
  const head = readHead(bytes, at);
  if (head !== undefined && head.major !== major) throw new FormatError('an item of a frame has the wrong type');
  return head;
}
