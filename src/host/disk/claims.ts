/**
 * The test-and-set flags of a block server, one for each pair and epoch, and the fence that follows from them.
 *
 * Invariants. For a pair and epoch at most one node ever wins, through restarts too: 'won' is said only after the claim
 * is on the storage. From the moment that an epoch is claimed, or a node has come in it, writes of lower epochs of the
 * pair do not begin; those that had begun are finished before the claim is answered.
 */

import { readFile } from 'node:fs/promises';
import { UserError } from '../../lib/errors.ts';
import { codeOf, reasonOf } from '../os-errors.ts';
import { replaceDurably } from './durable-file.ts';

export type Verdict = { readonly kind: 'won' } | { readonly kind: 'lost'; readonly holder: string };

interface Pair {
  /** Highest epoch claimed, 0 for none, and who won it. */
  readonly epoch: number;
  readonly holder: string;
  /** Writes of epochs below it are refused; never below `epoch`. */
  readonly fence: number;
}

interface Active {
  readonly pair: string;
  readonly epoch: number;
  readonly done: Promise<void>;
}

/** Whoever came in a later epoch than was claimed here has won it at another arbiter. */
const holderOf = ({ epoch, holder, fence }: Pair): string => (fence > epoch ? 'a node of another arbiter' : holder);
const NONE: Pair = { epoch: 0, holder: '', fence: 0 };
const VERSION = 1;
/** A stranger cannot fill the storage with pairs. */
const PAIRS_MAX = 4096;

export class Claims {
  readonly #path: string;
  readonly #pairs: Map<string, Pair>;
  readonly #active = new Set<Active>();
  readonly #told: (text: string) => void;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(path: string, pairs: Map<string, Pair>, told: (text: string) => void) {
    this.#path = path;
    this.#pairs = pairs;
    this.#told = told;
  }

  /**
   * Reads what earlier servers kept at `path`. UserError when it cannot be read: nobody may win by its loss. `told` is
   * given a line for each claim that is won.
   */
  static async at(path: string, told: (text: string) => void = ignore): Promise<Claims> {
    try {
      return new Claims(path, parse(await readFile(path, 'utf8')), told);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return new Claims(path, new Map(), told);
      const what = `the claims in ${path} cannot be read: ${reasonOf(error)}`;
      const remedy = 'restore the file, or remove it when no pair uses this server any more';
      throw new UserError('bad-claims', what, remedy, undefined, error);
    }
  }

  /** Rejects when the claim could not be kept: it may hold after a restart of the server. */
  async claim(pair: string, epoch: number, who: string): Promise<Verdict> {
    const verdict = await this.#inTurn(async (): Promise<Verdict> => {
      const now = this.#pairs.get(pair) ?? NONE;
      if (now.fence > epoch) return { kind: 'lost', holder: holderOf(now) };
      if (now.epoch === epoch && now.holder !== who) return { kind: 'lost', holder: now.holder };
      if (now.epoch < epoch) {
        await this.#keep(pair, { epoch, holder: who, fence: epoch });
        this.#told(`pair ${pair}: epoch ${epoch} is that of ${who}`);
      }
      return { kind: 'won' };
    });
    if (verdict.kind === 'won') await this.#settled(pair, epoch);
    return verdict;
  }

  /** The highest epoch claimed, here or elsewhere; undefined when none is. Waits for claims on their way. */
  async read(pair: string): Promise<{ readonly epoch: number; readonly holder: string } | undefined> {
    return this.#inTurn(async () => {
      const now = this.#pairs.get(pair) ?? NONE;
      return now.fence === 0 ? undefined : { epoch: now.fence, holder: holderOf(now) };
    });
  }

  /** A node of the pair comes in this epoch: from here on earlier ones are refused. */
  async enter(pair: string, epoch: number): Promise<void> {
    await this.#inTurn(async () => {
      const now = this.#pairs.get(pair) ?? NONE;
      if (now.fence < epoch) await this.#keep(pair, { ...now, fence: epoch });
    });
    await this.#settled(pair, epoch);
  }

  /** Whether a write of this epoch may begin now. */
  admits(pair: string, epoch: number): boolean {
    return epoch >= (this.#pairs.get(pair) ?? NONE).fence;
  }

  /** A write that was admitted begins, in the same turn of the event loop; `done` settles when it is finished. */
  begun(pair: string, epoch: number, done: Promise<unknown>): void {
    const active: Active = { pair, epoch, done: done.then(ignore, ignore) };
    this.#active.add(active);
    void active.done.then(() => this.#active.delete(active));
  }

  async #keep(pair: string, next: Pair): Promise<void> {
    if (!this.#pairs.has(pair) && this.#pairs.size >= PAIRS_MAX) throw new Error('the server knows too many pairs');
    const pairs = Object.fromEntries(new Map(this.#pairs).set(pair, next));
    await replaceDurably(this.#path, Buffer.from(`${JSON.stringify({ version: VERSION, pairs }, undefined, 2)}\n`));
    // The commit point: nothing of a lower epoch begins from here on.
    this.#pairs.set(pair, next);
  }

  async #settled(pair: string, below: number): Promise<void> {
    const earlier = [...this.#active].filter((active) => active.pair === pair && active.epoch < below);
    await Promise.all(earlier.map((active) => active.done));
  }

  #inTurn<T>(action: () => Promise<T>): Promise<T> {
    const result = this.#last.then(action);
    this.#last = result.catch(ignore);
    return result;
  }
}

const ignore = (): void => {};

function parse(text: string): Map<string, Pair> {
  const parsed: unknown = JSON.parse(text);
  if (!isRecord(parsed) || parsed.version !== VERSION || !isRecord(parsed.pairs)) {
    throw new Error(`it is not a file of version ${VERSION}`);
  }
  return new Map(
    Object.entries(parsed.pairs).map(([name, pair]) => {
      if (!isRecord(pair)) throw new Error(`pair ${name} is damaged`);
      const { epoch, holder, fence } = pair;
      if (!isEpoch(epoch) || !isEpoch(fence) || fence < epoch || typeof holder !== 'string') {
        throw new Error(`pair ${name} is damaged`);
      }
      return [name, { epoch, holder, fence }];
    }),
  );
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isEpoch = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
