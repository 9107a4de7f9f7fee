/**
 * The sending end of an image copy, without its input and output: what is asked, sent and awaited, in which order. A
 * new backup's images are made equal to the own ones while the guest runs on these.
 *
 *     compare ── round 1: digests of all blocks; what differs is sent
 *     rounds  ── what has changed since the round before, until little is left ──> near
 *     finish  ── at the guest's state: changes are held, the last blocks sent, changes go on ──> the backup says: whole
 *
 * Invariant: what is read in the last round is the image at a moment at which no change is under way and none is begun,
 * and what changed before that moment is in `changes` or has been sent since. No image is trusted to be what it was:
 * what is sent is what differs.
 */

import { BlockMap, blocksOf, type Run } from './block-map.ts';
import { DIGEST_BYTES, type MirrorMessage, type SourceMessage } from './mirror-message.ts';

/** A round that leaves more than this share of the one before does not shrink. */
const SHRINKS = 0.7;
const ROUNDS_MAX = 40;

/** Bytes, but for `asked`. */
export interface MirrorLimits {
  /** Of a block, as the maps of changes have it. */
  readonly block: number;
  /** Of 'compare' and 'write'. */
  readonly range: number;
  /** Sent and not yet written there. */
  readonly unwritten: number;
  /** Ranges asked about together. */
  readonly asked: number;
  /** What a round may leave for the last one, which the guest's requests wait for. */
  readonly near: number;
}

/** What the steps wait for. They go on with the bytes of a 'read', and with nothing after the others. */
export type MirrorStep =
  | ({ readonly kind: 'read'; readonly drive: number } & Run)
  /** That something is heard. */
  | { readonly kind: 'heard' }
  /** A moment in which images may change. */
  | { readonly kind: 'rest' }
  /** That no change is under way; `finish` has seen to it that none is begun. */
  | { readonly kind: 'still' };

/** For reports; bytes. */
export interface ImagesProgress {
  readonly compared: number;
  readonly copied: number;
  readonly left: number;
}

export interface MirrorSourceParts {
  readonly open: Extract<SourceMessage, { readonly kind: 'open' }>;
  readonly limits: MirrorLimits;
  /** Of each drive: what changes from now on. */
  readonly changes: readonly BlockMap[];
  /** Of each block, one behind the other, DIGEST_BYTES each. */
  readonly digestsOf: (bytes: Uint8Array) => Uint8Array;
  readonly isZero: (bytes: Uint8Array) => boolean;
  readonly send: (message: SourceMessage) => void;
  /** So little is left that the guest's state may be taken. Once. */
  readonly near: () => void;
  /** The guest changes its disks as fast as they are copied: it is to be slowed. */
  readonly slow: () => void;
  /** The last blocks are read: changes may go on. */
  readonly release: () => void;
}

type Steps<T> = Generator<MirrorStep, T, Uint8Array>;

const NOTHING = new Uint8Array(0);

export class MirrorSource {
  readonly #parts: MirrorSourceParts;
  readonly #answers: MirrorMessage[] = [];
  #unwritten = 0;
  #compared = 0;
  #copied = 0;
  #finishing = false;
  #isNear = false;

  constructor(parts: MirrorSourceParts) {
    this.#parts = parts;
  }

  get progress(): ImagesProgress {
    const total = this.#parts.open.drives.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    return { compared: this.#compared, copied: this.#copied, left: total - this.#compared + this.#left };
  }

  heard(message: MirrorMessage): void {
    if (message.kind === 'written') this.#unwritten -= message.length;
    else this.#answers.push(message);
  }

  /** The guest's state is taken: the images are to be as they are now, and are held until `release`. */
  finish(): void {
    this.#finishing = true;
  }

