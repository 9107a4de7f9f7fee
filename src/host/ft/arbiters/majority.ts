/**
 * The arbiter that is a majority of hosts, each with an acceptor of its own: whoever reaches more than half of them can
 * have an epoch, and the side that is cut off with the minority cannot. Nothing is shared but the network.
 *
 * Invariants are those of src/ft/ballot. A ballot is refused when another claimer has a higher one; then this one waits
 * for a moment, at random and longer each time, and tries above it.
 */

import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Arbiter, ClaimResult, Holding } from '../../../ft/arbiter.ts';
import type { Held } from '../../../ft/ballot/acceptor.ts';
import { claimOf, readOnly, verdictOf } from '../../../ft/ballot/claim.ts';
import { type BallotOutcome, type Change, Proposal } from '../../../ft/ballot/proposal.ts';
import { reasonOf } from '../../os-errors.ts';
import type { Endpoint } from '../endpoint.ts';
import type { PairKey } from '../key.ts';
import { askAcceptor } from './acceptor-call.ts';
import { DEADLINE_MS, inTime } from './deadline.ts';

export interface Member {
  /** The same on every host. */
  readonly name: string;
  /** Where this host reaches it. */
  readonly endpoint: Endpoint;
}

/** The longest wait between attempts, as a multiple of how long one takes. */
const SPREAD_MAX = 16;

export class MajorityArbiter implements Arbiter {
  readonly #members: readonly Member[];
  readonly #names: string;
  readonly #key: PairKey | undefined;
  readonly #deadlineMs: number;
  readonly #closed = new AbortController();
  /** A name that nobody has used before, so that no ballot is used twice. */
  readonly #proposer = randomBytes(12).toString('hex');
  #round = 0;

  constructor(members: readonly Member[], key?: PairKey, deadlineMs: number = DEADLINE_MS) {
    this.#members = members;
    this.#names = members
      .map(({ name }) => name)
      .sort()
      .join();
    this.#key = key;
    this.#deadlineMs = deadlineMs;
  }

  async claim(pair: string, epoch: number, who: string): Promise<ClaimResult> {
    const result = await this.#decide(pair, claimOf(epoch, who));
    if (result.kind === 'unknown') return result;
    return result.held === undefined
      ? { kind: 'unknown', reason: 'the hosts contradict themselves' }
      : verdictOf(result.held, epoch, who);
  }

  async read(pair: string): Promise<Holding> {
    const result = await this.#decide(pair, readOnly);
    if (result.kind === 'unknown') return result;
    return result.held === undefined ? { kind: 'free' } : { kind: 'held', ...result.held };
  }

  async close(): Promise<void> {
    this.#closed.abort();
  }

  async #decide(
    pair: string,
    change: Change,
  ): Promise<
    { readonly kind: 'chosen'; readonly held: Held | undefined } | { readonly kind: 'unknown'; readonly reason: string }
  > {
    const late = new AbortController();
    const signal = AbortSignal.any([late.signal, this.#closed.signal]);
    try {
      return { kind: 'chosen', held: await inTime(this.#attempts(pair, change, signal), this.#deadlineMs) };
    } catch (error) {
      return { kind: 'unknown', reason: `the majority: ${reasonOf(error)}` };
    } finally {
      late.abort();
    }
  }

  async #attempts(pair: string, change: Change, signal: AbortSignal): Promise<Held | undefined> {
    for (let spread = 2; ; spread = Math.min(spread * 2, SPREAD_MAX)) {
      const ballot = { round: ++this.#round, proposer: this.#proposer };
      const started = performance.now();
      const outcome = await this.#attempt(pair, new Proposal(ballot, this.#members.length, change), signal);
      if (outcome.kind === 'chosen') return outcome.held;
      this.#round = Math.max(this.#round, outcome.above.round);
      const tookMs = performance.now() - started;
      await sleep(Math.random() * spread * tookMs, undefined, { signal });
    }
  }

  /** Rejects when so many cannot be asked that the others are no majority. */
  async #attempt(pair: string, proposal: Proposal, signal: AbortSignal): Promise<BallotOutcome> {
    const over = new AbortController();
    const until = AbortSignal.any([over.signal, signal]);
    try {
      return await new Promise<BallotOutcome>((done, failed) => {
        const failures = new Map<number, string>();
        const fail = (index: number, error: unknown): void => {
          failures.set(index, `${this.#members[index]!.name}: ${reasonOf(error)}`);
          const left = this.#members.length - failures.size;
          if (left * 2 <= this.#members.length) failed(new Error([...failures.values()].join(', ')));
        };
        let asked = proposal.request;
        const askAll = (): void => {
          asked = proposal.request;
          for (const [index, { endpoint }] of this.#members.entries()) {
            const question = { members: this.#names, pair, request: asked };
            askAcceptor(endpoint, this.#key, question, this.#deadlineMs, until)
              .then((told) => {
                if (told.kind === 'declined') throw new Error(told.reason);
                const outcome = proposal.heard(index, told);
                if (outcome !== undefined) done(outcome);
                else if (proposal.request !== asked) askAll();
              })
              .catch((error: unknown) => fail(index, error));
          }
        };
        askAll();
      });
    } finally {
      over.abort();
    }
  }
}
