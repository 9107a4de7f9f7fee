/**
 * The sending end of an image copy, with its connection and its images: takes the steps of MirrorSource.
 *
 * Invariant: `finish` holds the images before it returns to its caller, so no change that the guest asks for later gets
 * into the copy; it resolves when the backup has all of it on its storage.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { BLOCK_BYTES, BlockMap } from '../../ft/disk/block-map.ts';
import { MIRROR_VERSION, RANGE_BYTES_MAX, type SourceMessage } from '../../ft/disk/mirror-message.ts';
import { type ImagesProgress, MirrorSource, type MirrorStep } from '../../ft/disk/mirror-source.ts';
import type { PairSettings } from '../../ft/protocol/settings.ts';
import { inTime } from '../ft/arbiters/deadline.ts';
import type { Endpoint } from '../ft/endpoint.ts';
import type { PairKey } from '../ft/key.ts';
import { dial } from '../ft/transport.ts';
import { reasonOf } from '../os-errors.ts';
import { digestsOf, isZero } from './block-digests.ts';
import { MirrorStream } from './mirror-stream.ts';
import type { TargetDrive } from './mirror-target.ts';
import { Pace } from './pace.ts';

const LIMITS = { block: BLOCK_BYTES, range: RANGE_BYTES_MAX, unwritten: 8 << 20, asked: 4, near: 4 << 20 };
const IDLE_MS = 2;
/** A connection over which no answer comes for this long is broken, whatever the network says. */
const SILENCE_MS = 60_000;
const NOTHING = new Uint8Array(0);

export interface ImageCopyParts {
  readonly settings: PairSettings;
  readonly endpoint: Endpoint;
  readonly key: PairKey | undefined;
  readonly copy: number;
  readonly drives: readonly TargetDrive[];
  /** How long an answer may take; a minute when left out. */
  readonly silenceMs?: number;
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
  readonly #source: MirrorSource;
  readonly #pace = new Pace();
  readonly #finish = Promise.withResolvers<void>();
  #stream: MirrorStream | undefined;
  #awaited: PromiseWithResolvers<void> | undefined;
  /** Once `finish` was called: resolves when no change is under way. */
  #held: Promise<unknown> | undefined;
  #gone = false;
  #over: string | undefined;

  constructor(parts: ImageCopyParts, ears: ImageCopyEars) {
    this.parts = parts;
    this.#ears = ears;
    const changes = parts.drives.map(({ image }) => new BlockMap(image.sizeBytes));
    this.#source = new MirrorSource({
      open: openOf(parts),
      limits: LIMITS,
      changes,
      digestsOf,
      isZero,
      send: (message) => this.#stream!.send(message),
      near: () => ears.near(),
      slow: () => ears.slow(),
      release: () => this.#letGo(),
    });
    this.#finish.promise.catch(() => {});
    for (const [i, { image }] of parts.drives.entries()) image.changes = changes[i];
    this.#run().catch((error: unknown) => this.#fail(reasonOf(error)));
  }

  get progress(): ImagesProgress {
    return this.#source.progress;
  }

  /** Takes the images as they are at this moment. Rejects when the backup cannot have them. */
  async finish(): Promise<void> {
    try {
      if (this.#over !== undefined) throw new Error(this.#over);
      this.#held = Promise.all(this.parts.drives.map(({ image }) => image.hold()));
      this.#source.finish();
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

  async #run(): Promise<void> {
    await this.#open();
    const steps = this.#source.steps();
    for (let step = steps.next(); step.done !== true; ) {
      const bytes = await this.#take(step.value);
      if (this.#over !== undefined) throw new Error(this.#over);
      step = steps.next(bytes);
    }
    this.#over = 'the images are equal';
    this.#stream!.close(this.#over);
    this.#finish.resolve();
    this.#ears.done();
  }

  async #take(step: MirrorStep): Promise<Uint8Array> {
    switch (step.kind) {
      case 'read': {
        const bytes = new Uint8Array(step.length);
        await this.#pace.spend(step.length);
        await this.parts.drives[step.drive]!.image.read(step.offset, bytes);
        return bytes;
      }
      case 'heard':
        this.#awaited = Promise.withResolvers<void>();
        await inTime(this.#awaited.promise, this.parts.silenceMs ?? SILENCE_MS);
        return NOTHING;
      case 'rest':
        await sleep(IDLE_MS);
        return NOTHING;
      default:
        await this.#held;
        return NOTHING;
    }
  }

  async #open(): Promise<void> {
    const { settings, endpoint, key } = this.parts;
    const socket = await dial(endpoint, key, settings.detectMs);
    this.#stream = new MirrorStream(socket, {
      message: (message) => {
        this.#source.heard(message);
        this.#awaited?.resolve();
      },
      closed: (reason) => this.#fail(reason),
    });
    if (this.#over !== undefined) throw new Error(this.#over);
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

const openOf = ({ settings, copy, drives }: ImageCopyParts): Extract<SourceMessage, { kind: 'open' }> => ({
  kind: 'open',
  version: MIRROR_VERSION,
  pair: settings.pair,
  epoch: settings.epoch,
  who: settings.who,
  host: settings.host,
  copy,
  drives: drives.map(({ device, image: { sizeBytes, file } }) => ({ device, sizeBytes, file })),
});
