/**
 * The arbiter that is a folder which both hosts reach: a claim is a file `PAIR.EPOCH` with its winner's name in it,
 * made under another name and then linked, which the file system does for one of many (also over NFS, where exclusive
 * creation once was not). A file is never changed or removed.
 *
 * Invariants: the name appears with its content on the storage; 'won' is said only after the folder is synced too. The
 * folder that was there first is the only one that counts: when another one shows in its place (the share is not
 * mounted), nothing is known.
 */

import { randomBytes } from 'node:crypto';
import { link, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Arbiter, ClaimResult, Holding } from '../../../ft/arbiter.ts';
import { syncFolder, writeDurably } from '../../disk/durable-file.ts';
import { codeOf, reasonOf } from '../../os-errors.ts';
import { DEADLINE_MS, inTime } from './deadline.ts';

export class FileArbiter implements Arbiter {
  readonly #folder: string;
  readonly #deadlineMs: number;
  /** A call that hangs is waited for by those after it: not more than one thread of the system hangs with it. */
  #last: Promise<unknown> = Promise.resolve();
  /** Device and inode of the folder. */
  #identity: string | undefined;

  constructor(folder: string, deadlineMs: number = DEADLINE_MS) {
    this.#folder = folder;
    this.#deadlineMs = deadlineMs;
  }

  claim(pair: string, epoch: number, who: string): Promise<ClaimResult> {
    return this.#inTurn(async (): Promise<ClaimResult> => {
      const before = await this.#highest(pair);
      if (before !== undefined && before.epoch > epoch) return { kind: 'lost', holder: before.holder };
      const name = join(this.#folder, fileName(pair, epoch));
      if (before?.epoch !== epoch) await this.#make(name, who);
      const holder = await readFile(name, 'utf8');
      if (holder !== who) return { kind: 'lost', holder };
      await syncFolder(this.#folder);
      const after = await this.#highest(pair);
      return after !== undefined && after.epoch > epoch ? { kind: 'lost', holder: after.holder } : { kind: 'won' };
    });
  }

  read(pair: string): Promise<Holding> {
    return this.#inTurn(async (): Promise<Holding> => {
      const highest = await this.#highest(pair);
      return highest === undefined ? { kind: 'free' } : { kind: 'held', ...highest };
    });
  }

  async close(): Promise<void> {}

  /** Whoever links first has it; for the others this does nothing. */
  async #make(name: string, who: string): Promise<void> {
    const beside = `${name}.${randomBytes(8).toString('hex')}.new`;
    try {
      await writeDurably(beside, Buffer.from(who));
      await link(beside, name);
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    } finally {
      await rm(beside, { force: true });
    }
  }

  async #highest(pair: string): Promise<{ readonly epoch: number; readonly holder: string } | undefined> {
    const { dev, ino } = await stat(this.#folder);
    const identity = `${dev}:${ino}`;
    this.#identity ??= identity;
    if (this.#identity !== identity) throw new Error('another folder is there than before');
    const epochs = (await readdir(this.#folder)).flatMap((name) => epochOf(name, pair) ?? []);
    if (epochs.length === 0) return undefined;
    const epoch = Math.max(...epochs);
    return { epoch, holder: await readFile(join(this.#folder, fileName(pair, epoch)), 'utf8') };
  }

  async #inTurn<T>(action: () => Promise<T>): Promise<T | { readonly kind: 'unknown'; readonly reason: string }> {
    let late = false;
    const turn = this.#last.then(() => (late ? Promise.reject(new Error('too late')) : action()));
    this.#last = turn.catch(() => {});
    try {
      return await inTime(turn, this.#deadlineMs);
    } catch (error) {
      late = true;
      return { kind: 'unknown', reason: `${this.#folder}: ${reasonOf(error)}` };
    }
  }
}

const fileName = (pair: string, epoch: number): string => `${encodeURIComponent(pair)}.${epoch}`;

function epochOf(name: string, pair: string): number | undefined {
  const prefix = `${encodeURIComponent(pair)}.`;
  const digits = name.startsWith(prefix) ? name.slice(prefix.length) : '';
  return /^[1-9]\d{0,15}$/.test(digits) ? Number(digits) : undefined;
}
