/**
 * The sending end of an image copy: makes a new backup's images equal to the own ones while the guest runs on these.
 *
 *     compare ── round 1: digests of all blocks; what differs is sent
 *     rounds  ── what has changed since the round before, until little is left ──> near
 *     finish  ── at the guest's state: changes are held, the last blocks sent, changes go on ──> the backup says: whole
 *
 * Invariant: `finish` holds the images before it returns to its caller, so no change that the guest asks for later gets
 * into the copy; it resolves when the backup has all of it on its storage. No image is trusted to be what it was: what
 * is sent is what differs.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { BLOCK_BYTES, BlockMap, blocksOf, type Run } from '../../ft/disk/block-map.ts';
import { DIGEST_BYTES, MIRROR_VERSION, type MirrorMessage, RANGE_BYTES_MAX } from '../../ft/disk/mirror-message.ts';
import type { PairSettings } from '../../ft/protocol/settings.ts';
import type { Endpoint } from '../ft/endpoint.ts';
import type { PairKey } from '../ft/key.ts';
import { dial } from '../ft/transport.ts';
import { reasonOf } from '../os-errors.ts';
import { digestsOf, isZero } from './block-digests.ts';
import { MirrorStream } from './mirror-stream.ts';
import type { TargetDrive } from './mirror-target.ts';
import { Pace } from './pace.ts';

/** Bytes sent and not yet written there, and ranges asked about, at most. */
const UNWRITTEN_MAX = 8 << 20;
const ASKED_MAX = 4;
/** What a round may leave for the last one, which the guest's requests wait for. */
const NEAR_BYTES = 4 << 20;
/** A round that leaves more than this share of the one before does not shrink. */
const SHRINKS = 0.7;
const ROUNDS_MAX = 40;
const IDLE_MS = 2;

/** For reports; bytes. */
export interface ImagesProgress {
  readonly compared: number;
  readonly copied: number;
  readonly left: number;
}

export interface ImageCopyParts {
  readonly settings: PairSettings;
  readonly endpoint: Endpoint;
  readonly key: PairKey | undefined;
  readonly copy: number;
  readonly drives: readonly TargetDrive[];
}

export interface ImageCopyEars {
  /** So little is left that the guest's state may be taken. Once. */
  near(): void;
  /** The guest changes its disks as fast as they are copied: it is to be slowed. */
  slow(): void;
  /** The backup has all of it. */
  done(): void;
  /** It cannot be done; nothing follows. */
  failed(reason: string): void;
}

export class ImageCopy {
  readonly parts: ImageCopyParts;
  readonly #ears: ImageCopyEars;
  readonly #changes: readonly BlockMap[];
  readonly #pace = new Pace();
  readonly #finish = Promise.withResolvers<void>();
  #stream: MirrorStream | undefined;
  #answers: MirrorMessage[] = [];
  #awaited: PromiseWithResolvers<void> | undefined;
  #unwritten = 0;
  #compared = 0;
  #copied = 0;
  /** Once `finish` was called: resolves when no change is under way. */
  #held: Promise<unknown> | undefined;
  #gone = false;
  #isNear = false;
  #over: string | undefined;

  constructor(parts: ImageCopyParts, ears: ImageCopyEars) {
    this.parts = parts;
    this.#ears = ears;
    this.#changes = parts.drives.map(({ image }) => new BlockMap(image.sizeBytes));
    this.#finish.promise.catch(() => {});
    for (const [i, { image }] of parts.drives.entries()) image.changes = this.#changes[i];
    this.#run().catch((error: unknown) => this.#fail(reasonOf(error)));
  }

  get progress(): ImagesProgress {
    const total = this.parts.drives.reduce((sum, { image }) => sum + image.sizeBytes, 0);
    return { compared: this.#compared, copied: this.#copied, left: total - this.#compared + this.#left };
  }

  /** Takes the images as they are at this moment. Rejects when the backup cannot have them. */
  async finish(): Promise<void> {
    try {
      if (this.#over !== undefined) throw new Error(this.#over);
      this.#held = Promise.all(this.parts.drives.map(({ image }) => image.hold()));
      await this.#finish.promise;
    } finally {
      this.#letGo();
    }
  }

  /** Nothing more is sent, and nothing is told. */
  stop(): void {
    this.#over ??= 'it was given up';
    this.#finish.reject(new Error(this.#over));
    this.#awaited?.resolve();
    this.#letGo();
    this.#stream?.close(this.#over);
  }

  get #left(): number {
    return this.#changes.reduce((sum, { count }) => sum + count * BLOCK_BYTES, 0);
  }

  async #run(): Promise<void> {
    await this.#open();
    for (const [drive, { image }] of this.parts.drives.entries()) await this.#compare(drive, image.sizeBytes);
    for (let round = 2, before = Number.POSITIVE_INFINITY; this.#held === undefined; round++) {
      const left = this.#left;
      if (left <= NEAR_BYTES || round > ROUNDS_MAX) await this.#comeNear();
      else if (left > before * SHRINKS) this.#ears.slow();
      before = left;
      if (left === 0) await sleep(IDLE_MS);
      else await this.#round();
    }
    await this.#held;
    await this.#round();
    this.#letGo();
    this.#stream!.send({ kind: 'complete' });
    await this.#until(() => this.#answer('completed'));
    this.#over = 'the images are equal';
    this.#stream!.close(this.#over);
    this.#finish.resolve();
    this.#ears.done();
  }

