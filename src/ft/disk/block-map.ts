/**
 * Which blocks of a disk differ, or may differ, between two images: one bit for each. Blocks are taken out in order, in
 * runs, and come back when they change again.
 */

/** Unit in which images are compared and copied. The last block of a disk may be shorter. */
export const BLOCK_BYTES = 16 * 1024;

/** Neighbouring blocks, as bytes of the disk. */
export interface Run {
  readonly offset: number;
  readonly length: number;
}

export class BlockMap {
  readonly #sizeBytes: number;
  readonly #blockBytes: number;
  readonly #bits: Uint8Array;
  readonly #blocks: number;
  #count = 0;

  constructor(sizeBytes: number, blockBytes: number = BLOCK_BYTES) {
    this.#sizeBytes = sizeBytes;
    this.#blockBytes = blockBytes;
    this.#blocks = Math.ceil(sizeBytes / blockBytes);
    this.#bits = new Uint8Array(Math.ceil(this.#blocks / 8));
  }

  /** Marked blocks. */
  get count(): number {
    return this.#count;
  }

  /** Marks every block that the range touches. */
  mark(offset: number, length: number): void {
    if (length === 0) return;
    const last = Math.min(this.#blocks - 1, Math.floor((offset + length - 1) / this.#blockBytes));
    for (let block = Math.floor(offset / this.#blockBytes); block <= last; block++) {
      const bit = 1 << (block & 7);
      if ((this.#bits[block >> 3]! & bit) !== 0) continue;
      this.#bits[block >> 3]! |= bit;
      this.#count++;
    }
  }

  /** Takes out the first run of marked blocks at or behind byte `from`, of at most `maxBytes`; undefined for none. */
  take(from: number, maxBytes: number): Run | undefined {
    let first = Math.ceil(from / this.#blockBytes);
    while (first < this.#blocks && !this.#has(first))
      first += (first & 7) === 0 && this.#bits[first >> 3] === 0 ? 8 : 1;
    if (first >= this.#blocks) return undefined;
    const most = Math.min(this.#blocks, first + Math.max(1, Math.floor(maxBytes / this.#blockBytes)));
    let end = first;
    for (; end < most && this.#has(end); end++) {
      this.#bits[end >> 3]! &= ~(1 << (end & 7));
      this.#count--;
    }
    const offset = first * this.#blockBytes;
    return { offset, length: Math.min(end * this.#blockBytes, this.#sizeBytes) - offset };
  }

  #has(block: number): boolean {
    return (this.#bits[block >> 3]! & (1 << (block & 7))) !== 0;
  }
}

/** A run's blocks, each with where it begins in the run. */
export function* blocksOf(
  { offset, length }: Run,
  blockBytes: number = BLOCK_BYTES,
): Generator<Run & { readonly at: number }, void> {
  for (let at = 0; at < length; at += blockBytes) {
    yield { offset: offset + at, length: Math.min(blockBytes, length - at), at };
  }
}
