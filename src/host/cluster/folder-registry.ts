/**
 * The registry that is a folder which every host reaches: a shared file system, or one machine's own. Records are in
 * `records`, leases in `leases`. Each call has a deadline; what hangs is waited for by those after it. What others have
 * put there is left out, and told of once.
 */

import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  LEASE_MS,
  type Lease,
  type LeasedText,
  type Registry,
  type RegistryRecord,
  type SwapResult,
} from '../../ft/cluster/registry.ts';
import { ExitCode, UserError } from '../../lib/errors.ts';
import { fileNameOf, wordOf } from '../file-names.ts';
import { inTime } from '../ft/arbiters/deadline.ts';
import { codeOf, reasonOf } from '../os-errors.ts';
import { decodeLease, FolderLease } from './folder-lease.ts';
import { FolderRecords } from './folder-records.ts';
import { LeaseWatch, LOOK_MS, type SeenLease } from './lease-watch.ts';

const SUFFIX = '.lease';
/** Nobody's guest waits for the registry: a storage that is slow is better than none. */
const DEADLINE_MS = 10_000;
/** A lease that was not renewed for so long is removed by who sees it: its owner would make it again. */
const FORGET_MS = 200 * LEASE_MS;

export class FolderRegistry implements Registry {
  readonly #folder: string;
  readonly #leases: string;
  readonly #records: FolderRecords;
  readonly #watch = new LeaseWatch();
  readonly #listeners = new Set<() => void>();
  readonly #own = new Set<FolderLease>();
  readonly #notice: (text: string) => void;
  /** Paths that the operator has been told of. */
  readonly #told = new Set<string>();
  #mark = '';
  #last: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  private constructor(folder: string, notice: (text: string) => void) {
    this.#folder = folder;
    this.#notice = notice;
    this.#leases = join(folder, 'leases');
    this.#records = new FolderRecords(join(folder, 'records'), (path) => this.#skipped(path));
  }

  /** The folder must be there: a share that is not mounted is no registry. UserError. */
  static async open(folder: string, notice: (text: string) => void): Promise<FolderRegistry> {
    try {
      if (!(await inTime(stat(folder), DEADLINE_MS)).isDirectory()) throw new Error('it is no folder');
      for (const name of ['leases', 'records']) await mkdir(join(folder, name), { recursive: true, mode: 0o700 });
    } catch (error) {
      const what = `the registry ${folder} cannot be used: ${reasonOf(error)}`;
      throw new UserError('no-registry', what, 'name a folder that every host reaches', ExitCode.usage, error);
    }
    return new FolderRegistry(folder, notice);
  }

  read(key: string): Promise<RegistryRecord | undefined> {
    return this.#reached(() => this.#records.read(key));
  }

  list(prefix: string): Promise<readonly RegistryRecord[]> {
    return this.#reached(() => this.#records.list(prefix));
  }

  async swap(key: string, revision: number, text: string): Promise<SwapResult> {
    try {
      return await this.#inTurn(() => this.#records.swap(key, revision, text));
    } catch (error) {
      return { kind: 'unknown', reason: `${this.#folder}: ${reasonOf(error)}` };
    }
  }

  async lease(key: string, text: string): Promise<Lease> {
    const lease = await this.#reached(() => FolderLease.take(this.#leasePath(key), text));
    this.#own.add(lease);
    return lease;
  }

  async leases(prefix: string): Promise<readonly LeasedText[]> {
    await this.#look();
    return this.#watch.living.filter(({ key }) => key.startsWith(prefix)).sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  async settled(): Promise<void> {
    await this.#look();
    const open = new Set(this.#watch.living.filter(({ proven }) => !proven).map(({ key }) => key));
    while (!this.#closed && this.#watch.living.some(({ key, proven }) => !proven && open.has(key))) {
      await sleep(LOOK_MS);
      await this.#look();
    }
  }

  watch(changed: () => void): () => void {
    const listener = (): void => changed();
    this.#listeners.add(listener);
    if (this.#timer === undefined) {
      this.#timer = setInterval(() => void this.#look().catch(() => {}), LOOK_MS);
      this.#timer.unref();
    }
    return () => void this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    this.#listeners.clear();
    await Promise.all([...this.#own].map((lease) => lease.end()));
  }

  #look(): Promise<void> {
    return this.#reached(async () => {
      const seen = await this.#seen();
      const told = this.#watch.look(seen, performance.now());
      const mark = await this.#records.mark();
      const changed = told || mark !== this.#mark;
      this.#mark = mark;
      for (const key of this.#watch.silentFor(FORGET_MS)) await rm(this.#leasePath(key), { force: true });
      if (changed) for (const listener of this.#listeners) listener();
    });
  }

  async #seen(): Promise<SeenLease[]> {
    const names = (await readdir(this.#leases)).filter((name) => name.endsWith(SUFFIX));
    const seen = await Promise.all(names.map((name) => this.#seenIn(name)));
    return seen.filter((lease) => lease !== undefined);
  }

  async #seenIn(name: string): Promise<SeenLease | undefined> {
    const path = join(this.#leases, name);
    const key = wordOf(name.slice(0, -SUFFIX.length));
    try {
      const lease = key === undefined ? undefined : decodeLease(await readFile(path, 'utf8'));
      if (key !== undefined && lease !== undefined) {
        return { key, mark: `${lease.owner} ${lease.beat}`, text: lease.text };
      }
    } catch (error) {
      const code = codeOf(error);
      // It has just ended.
      if (code === 'ENOENT') return undefined;
      if (code !== 'EISDIR') throw error;
    }
    this.#skipped(path);
    return undefined;
  }

  #skipped(path: string): void {
    if (!this.#told.has(path)) this.#notice(`${path} is no record or lease of the registry, and is left out`);
    this.#told.add(path);
  }

  #leasePath(key: string): string {
    return join(this.#leases, `${fileNameOf(key)}${SUFFIX}`);
  }

  async #reached<T>(action: () => Promise<T>): Promise<T> {
    try {
      return await this.#inTurn(action);
    } catch (error) {
      const what = `the registry ${this.#folder} cannot be reached: ${reasonOf(error)}`;
      throw new UserError('no-registry', what, 'look whether the folder is there', ExitCode.lost, error);
    }
  }

  /** One after the other: no more than one thread of the system hangs with the storage. */
  async #inTurn<T>(action: () => Promise<T>): Promise<T> {
    let late = false;
    const turn = this.#last.then(() => (late ? Promise.reject(new Error('too late')) : action()));
    this.#last = turn.catch(() => {});
    try {
      return await inTime(turn, DEADLINE_MS);
    } catch (error) {
      late = true;
      throw error;
    }
  }
}
