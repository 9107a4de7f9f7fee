/**
 * One way of the road between two threads: a ring of bytes in shared memory that holds whole messages, for one writer
 * and one reader. It is not a queue without end: a writer that finds it full is told so and decides itself.
 *
 *     0          4         8         12       64                                         64 + capacity
 *     +----------+---------+---------+--------+------------------------------------------+
 *     | written  | read    | refused | unused | u32 length, u32 left, bytes, pad to 4 |.. |
 *     +----------+---------+---------+--------+------------------------------------------+
 *
 * `written` and `read` count bytes since the start, modulo 2^32. A long message goes through in pieces, so that a ring
 * is smaller than a message can be; `left`: bytes of the message that follow in other pieces. `refused`: the writer has
 * found no room since it was last told of some, which it is when half of the ring is free: to be told of each piece
 * would wake it for nothing, or for one more. Invariant: bytes between
 * `read` and `written` are whole pieces; only the writer moves `written`, only the reader `read`.
 */

import type { Message } from './messages.ts';

const WRITTEN = 0;
const READ = 1;
const REFUSED = 2;
const DATA_AT = 64;
const LENGTHS_BYTES = 8;
const RING_BYTES = 1 << 20;
/** Payload bytes of one piece at most. */
const PIECE_BYTES = 128 << 10;

/** `capacity`: a power of two. */
export function ringMemory(capacity = RING_BYTES): SharedArrayBuffer {
  return new SharedArrayBuffer(DATA_AT + capacity);
}

/** What is put into a ring at once. */
export interface Piece extends Message {
  /** Bytes of the message in the pieces after this one. */
  readonly left: number;
}

/** A message as pieces that each fit in a ring four times over. */
export function pieces({ head, body }: Message, pieceBytes = PIECE_BYTES): Piece[] {
  if (body.length <= pieceBytes) return [{ head, body, left: 0 }];
  const cut: Piece[] = [];
  for (let at = 0; at < body.length; at += pieceBytes) {
    const left = Math.max(0, body.length - at - pieceBytes);
    cut.push({ head: at === 0 ? head : NOTHING, body: body.subarray(at, at + pieceBytes), left });
  }
  return cut;
}

const NOTHING = new Uint8Array(0);
const footprint = (length: number): number => LENGTHS_BYTES + ((length + 3) & ~3);

class RingEnd {
  protected readonly counts: Int32Array;
  protected readonly data: Uint8Array;
  protected readonly lengths: DataView;
  protected readonly capacity: number;

  constructor(memory: SharedArrayBuffer) {
    this.counts = new Int32Array(memory, 0, 3);
    this.data = new Uint8Array(memory, DATA_AT);
    this.lengths = new DataView(memory, DATA_AT);
    this.capacity = this.data.length;
  }

  /** Bytes written and not yet read. */
  get used(): number {
    return (Atomics.load(this.counts, WRITTEN) - Atomics.load(this.counts, READ)) >>> 0;
  }

  /** Offset in `data` of a count. */
  protected at(count: number): number {
    return (count >>> 0) & (this.capacity - 1);
  }
}

export class RingWriter extends RingEnd {
  /** Puts one piece if there is room for it now. The pieces of a message follow each other. */
  tryWrite({ head, body, left }: Piece): boolean {
    const length = head.length + body.length;
    const size = footprint(length);
    if (size > this.capacity) throw new RangeError(`a piece of ${length} bytes in a ring of ${this.capacity}`);
    if (size > this.capacity - this.used) {
      Atomics.store(this.counts, REFUSED, 1);
      // What was read before the reader could see that is to be seen here.
      if (size > this.capacity - this.used) return false;
    }
    const start = Atomics.load(this.counts, WRITTEN);
    this.lengths.setUint32(this.at(start), length, true);
    this.lengths.setUint32(this.at(start + 4), left, true);
    this.#copy(start + LENGTHS_BYTES, head);
    this.#copy(start + LENGTHS_BYTES + head.length, body);
    Atomics.store(this.counts, WRITTEN, (start + size) | 0);
    return true;
  }

  #copy(count: number, bytes: Uint8Array): void {
    const at = this.at(count);
    const first = Math.min(bytes.length, this.capacity - at);
    this.data.set(bytes.subarray(0, first), at);
    if (first < bytes.length) this.data.set(bytes.subarray(first), 0);
  }
}

export class RingReader extends RingEnd {
  /** A message whose last piece has not come, and how far it is filled. */
  #message: Uint8Array | undefined;
  #filled = 0;
  readonly #room: () => void;

  /** `room` is called when the writer was refused and half of the ring is free, also in the middle of a message. */
  constructor(memory: SharedArrayBuffer, room: () => void = () => {}) {
    super(memory);
    this.#room = room;
  }

  /** The oldest whole message, as a copy of its own, or undefined when there is none yet. */
  read(): Uint8Array | undefined {
    while (this.used > 0) {
      const start = Atomics.load(this.counts, READ);
      const length = this.lengths.getUint32(this.at(start), true);
      const left = this.lengths.getUint32(this.at(start + 4), true);
      // Allocated once, whole: messages are up to a disk request long.
      const message = this.#message ?? new Uint8Array(length + left);
      this.#copy(start + LENGTHS_BYTES, message.subarray(this.#filled, this.#filled + length));
      Atomics.store(this.counts, READ, (start + footprint(length)) | 0);
      if (Atomics.load(this.counts, REFUSED) !== 0 && this.used <= this.capacity / 2) {
        Atomics.store(this.counts, REFUSED, 0);
        this.#room();
      }
      this.#message = left === 0 ? undefined : message;
      this.#filled = left === 0 ? 0 : this.#filled + length;
      if (left === 0) return message;
    }
    return undefined;
  }

  #copy(count: number, into: Uint8Array): void {
    const at = this.at(count);
    const first = Math.min(into.length, this.capacity - at);
    into.set(this.data.subarray(at, at + first), 0);
    if (first < into.length) into.set(this.data.subarray(0, into.length - first), first);
  }
}
