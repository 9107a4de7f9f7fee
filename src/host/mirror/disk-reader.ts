/**
 * Reads disks for a guest that is replayed. A read that fails is done again, until it succeeds or nobody wants it any
 * more: the primary's succeeded. After Scales and others (2010), section 4.2.
 */

import type { DiskOperation } from '../../emu/machine/events.ts';
import type { DriveFile } from '../ports/drive-file.ts';

/** Between two attempts. */
const AGAIN_MS = 50;
const LOOK_MS = 1000;

export interface DiskReaderEars {
  /** What was read for the guest's request. */
  read(device: string, request: number, data: Uint8Array): void;
  /** A read has failed, or given other bytes than the primary's, and is done again. */
  again(device: string, error: unknown): void;
  /** The oldest read has not succeeded for so long. Told about once a second. */
  late(device: string, ms: number): void;
}

/** For reports. */
export interface ReadCounts {
  readonly reads: number;
  readonly bytes: number;
  /** Attempts beyond the first. */
  readonly again: number;
}

interface UnderWay {
  readonly device: string;
  readonly sinceMs: number;
}

export class DiskReader {
  readonly #ears: DiskReaderEars;
  readonly #underWay = new Set<UnderWay>();
  #counts: ReadCounts = { reads: 0, bytes: 0, again: 0 };
  #dropped = false;
  #looking: NodeJS.Timeout | undefined;

  constructor(ears: DiskReaderEars) {
    this.#ears = ears;
  }

  get counts(): ReadCounts {
    return this.#counts;
  }

  /** Resolves when it is done, or dropped. */
  async read(drive: DriveFile, request: number, operation: DiskOperation): Promise<void> {
    const { device } = drive;
    const read = { device, sinceMs: performance.now() };
    this.#underWay.add(read);
    this.#looking ??= setInterval(() => this.#look(), LOOK_MS).unref();
    while (!this.#dropped) {
      try {
        const data = await drive.carryOut(operation);
        const { reads, bytes } = this.#counts;
        this.#counts = { ...this.#counts, reads: reads + 1, bytes: bytes + data.length };
        if (!this.#dropped) this.#ears.read(device, request, data);
        break;
      } catch (error) {
        await this.pause(device, error);
      }
    }
    this.#underWay.delete(read);
  }

  /** `error`: what is wrong with what was read. Resolves when it may be tried again. */
  async pause(device: string, error: unknown): Promise<void> {
    if (this.#dropped) return;
    this.#counts = { ...this.#counts, again: this.#counts.again + 1 };
    this.#ears.again(device, error);
    await new Promise((done) => setTimeout(done, AGAIN_MS));
  }

  /** Nobody wants what is under way, nor anything else. */
  drop(): void {
    this.#dropped = true;
    clearInterval(this.#looking);
  }

  #look(): void {
    const [oldest] = this.#underWay;
    if (oldest !== undefined) this.#ears.late(oldest.device, performance.now() - oldest.sinceMs);
  }
}
