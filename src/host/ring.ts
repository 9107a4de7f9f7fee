/**
 * One way of the road between two threads: a ring of bytes in shared memory that holds whole messages, for one writer
 * and one reader. It is not a queue without end: a writer that finds it full is told so and decides itself.
 *
 *     0          4         8        64                                         64 + capacity
 *     +----------+---------+--------+------------------------------------------+
 *     | written  | read    | unused | u32 more<<31|length, bytes, pad to 4 |... |
 *     +----------+---------+--------+------------------------------------------+
 *
 * `written` and `read` count bytes since the start, modulo 2^32. A long message (`more`: the next piece belongs to it)
 * goes through in pieces, so that a ring is smaller than a message can be. Invariant: bytes between `read` and
 * `written` are whole pieces; only the writer moves `written`, only the reader `read`.
 */

import type { Message } from './messages.ts';

const WRITTEN = 0;
const READ = 1;
const DATA_AT = 64;
const LENGTH_BYTES = 4;
const MORE = 2 ** 31;
const RING_BYTES = 4 << 20;
/** Payload bytes of one piece at most. */
const PIECE_BYTES = 256 << 10;

/** `capacity`: a power of two. */
export function ringMemory(capacity = RING_BYTES): SharedArrayBuffer {
  return new SharedArrayBuffer(DATA_AT + capacity);
}

/** What is put into a ring at once. */
export interface Piece extends Message {
  readonly more: boolean;
}

/** A message as pieces that each fit in a ring four times over. */
export function pieces({ head, body }: Message, pieceBytes = PIECE_BYTES): Piece[] {
  if (body.length <= pieceBytes) return [{ head, body, more: false }];
  const cut: Piece[] = [];
  for (let at = 0; at < body.length; at += pieceBytes) {
    const more = at + pieceBytes < body.length;
    cut.push({ head: at === 0 ? head : NOTHING, body: body.subarray(at, at + pieceBytes), more });
  }
  return cut;
}

const NOTHING = new Uint8Array(0);
const footprint = (length: number): number => LENGTH_BYTES + ((length + 3) & ~3);

class RingEnd {
  protected readonly counts: Int32Array;
  protected readonly data: Uint8Array;
  protected readonly lengths: DataView;
  protected readonly capacity: number;

  constructor(memory: SharedArrayBuffer) {
    this.counts = new Int32Array(memory, 0, 2);
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
  tryWrite({ head, body, more }: Piece): boolean {
    const length = head.length + body.length;
    const size = footprint(length);
    if (size > this.capacity) throw new RangeError(`a piece of ${length} bytes in a ring of ${this.capacity}`);
    if (size > this.capacity - this.used) return false;
    const start = Atomics.load(this.counts, WRITTEN);
    this.lengths.setUint32(this.at(start), more ? length + MORE : length, true);
    this.#copy(start + LENGTH_BYTES, head);
    this.#copy(start + LENGTH_BYTES + head.length, body);
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
  /** Pieces of a message whose last one has not come. */
  #parts: Uint8Array[] = [];

  /** The oldest whole message, as a copy of its own, or undefined when there is none yet. */
  read(): Uint8Array | undefined {
    while (this.used > 0) {
      const start = Atomics.load(this.counts, READ);
      const word = this.lengths.getUint32(this.at(start), true);
      const piece = this.#copy(start + LENGTH_BYTES, word % MORE);
      Atomics.store(this.counts, READ, (start + footprint(piece.length)) | 0);
      if (word < MORE) return this.#whole(piece);
      this.#parts.push(piece);
    }
    return undefined;
  }

  #copy(count: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    const at = this.at(count);
    const first = Math.min(length, this.capacity - at);
    bytes.set(this.data.subarray(at, at + first), 0);
    if (first < length) bytes.set(this.data.subarray(0, length - first), first);
    return bytes;
  }

  #whole(last: Uint8Array): Uint8Array {
    if (this.#parts.length === 0) return last;
    const parts = [...this.#parts, last];
    this.#parts = [];
    const message = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      message.set(part, at);
      at += part.length;
    }
    return message;
  }
}
