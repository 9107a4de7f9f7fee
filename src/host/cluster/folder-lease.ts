/**
 * A lease of this process in a shared folder: one small file, replaced as a whole with a counter that goes on. It needs
 * no sync: after a crash of the storage it is written again at once, whatever the crash has left of it.
 *
 * Invariant: it is given up for another owner's name alone. Of two that find a file without one both write theirs, the
 * later stands, and the other reads that before it writes again: one of them goes on, and never none.
 */

import { randomBytes } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { RenewedLease } from './renewed-lease.ts';

/** As it is in the file. */
export interface LeaseFile {
  readonly owner: string;
  readonly beat: number;
  readonly text: string;
}

export class FolderLease extends RenewedLease {
  readonly #path: string;
  readonly #owner = randomBytes(8).toString('hex');
  #beat = 0;

  private constructor(path: string, text: string) {
    super(text);
    this.#path = path;
  }

  /** Rejects with the system's error. */
  static async take(path: string, text: string): Promise<FolderLease> {
    const lease = new FolderLease(path, text);
    await lease.#write();
    lease.keep();
    return lease;
  }

  protected override async renewed(): Promise<void> {
    if (await this.#isOurs()) await this.#write();
    else this.taken();
  }

  protected override async removed(): Promise<void> {
    if (await this.#isOurs()) await rm(this.#path, { force: true });
  }

  async #write(): Promise<void> {
    const file: LeaseFile = { owner: this.#owner, beat: ++this.#beat, text: this.text };
    const beside = `${this.#path}.${this.#owner}.new`;
    await writeFile(beside, JSON.stringify(file), { mode: 0o600 });
    await rename(beside, this.#path);
  }

  /** False: another process has taken the lease since. */
  async #isOurs(): Promise<boolean> {
    // A file that is not there, or cannot be read, is nobody's, as is one that is no lease.
    const file = await readFile(this.#path, 'utf8').then(decodeLease, () => undefined);
    return file === undefined || file.owner === this.#owner;
  }
}

/** Undefined: it is no lease, or what a crash of the storage has left of one. */
export function decodeLease(text: string): LeaseFile | undefined {
  try {
    const { owner, beat, text: said } = JSON.parse(text) as Record<string, unknown>;
    if (typeof owner !== 'string' || typeof beat !== 'number' || typeof said !== 'string') return undefined;
    return { owner, beat, text: said };
  } catch {
    return undefined;
  }
}
