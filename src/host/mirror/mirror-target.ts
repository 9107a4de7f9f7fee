/**
 * The receiving end of an image copy: a backup's own images are compared with those of the side that lives, and what
 * differs is written. Until all is there they are marked as not whole.
 *
 *     open ── the marks say 'copying' ──> ready ── compare, write ... ──> complete ── synced, the marks say 'follows'
 */

import { MIRROR_VERSION, type MirrorMessage, type SourceMessage } from '../../ft/disk/mirror-message.ts';
import { FormatError } from '../../logformat/errors.ts';
import { reasonOf } from '../os-errors.ts';
import { digestsOf } from './block-digests.ts';
import { readMark } from './image-mark.ts';
import type { ImageUser, OwnImage } from './own-image.ts';

export interface TargetDrive {
  readonly device: string;
  readonly image: OwnImage;
}

export interface TargetFacts {
  readonly pair: string;
  readonly epoch: number;
  /** This node, and its host. */
  readonly who: string;
  readonly host: string;
  /** Who is followed, and which of its copies. */
  readonly source: string | undefined;
  readonly copy: number | undefined;
}

export interface TargetParts {
  readonly facts: () => TargetFacts;
  /** The own images, once they are open. */
  readonly drives: Promise<readonly TargetDrive[]>;
  readonly send: (message: MirrorMessage) => void;
  /** The images are whole. */
  readonly completed: () => void;
  readonly close: (reason: string) => void;
}

type Open = Extract<SourceMessage, { readonly kind: 'open' }>;

export class MirrorTarget {
  readonly #parts: TargetParts;
  #drives: readonly TargetDrive[] = [];
  #turn: Promise<void> = Promise.resolve();
  #opened = false;
  #over = false;

  constructor(parts: TargetParts) {
    this.#parts = parts;
  }

  /** Messages are done one after the other. */
  take(message: MirrorMessage): void {
    this.#turn = this.#turn.then(async () => {
      if (this.#over) return;
      try {
        await this.#do(message);
      } catch (error) {
        this.#end(reasonOf(error));
      }
    });
  }

  /** Nothing is written any more when this resolves. */
  async stop(): Promise<void> {
    this.#over = true;
    await this.#turn;
  }

  async #do(message: MirrorMessage): Promise<void> {
    if (message.kind === 'open' && !this.#opened) return this.#open(message);
    if (!this.#opened) throw new FormatError(`'${message.kind}' before 'open'`);
    switch (message.kind) {
      case 'compare': {
        const { drive, offset, length } = message;
        const bytes = new Uint8Array(length);
        await this.#image(drive, offset + length).read(offset, bytes);
        this.#parts.send({ kind: 'digests', drive, offset, length, digests: digestsOf(bytes) });
        return;
      }
      case 'write': {
        const { drive, offset, length, data } = message;
        const image = this.#image(drive, offset + length);
        if (data.length !== 0 && data.length !== length) throw new FormatError('a range and its bytes differ');
        if (data.length === 0) await image.zero(offset, length);
        else await image.write(offset, data);
        this.#parts.send({ kind: 'written', length });
        return;
      }
      case 'sync':
        for (const { image } of this.#drives) await image.flush();
        this.#parts.send({ kind: 'synced' });
        return;
      case 'complete':
        await this.#complete();
        return;
      default:
        throw new FormatError(`'${message.kind}' from a source`);
    }
  }

  async #open(open: Open): Promise<void> {
    this.#drives = await this.#parts.drives;
    const reason = this.#objection(open) ?? (await this.#sharedWith(open));
    if (reason !== undefined) {
      this.#parts.send({ kind: 'refused', reason });
      this.#end(reason);
      return;
    }
    for (const { image } of this.#drives) await image.mark('copying', this.#user);
    this.#opened = true;
    this.#parts.send({ kind: 'ready' });
  }

  #objection({ version, pair, epoch, who, host, copy, drives }: Open): string | undefined {
    const facts = this.#parts.facts();
    if (version !== MIRROR_VERSION) return `its mirror version is ${MIRROR_VERSION}, not ${version}`;
    const isFollowed = pair === facts.pair && epoch === facts.epoch && who === facts.source && copy === facts.copy;
    if (!isFollowed) return 'it follows another guest, or another copy of it';
    if (drives.length !== this.#drives.length) return `it has ${this.#drives.length} images of its own`;
    for (const [i, { device, sizeBytes, file }] of drives.entries()) {
      const own = this.#drives[i]!;
      if (own.device !== device || own.image.sizeBytes !== sizeBytes)
        return `its image of ${device} is of another size`;
      if (host === facts.host && file === own.image.file) return sameImage(own.image);
    }
    return undefined;
  }

  /** On a shared folder the mark beside the image is the other side's own. */
  async #sharedWith({ who, epoch }: Open): Promise<string | undefined> {
    for (const { image } of this.#drives) {
      const mark = await readMark(image.path);
      if (mark?.state === 'live' && mark.who === who && mark.epoch === epoch) return sameImage(image);
    }
    return undefined;
  }

  async #complete(): Promise<void> {
    for (const { image } of this.#drives) await image.flush();
    for (const { image } of this.#drives) await image.mark('follows', this.#user);
    this.#over = true;
    this.#parts.completed();
    this.#parts.send({ kind: 'completed' });
  }

  get #user(): ImageUser {
    const { pair, epoch, who } = this.#parts.facts();
    return { pair, epoch, who };
  }

  #image(drive: number, end: number): OwnImage {
    const image = this.#drives[drive]?.image;
    if (image === undefined || end > image.sizeBytes) throw new FormatError('a range that no image has');
    return image;
  }

  #end(reason: string): void {
    this.#over = true;
    this.#parts.close(reason);
  }
}

const sameImage = ({ path }: OwnImage): string =>
  `${path} is the image that the guest uses: name another there with --drive FILE,mode=own`;
