/**
 * Messages as bytes. Every message, and every heartbeat, is in one envelope:
 *
 *     u32   length of all that follows
 *     u8    kind (message-body.ts)
 *     ...   body
 *     u32   CRC-32C over everything before it, the length too
 *
 * Numbers are big endian. Damage is told, never read over: a channel that carried it is closed. Who sent the bytes is
 * not this file's matter (the host's: TLS for the channel, HMAC for heartbeats).
 */

import { putU32, u32 } from '../../lib/big-endian.ts';
import { crc32c } from '../../logformat/crc32c.ts';
import { FormatError } from '../../logformat/errors.ts';
import { MAX_PAYLOAD_BYTES } from '../../logformat/frame.ts';
import type { BackupMessage, Heartbeat, Message, PrimaryMessage } from './message.ts';
import {
  decodeBody,
  decodeHeartbeatBody,
  encodeBody,
  encodeHeartbeatBody,
  HEARTBEAT_KIND,
  MessageKind,
} from './message-body.ts';

const LENGTH_BYTES = 4;
const KIND_BYTES = 1;
const CRC_BYTES = 4;
const LEAST_BYTES = LENGTH_BYTES + KIND_BYTES + CRC_BYTES;

/** Longest message, envelope included: the longest frame and what is around it. */
export const MAX_MESSAGE_BYTES: number = MAX_PAYLOAD_BYTES + 1024;

export function encodeMessage(message: Message): Uint8Array {
  return seal(MessageKind[message.kind], ...encodeBody(message));
}

/** The message that `bytes` are, envelope included; FormatError for anything else. */
export function decodeMessage(bytes: Uint8Array): Message {
  const { kind, body } = openEnvelope(bytes);
  return decodeBody(kind, body);
}

export function encodeHeartbeat(heartbeat: Heartbeat): Uint8Array {
  return seal(HEARTBEAT_KIND, ...encodeHeartbeatBody(heartbeat));
}

export function decodeHeartbeat(bytes: Uint8Array): Heartbeat {
  const { kind, body } = openEnvelope(bytes);
  if (kind !== HEARTBEAT_KIND) throw new FormatError(`kind ${kind} is not a heartbeat`);
  return decodeHeartbeatBody(body);
}

/** Which side says such a thing. What the wrong side says closes the channel. */
export const isFromPrimary = (message: Message): message is PrimaryMessage =>
  MessageKind[message.kind] < MessageKind.welcome;
export const isFromBackup = (message: Message): message is BackupMessage => !isFromPrimary(message);

/**
 * Messages out of bytes that come in pieces. Keeps less than one message, at most `maxBytes`, and only bytes that have
 * come. After FormatError nothing more can be made of the connection: every later call throws too.
 */
export class EnvelopeSplitter<M> {
  readonly #decode: (bytes: Uint8Array) => M;
  readonly #maxBytes: number;
  #kept: Uint8Array = new Uint8Array(0);
  #size = 0;
  #broken: FormatError | undefined;

  /** `decode`: of a whole message, envelope included; its bytes are used again. */
  constructor(decode: (bytes: Uint8Array) => M, maxBytes: number) {
    this.#decode = decode;
    this.#maxBytes = maxBytes;
  }

  /** Bytes of a message that has not come whole. */
  get keptBytes(): number {
    return this.#size;
  }

