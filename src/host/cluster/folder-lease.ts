/**
 * A lease of this process in a shared folder: one small file, replaced as a whole with a counter that goes on. It needs
 * no sync: after a crash of the storage it is written again at once.
 */

import { randomBytes } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { LEASE_MS, type Lease } from '../../ft/cluster/registry.ts';
import { codeOf } from '../os-errors.ts';

const RENEW_MS = LEASE_MS / 4;

/** As it is in the file. */
export interface LeaseFile {
  readonly owner: string;
  readonly beat: number;
  readonly text: string;
}

export class FolderLease implements Lease {
  readonly #path: string;
  readonly #owner = randomBytes(8).toString('hex');
  #text: string;
  #beat = 0;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #ended = false;

  private constructor(path: string, text: string) {
    this.#path = path;
    this.#text = text;
  }

  /** Rejects with the system's error. */
  static async take(path: string, text: string): Promise<FolderLease> {
    const lease = new FolderLease(path, text);
    await lease.#write();
    lease.#timer = setInterval(() => lease.#renew(), RENEW_MS);
    lease.#timer.unref();
    return lease;
  }

  set(text: string): void {
    if (text === this.#text) return;
    this.#text = text;
    this.#renew();
  }

  async end(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    clearInterval(this.#timer);
    await this.#writing;
    if (await this.#isOurs()) await rm(this.#path, { force: true }).catch(() => {});
  }

  /** What fails now is done by the next renewal. */
  #renew(): void {
    this.#writing = this.#writing.then(async () => {
      if (this.#ended) return;
      if (await this.#isOurs()) await this.#write().catch(() => {});
      else clearInterval(this.#timer);
    });
  }

  async #write(): Promise<void> {
    const file: LeaseFile = { owner: this.#owner, beat: ++this.#beat, text: this.#text };
    const beside = `${this.#path}.${this.#owner}.new`;
    await writeFile(beside, JSON.stringify(file), { mode: 0o600 });
    await rename(beside, this.#path);
  }

  /** False: another process has taken the lease since. A file that is not there, or cannot be read, is nobody's. */
  async #isOurs(): Promise<boolean> {
    try {
      const { owner } = JSON.parse(await readFile(this.#path, 'utf8')) as LeaseFile;
      return owner === this.#owner;
    } catch (error) {
      return codeOf(error) !== undefined;
    }
  }
}
