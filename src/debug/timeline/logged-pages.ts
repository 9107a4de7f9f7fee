/**
 * RAM of a recording's checkpoints, read page by page from where it is in the log. Checkpoints name most pages in
 * common: those, and the chunks of tables made of them, are read and made once as long as somebody has them.
 *
 * Invariant: a page is shared by what is named at one place of the log for one page number, so its hash holds for all.
 */

import { CHUNK_PAGES, type Chunk, type Page, PageTable } from '../../emu/machine/page-table.ts';
import { CHECKPOINT_PAGE_BYTES, decodePages, PAGES_PER_FRAME, type PageRun } from '../../logformat/checkpoint.ts';
import { FormatError } from '../../logformat/errors.ts';
import type { History } from './history.ts';

/** Where a page is in the log: frame of checkpoints times PAGES_PER_FRAME plus index; NONE for one that is all zero. */
type Ref = number;
const NONE: Ref = -1;
/** Of a frame that is used in so large a part its own bytes are kept: cheaper than copies of the pages. */
const MOSTLY = 0.75;
/** Chunks remembered at each place. */
const CHUNKS_KEPT = 4;

interface KnownPage {
  /** In RAM. */
  readonly number: number;
  readonly page: Page;
}
interface KnownChunk {
  readonly refs: Float64Array;
  readonly chunk: WeakRef<Chunk>;
}

export class LoggedPages {
  readonly #history: History;
  readonly #ramPages: number;
  readonly #isHeld: (page: Page) => boolean;
  readonly #pages = new Map<Ref, KnownPage>();
  readonly #chunks: KnownChunk[][];
  /** Pages of the last table. */
  #lastPages = 0;
  /** Pages read since some were forgotten. */
  #fresh = 0;

  constructor(history: History, ramPages: number, isHeld: (page: Page) => boolean) {
    this.#history = history;
    this.#ramPages = ramPages;
    this.#isHeld = isHeld;
    this.#chunks = Array.from({ length: Math.ceil(ramPages / CHUNK_PAGES) }, () => []);
  }

  /** FormatError when a frame is damaged or not there; RangeError when it is RAM of another size. */
  table(ram: readonly PageRun[]): PageTable {
    this.#letGo();
    const refs = this.#refsOf(ram);
    const parts = this.#chunks.map((_, at) => refs.subarray(at * CHUNK_PAGES, (at + 1) * CHUNK_PAGES));
    const known = parts.map((part, at) => this.#knownChunk(at, part));
    const missing = parts.flatMap((part, at) => (known[at] === undefined ? this.#missing(part, at) : []));
    // Frame by frame, so that each is unpacked once.
    for (const [frame, wanted] of Map.groupBy(missing, ({ ref }) => Math.floor(ref / PAGES_PER_FRAME)))
      this.#readFrame(frame, wanted);
    return new PageTable(parts.map((part, at) => known[at] ?? this.#makeChunk(at, part)));
  }

  #refsOf(ram: readonly PageRun[]): Float64Array {
    const refs = new Float64Array(this.#chunks.length * CHUNK_PAGES).fill(NONE);
    this.#lastPages = 0;
    for (const { page, count, frame, index } of ram) {
      if (page + count > this.#ramPages) throw new RangeError(`snapshot: page ${page + count - 1}`);
      for (let i = 0; i < count; i++) refs[page + i] = frame * PAGES_PER_FRAME + index + i;
      this.#lastPages += count;
    }
    return refs;
  }

  #knownChunk(at: number, refs: Float64Array): Chunk | undefined {
    for (const known of this.#chunks[at]!) if (same(known.refs, refs)) return known.chunk.deref();
    return undefined;
  }

  /** Pages named by a chunk that have not been read. */
  #missing(refs: Float64Array, at: number): { readonly ref: Ref; readonly number: number }[] {
    const missing: { ref: Ref; number: number }[] = [];
    for (const [i, ref] of refs.entries()) {
      const number = at * CHUNK_PAGES + i;
      if (ref !== NONE && this.#pages.get(ref)?.number !== number) missing.push({ ref, number });
    }
    return missing;
  }

  #makeChunk(at: number, refs: Float64Array): Chunk | undefined {
    if (refs.every((ref) => ref === NONE)) return undefined;
    const chunk = Array.from(refs, (ref, i) => (ref === NONE ? undefined : this.#page(ref, at * CHUNK_PAGES + i)));
    const others = this.#chunks[at]!.filter((known) => known.chunk.deref() !== undefined && !same(known.refs, refs));
    this.#chunks[at] = [{ refs: refs.slice(), chunk: new WeakRef<Chunk>(chunk) }, ...others].slice(0, CHUNKS_KEPT);
    return chunk;
  }

  /** A page that has been read. */
  #page(ref: Ref, number: number): Page {
    const { number: readFor, page } = this.#pages.get(ref)!;
    return readFor === number ? page : { bytes: page.bytes, hash: undefined };
  }

  /** Forgets pages that only this map holds, when there may be as many as one checkpoint has. */
  #letGo(): void {
    if (this.#fresh < this.#lastPages) return;
    for (const [ref, { page }] of this.#pages) if (!this.#isHeld(page)) this.#pages.delete(ref);
    this.#fresh = 0;
  }

  #readFrame(frame: number, wanted: readonly { readonly ref: Ref; readonly number: number }[]): void {
    const offset = this.#history.checkpointFrames[frame];
    if (offset === undefined) throw new FormatError('a checkpoint names a frame of pages that is not there');
    const { reader } = this.#history;
    const pages = decodePages(reader.payloadOf(reader.frameAt(offset)));
    const isAligned = pages.byteOffset % 4 === 0;
    const isShared = isAligned && wanted.length * CHECKPOINT_PAGE_BYTES >= pages.length * MOSTLY;
    const copies = isShared ? undefined : new Uint8Array(wanted.length * CHECKPOINT_PAGE_BYTES);
    for (const [i, { ref, number }] of wanted.entries()) {
      const from = (ref % PAGES_PER_FRAME) * CHECKPOINT_PAGE_BYTES;
      const found = pages.subarray(from, from + CHECKPOINT_PAGE_BYTES);
      if (found.length < CHECKPOINT_PAGE_BYTES) throw new FormatError('a checkpoint names a page that is not there');
      copies?.set(found, i * CHECKPOINT_PAGE_BYTES);
      const bytes = copies?.subarray(i * CHECKPOINT_PAGE_BYTES, (i + 1) * CHECKPOINT_PAGE_BYTES) ?? found;
      this.#pages.set(ref, { number, page: { bytes, hash: undefined } });
    }
    this.#fresh += wanted.length;
  }
}

function same(a: Float64Array, b: Float64Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return a.length === b.length;
}
