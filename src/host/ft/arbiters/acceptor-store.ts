/**
 * What an acceptor has promised and accepted, a file for each pair in its folder.
 *
 * Invariants: a reply is given only after the state behind it is on the storage. A file that cannot be read is not
 * taken for an absent one: the acceptor says nothing about that pair. A pair is decided by one set of members for good:
 * two sides that name different ones do not get two majorities.
 */

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type AcceptorState, answerBallot } from '../../../ft/ballot/acceptor.ts';
import { replaceDurably } from '../../disk/durable-file.ts';
import { codeOf, reasonOf } from '../../os-errors.ts';
import { decodeKept, encodeKept, type Kept } from './acceptor-file.ts';
import type { Asked, Told } from './ballot-wire.ts';

/** A stranger cannot fill the storage with pairs. */
const PAIRS_MAX = 4096;

export class AcceptorStore {
  readonly #folder: string;
  readonly #pairs = new Map<string, Kept>();
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  /** `folder`: is there, and is used by nobody else. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** In turn; never rejects. `told`: a line for the operator when something new is accepted. */
  answer(asked: Asked, told: (text: string) => void): Promise<Told> {
    if (this.#closed) return Promise.resolve({ kind: 'declined', reason: 'it has ended' });
    const turn = this.#last.then(() => this.#answer(asked, told));
    this.#last = turn.catch(() => {});
    return turn.catch((error: unknown): Told => ({ kind: 'declined', reason: reasonOf(error) }));
  }

  /** Answers nothing more. Resolves when nothing uses the folder. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#last;
  }

  async #answer({ members, pair, request }: Asked, told: (text: string) => void): Promise<Told> {
    const kept = await this.#read(pair);
    if (kept !== undefined && kept.members !== members) {
      throw new Error(`the pair ${pair} is decided by ${kept.members}, not by ${members}`);
    }
    const before: AcceptorState = kept?.state ?? {};
    const { state, reply } = answerBallot(before, request);
    if (state !== before) {
      const next = { pair, members, state };
      await replaceDurably(this.#path(pair), encodeKept(next));
      // The commit point: from here on the reply is true.
      this.#pairs.set(pair, next);
    }
    if (reply.kind === 'accepted' && state.accepted?.held.epoch !== before.accepted?.held.epoch) {
      const { epoch, holder } = state.accepted!.held;
      told(`pair ${pair}: epoch ${epoch} for ${holder}, as far as this host decides`);
    }
    return reply;
  }

  async #read(pair: string): Promise<Kept | undefined> {
    const known = this.#pairs.get(pair);
    if (known !== undefined) return known;
    const path = this.#path(pair);
    try {
      const kept = decodeKept(await readFile(path));
      if (kept.pair !== pair) throw new Error('it is the file of another pair');
      this.#pairs.set(pair, kept);
      return kept;
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw new Error(`${path} cannot be used: ${reasonOf(error)}`, { cause: error });
    }
    if ((await readdir(this.#folder)).length >= PAIRS_MAX) throw new Error('too many pairs');
    return undefined;
  }

  #path(pair: string): string {
    return join(this.#folder, `${encodeURIComponent(pair)}.json`);
  }
}
