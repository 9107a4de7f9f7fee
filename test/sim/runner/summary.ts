/**
 * The account of a long run, as a file: which worlds are done, what was found, what happened in them. A run that finds
 * its file goes on behind the last world in it.
 */

import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Cost } from './many.ts';
import { addTo, type Failure, noWorlds, type Tally } from './tally.ts';

interface Account extends Cost {
  readonly from: number;
  /** The first seed that is not done. */
  readonly next: number;
  readonly worlds: number;
  readonly clean: number;
  readonly simulatedSeconds: number;
  readonly failures: readonly Failure[];
  readonly counters: { readonly [what: string]: number };
}

export class Summary {
  readonly #path: string | undefined;
  readonly #from: number;
  readonly #before: Tally & Cost;
  readonly next: number;

  /** Without a path nothing is kept. Throws when the file is of another run. */
  constructor(path: string | undefined, from: number) {
    this.#path = path;
    this.#from = from;
    this.next = from;
    this.#before = { ...noWorlds(), seconds: 0, processorSeconds: 0 };
    if (path === undefined || !existsSync(path)) return;
    const account = JSON.parse(readFileSync(path, 'utf8')) as Account;
    if (account.from !== from) throw new Error(`${path} is of a run from world ${account.from}`);
    this.next = account.next;
    const { failures, counters, ...numbers } = account;
    this.#before = { ...numbers, failures: [...failures], counters: new Map(Object.entries(counters)) };
  }

  /** With what was done before. */
  total(now: Tally & Cost): Tally & Cost {
    const all = noWorlds();
    addTo(all, this.#before);
    addTo(all, now);
    const seconds = this.#before.seconds + now.seconds;
    return { ...all, seconds, processorSeconds: this.#before.processorSeconds + now.processorSeconds };
  }

  /** `now`: of this run, up to `next`. The file is there before or after, never in part. */
  write(now: Tally & Cost, next: number): void {
    if (this.#path === undefined) return;
    const { counters, failures, ...numbers } = this.total(now);
    const clean = numbers.worlds - failures.length;
    const sorted = Object.fromEntries([...counters].sort(([a], [b]) => (a < b ? -1 : 1)));
    const account: Account = { from: this.#from, next, clean, ...numbers, failures, counters: sorted };
    writeFileSync(`${this.#path}.new`, `${JSON.stringify(account, undefined, 2)}\n`);
    renameSync(`${this.#path}.new`, this.#path);
  }
}