  async #open(): Promise<void> {
    const { settings, endpoint, key, copy, drives } = this.parts;
    const socket = await dial(endpoint, key, settings.detectMs);
    this.#stream = new MirrorStream(socket, {
      message: (message) => this.#heard(message),
      closed: (reason) => this.#fail(reason),
    });
    if (this.#over !== undefined) throw new Error(this.#over);
    this.#stream.send({
      kind: 'open',
      version: MIRROR_VERSION,
      pair: settings.pair,
      epoch: settings.epoch,
      who: settings.who,
      host: settings.host,
      copy,
      drives: drives.map(({ device, image: { sizeBytes, file } }) => ({ device, sizeBytes, file })),
    });
    await this.#until(() => this.#answer('ready'));
  }

  /** Round 1: nothing is known of the other image. */
  async #compare(drive: number, sizeBytes: number): Promise<void> {
    let asked = 0;
    for (let at = 0; at < sizeBytes; at += RANGE_BYTES_MAX) {
      for (; asked < sizeBytes && asked < at + ASKED_MAX * RANGE_BYTES_MAX; asked += RANGE_BYTES_MAX) {
        const length = Math.min(RANGE_BYTES_MAX, sizeBytes - asked);
        this.#stream!.send({ kind: 'compare', drive, offset: asked, length });
      }
      const run = { offset: at, length: Math.min(RANGE_BYTES_MAX, sizeBytes - at) };
      const { digests } = await this.#until(() => this.#answer('digests'));
      if (digests.length !== Math.ceil(run.length / BLOCK_BYTES) * DIGEST_BYTES) throw new Error('digests are missing');
      const bytes = await this.#read(drive, run);
      const own = digestsOf(bytes);
      const differing = new BlockMap(run.length);
      for (const block of blocksOf({ offset: 0, length: run.length })) {
        const digest = (block.at / BLOCK_BYTES) * DIGEST_BYTES;
        const [mine, theirs] = [own, digests].map((all) => all.subarray(digest, digest + DIGEST_BYTES));
        if (Buffer.compare(mine!, theirs!) !== 0) differing.mark(block.at, block.length);
      }
      for (let part = differing.take(0, run.length); part !== undefined; part = differing.take(0, run.length)) {
        const offset = run.offset + part.offset;
        await this.#send(
          drive,
          { offset, length: part.length },
          bytes.subarray(part.offset, part.offset + part.length),
        );
      }
      this.#compared += run.length;
    }
  }

  /** Once over all that has changed. */
  async #round(): Promise<void> {
    for (const [drive, changes] of this.#changes.entries()) {
      for (let from = 0; ; ) {
        const run = changes.take(from, RANGE_BYTES_MAX);
        if (run === undefined) break;
        await this.#send(drive, run, await this.#read(drive, run));
        from = run.offset + run.length;
      }
    }
  }

  async #read(drive: number, { offset, length }: Run): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    await this.#pace.spend(length);
    await this.parts.drives[drive]!.image.read(offset, bytes);
    return bytes;
  }

  async #send(drive: number, run: Run, data: Uint8Array): Promise<void> {
    await this.#until(() => (this.#unwritten < UNWRITTEN_MAX ? true : undefined));
    this.#unwritten += run.length;
    this.#copied += run.length;
    this.#stream!.send({ kind: 'write', drive, ...run, data: isZero(data) ? new Uint8Array(0) : data });
  }

  /** Most of it is put on the storage before, so that the guest's outputs need not wait for that. */
  async #comeNear(): Promise<void> {
    if (this.#isNear) return;
    this.#isNear = true;
    this.#stream!.send({ kind: 'sync' });
    await this.#until(() => this.#answer('synced'));
    this.#ears.near();
  }

  #heard(message: MirrorMessage): void {
    if (message.kind === 'written') this.#unwritten -= message.length;
    else this.#answers.push(message);
    this.#awaited?.resolve();
    this.#awaited = undefined;
  }

  #answer<K extends MirrorMessage['kind']>(kind: K): Extract<MirrorMessage, { readonly kind: K }> | undefined {
    const message = this.#answers.shift();
    if (message?.kind === 'refused') throw new Error(message.reason);
    if (message !== undefined && message.kind !== kind) throw new Error(`'${message.kind}' instead of '${kind}'`);
    return message as Extract<MirrorMessage, { readonly kind: K }> | undefined;
  }

  /** What `look` gives as soon as that is something; looked at again with each message. */
  async #until<T>(look: () => T | undefined): Promise<T> {
    for (;;) {
      if (this.#over !== undefined) throw new Error(this.#over);
      const found = look();
      if (found !== undefined) return found;
      this.#awaited = Promise.withResolvers<void>();
      await this.#awaited.promise;
    }
  }

  /** Once: another copy may use the images afterwards. */
  #letGo(): void {
    if (this.#gone) return;
    this.#gone = true;
    for (const { image } of this.parts.drives) {
      image.changes = undefined;
      image.release();
    }
  }

  #fail(reason: string): void {
    if (this.#over !== undefined) return;
    this.#over = reason;
    this.stop();
    this.#ears.failed(reason);
  }
}