  /** Throws when the backup refuses, or says what does not belong there. Ends when it has all of it on its storage. */
  *steps(): Steps<void> {
    const { open, limits, send, slow, release } = this.#parts;
    send(open);
    yield* this.#answer('ready');
    for (const [drive, { sizeBytes }] of open.drives.entries()) yield* this.#compare(drive, sizeBytes);
    for (let round = 2, before = Number.POSITIVE_INFINITY; !this.#finishing; round++) {
      const left = this.#left;
      if (left <= limits.near || round > ROUNDS_MAX) yield* this.#comeNear();
      else if (left > before * SHRINKS) slow();
      before = left;
      if (left === 0) yield { kind: 'rest' };
      else yield* this.#round();
    }
    yield { kind: 'still' };
    yield* this.#round();
    release();
    send({ kind: 'complete' });
    yield* this.#answer('completed');
  }

  get #left(): number {
    return this.#parts.changes.reduce((sum, { count }) => sum + count * this.#parts.limits.block, 0);
  }

  /** Round 1: nothing is known of the other image. */
  *#compare(drive: number, sizeBytes: number): Steps<void> {
    const { limits, send } = this.#parts;
    let asked = 0;
    for (let at = 0; at < sizeBytes; at += limits.range) {
      for (; asked < sizeBytes && asked < at + limits.asked * limits.range; asked += limits.range) {
        send({ kind: 'compare', drive, offset: asked, length: Math.min(limits.range, sizeBytes - asked) });
      }
      const range = { offset: at, length: Math.min(limits.range, sizeBytes - at) };
      const { digests } = yield* this.#answer('digests');
      yield* this.#sendDiffering(drive, range, digests);
      this.#compared += range.length;
    }
  }

  *#sendDiffering(drive: number, range: Run, digests: Uint8Array): Steps<void> {
    const { limits, digestsOf } = this.#parts;
    if (digests.length !== Math.ceil(range.length / limits.block) * DIGEST_BYTES)
      throw new Error('digests are missing');
    const bytes = yield { kind: 'read', drive, ...range };
    const own = digestsOf(bytes);
    const differing = new BlockMap(range.length, limits.block);
    for (const block of blocksOf({ offset: 0, length: range.length }, limits.block)) {
      const digest = (block.at / limits.block) * DIGEST_BYTES;
      if (!sameDigest(own, digests, digest)) differing.mark(block.at, block.length);
    }
    for (let part = differing.take(0, range.length); part !== undefined; part = differing.take(0, range.length)) {
      const run = { offset: range.offset + part.offset, length: part.length };
      yield* this.#send(drive, run, bytes.subarray(part.offset, part.offset + part.length));
    }
  }

  /** Once over all that has changed. A block is taken out before it is read: what changes it then puts it back. */
  *#round(): Steps<void> {
    const { changes, limits } = this.#parts;
    for (const [drive, changed] of changes.entries()) {
      for (let run = changed.take(0, limits.range); run !== undefined; ) {
        const bytes = yield { kind: 'read', drive, ...run };
        yield* this.#send(drive, run, bytes);
        run = changed.take(run.offset + run.length, limits.range);
      }
    }
  }

  *#send(drive: number, run: Run, data: Uint8Array): Steps<void> {
    while (this.#unwritten >= this.#parts.limits.unwritten) yield { kind: 'heard' };
    this.#unwritten += run.length;
    this.#copied += run.length;
    this.#parts.send({ kind: 'write', drive, ...run, data: this.#parts.isZero(data) ? NOTHING : data });
  }

  /** Most of it is put on the storage before, so that the guest's outputs need not wait for that. */
  *#comeNear(): Steps<void> {
    if (this.#isNear) return;
    this.#isNear = true;
    this.#parts.send({ kind: 'sync' });
    yield* this.#answer('synced');
    this.#parts.near();
  }

  *#answer<K extends MirrorMessage['kind']>(kind: K): Steps<Extract<MirrorMessage, { readonly kind: K }>> {
    let message = this.#answers.shift();
    for (; message === undefined; message = this.#answers.shift()) yield { kind: 'heard' };
    if (message.kind === 'refused') throw new Error(message.reason);
    if (message.kind !== kind) throw new Error(`'${message.kind}' instead of '${kind}'`);
    return message as Extract<MirrorMessage, { readonly kind: K }>;
  }
}

function sameDigest(a: Uint8Array, b: Uint8Array, at: number): boolean {
  for (let i = at; i < at + DIGEST_BYTES; i++) if (a[i] !== b[i]) return false;
  return true;
}