  /** The messages that `piece` completes, in order; those before damage are given before FormatError is thrown. */
  *push(piece: Uint8Array): Generator<M, void> {
    if (this.#broken !== undefined) throw this.#broken;
    try {
      for (let at = 0; at < piece.length; ) {
        if (this.#size === 0) {
          const whole = this.#wholeAt(piece, at);
          if (whole !== undefined) {
            at += whole.length;
            yield this.#decode(whole);
            continue;
          }
        }
        at += this.#take(piece, at);
        const length = this.#lengthAt(this.#kept, 0, this.#size);
        if (length === undefined || this.#size < length) continue;
        const message = this.#decode(this.#kept.subarray(0, length));
        this.#kept = new Uint8Array(0);
        this.#size = 0;
        yield message;
      }
    } catch (error) {
      if (error instanceof FormatError) this.#broken = error;
      throw error;
    }
  }

  /** A message that lies whole in `piece`, and need not be copied together. */
  #wholeAt(piece: Uint8Array, at: number): Uint8Array | undefined {
    const length = this.#lengthAt(piece, at, piece.length - at);
    if (length === undefined || piece.length - at < length) return undefined;
    return part(piece, at, at + length);
  }

  /** Keeps what belongs to the message that has begun, and no more; gives how much that was. */
  #take(piece: Uint8Array, at: number): number {
    const wanted = this.#lengthAt(this.#kept, 0, this.#size) ?? LENGTH_BYTES;
    const taken = Math.min(wanted - this.#size, piece.length - at);
    this.#reserve(this.#size + taken, wanted);
    this.#kept.set(piece.subarray(at, at + taken), this.#size);
    this.#size += taken;
    return taken;
  }

  /** Grows by doubling, never beyond the message: a length alone takes no memory. */
  #reserve(sizeBytes: number, messageBytes: number): void {
    if (sizeBytes <= this.#kept.length) return;
    const grown = new Uint8Array(
      Math.min(Math.max(sizeBytes, this.#kept.length * 2), Math.max(messageBytes, sizeBytes)),
    );
    grown.set(this.#kept.subarray(0, this.#size));
    this.#kept = grown;
  }

  /** Length of the message at `at`, envelope included; undefined when too little of it is here to tell. */
  #lengthAt(bytes: Uint8Array, at: number, sizeBytes: number): number | undefined {
    if (sizeBytes < LENGTH_BYTES) return undefined;
    const length = LENGTH_BYTES + u32(bytes, at);
    if (length < LEAST_BYTES) throw new FormatError(`a message of ${length} bytes is too short`);
    if (length > this.#maxBytes) throw new FormatError(`a message of ${length} bytes is too long`);
    return length;
  }
}

/** Of the logging channel. */
export class MessageSplitter extends EnvelopeSplitter<Message> {
  constructor(maxBytes: number = MAX_MESSAGE_BYTES) {
    super(decodeMessage, maxBytes);
  }
}

/** A body, in parts, in its envelope. */
export function seal(kind: number, ...parts: readonly Uint8Array[]): Uint8Array {
  let length = LEAST_BYTES;
  for (const part of parts) length += part.length;
  const bytes = new Uint8Array(length);
  const crcAt = bytes.length - CRC_BYTES;
  putU32(bytes, 0, bytes.length - LENGTH_BYTES);
  bytes[LENGTH_BYTES] = kind;
  let at = LENGTH_BYTES + KIND_BYTES;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  putU32(bytes, crcAt, crc32c(bytes, crcAt));
  return bytes;
}

/** What is in a whole envelope; FormatError when it is damaged. */
export function openEnvelope(bytes: Uint8Array): { readonly kind: number; readonly body: Uint8Array } {
  if (bytes.length < LEAST_BYTES || u32(bytes, 0) !== bytes.length - LENGTH_BYTES)
    throw new FormatError('a message does not have the length it states');
  const crcAt = bytes.length - CRC_BYTES;
  if (u32(bytes, crcAt) !== crc32c(bytes, crcAt)) throw new FormatError('a message has a wrong CRC');
  return { kind: bytes[LENGTH_BYTES]!, body: part(bytes, LENGTH_BYTES + KIND_BYTES, crcAt) };
}

/** A small array lies in the engine's own heap, and a view would move it out of there: a copy takes less. */
const SMALL_BYTES = 64;

/** What lies between the two; perhaps a view of it. */
function part(bytes: Uint8Array, from: number, to: number): Uint8Array {
  if (from === 0 && to === bytes.length) return bytes;
  return bytes.length <= SMALL_BYTES ? bytes.slice(from, to) : bytes.subarray(from, to);
}
