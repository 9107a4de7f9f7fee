/**
 * How the copy of a running guest to its new backup goes: what is told of it, and the share of the processor that the
 * guest keeps meanwhile.
 */

import type { ImagesProgress } from '../../ft/disk/mirror-source.ts';
import type { CopyProgress } from '../../session/guest-copy.ts';

/** A guest that changes its memory faster than it is copied gets this much less with each round, down to the least. */
const SLOWER = 0.7;
const SHARE_LEAST = 0.05;

/** For reports. */
export interface CopyStatus extends CopyProgress {
  readonly to: string;
  /** Since the copy began, until the backup had the guest; milliseconds. */
  readonly tookMs: number | undefined;
  /** How long the guest had no backup before that; undefined while it has none. */
  readonly unprotectedMs: number | undefined;
  /** Of the images that went with it. */
  readonly images?: ImagesProgress;
}

export interface CopyCourseHost {
  /** Of the processor, that the guest is given; from 0 to 1. */
  share(share: number): void;
  notice(text: string): void;
}

export class CopyCourse {
  readonly #host: CopyCourseHost;
  #share = 1;
  #aloneAt = 0;
  #begunAt = 0;
  #status: CopyStatus | undefined;

  constructor(host: CopyCourseHost) {
    this.#host = host;
  }

  /** Of the last copy; undefined: there was none. */
  get status(): CopyStatus | undefined {
    return this.#status;
  }

  /** The guest has no backup from now on. */
  alone(): void {
    this.#aloneAt = performance.now();
  }

  begin(to: string): void {
    this.#begunAt = performance.now();
    const nothing = { round: 0, pages: 0, left: 0, bytes: 0, pausedNs: undefined, slow: false };
    this.#status = { to, ...nothing, tookMs: undefined, unprotectedMs: undefined };
  }

  /** Of the copy that was begun last. */
  progress(progress: CopyProgress): void {
    const { to = '' } = this.#status ?? {};
    const done = progress.pausedNs !== undefined;
    const tookMs = done ? performance.now() - this.#begunAt : undefined;
    const unprotectedMs = done ? performance.now() - this.#aloneAt : undefined;
    this.#status = { ...progress, to, tookMs, unprotectedMs };
    if (progress.slow) this.slower('memory');
    if (!done) return;
    this.over();
    const { pages, round, bytes, pausedNs = 0 } = progress;
    const size = `${pages} pages in ${round} rounds, ${(bytes / 2 ** 20).toFixed(1)} MiB`;
    const times = `${tookMs?.toFixed(0)} ms, the guest stood still for ${(pausedNs / 1e6).toFixed(1)} ms`;
    this.#host.notice(`the guest is copied to ${to}: ${size}, ${times}`);
  }

  /** The guest is slowed, as what it changes (`what`) is not copied as fast. */
  slower(what: string): void {
    if (this.#share === 1) this.#host.notice(`the guest changes its ${what} faster than it is copied: it is slowed`);
    this.#setShare(Math.max(SHARE_LEAST, this.#share * SLOWER));
  }

  /** Nothing is copied any more, and the guest has its whole share. */
  over(): void {
    this.#setShare(1);
  }

  #setShare(share: number): void {
    if (share === this.#share) return;
    this.#share = share;
    this.#host.share(share);
  }
}
