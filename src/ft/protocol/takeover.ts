/**
 * From suspicion to going live, the same on both sides: asks the arbiter for the next epoch until it answers, tells the
 * operator once when it does not, and keeps the moments for reports.
 */

import type { ClaimResult } from '../arbiter.ts';
import { Claim, type Verdict } from './claim.ts';
import type { SuspicionCause } from './detector.ts';
import type { PairSettings } from './settings.ts';

type TakeoverEffect =
  | { readonly kind: 'claim'; readonly epoch: number }
  | { readonly kind: 'notice'; readonly text: string };

/** Moments are of the node's own clock; undefined: not yet. */
export interface TakeoverReport {
  readonly detected: SuspicionCause | undefined;
  readonly lastHeardAt: number | undefined;
  readonly suspectedAt: number | undefined;
  readonly claimedAt: number | undefined;
  readonly liveAt: number | undefined;
  /** Of a guest that was handed over as planned: why, and how long it stood still, known when it is live. */
  readonly handover: { readonly reason: string; readonly stoodStillMs: number | undefined } | undefined;
  /** Questions to the arbiter, and how many of the answers told nothing. */
  readonly claims: { readonly asked: number; readonly unknown: number };
}

export class Takeover {
  /** The only epoch that this node may claim. */
  readonly epoch: number;
  readonly #retryMs: number;
  readonly #emit: (effect: TakeoverEffect) => void;
  #claim: Claim | undefined;
  #saidWaiting = false;
  #moments: Omit<TakeoverReport, 'claims'> = {
    detected: undefined,
    lastHeardAt: undefined,
    suspectedAt: undefined,
    claimedAt: undefined,
    liveAt: undefined,
    handover: undefined,
  };
  /** Before the other side's word came. */
  #stoodStillMs = 0;

  constructor(settings: PairSettings, emit: (effect: TakeoverEffect) => void) {
    this.epoch = settings.epoch + 1;
    this.#retryMs = settings.claimRetryMs;
    this.#emit = emit;
  }

  get deadline(): number | undefined {
    return this.#claim?.deadline;
  }

  get report(): TakeoverReport {
    return { ...this.#moments, claims: { asked: this.#claim?.asked ?? 0, unknown: this.#claim?.unknown ?? 0 } };
  }

  /** `other`: who is lost, for the operator. `ask` puts the question. */
  suspect(cause: SuspicionCause, other: string, lastHeardAt: number | undefined, now: number): void {
    this.#moments = { ...this.#moments, detected: cause, lastHeardAt, suspectedAt: now };
    this.#claim = new Claim(this.epoch, this.#retryMs, now);
    const how = cause === 'moved' ? 'let go' : `lost (${cause})`;
    this.#emit({ kind: 'notice', text: `${other} is ${how}: claiming epoch ${this.epoch}` });
  }

  /** The other side hands its guest over, which stands still there since `stoodStillMs`. `ask` puts the question. */
  invite(reason: string, stoodStillMs: number, other: string, now: number): void {
    const handover = { reason, stoodStillMs: undefined };
    this.#stoodStillMs = stoodStillMs;
    this.#moments = { ...this.#moments, detected: 'yielded', lastHeardAt: now, suspectedAt: now, handover };
    this.#claim = new Claim(this.epoch, this.#retryMs, now);
    this.#emit({ kind: 'notice', text: `${other} hands the guest over (${reason}): claiming epoch ${this.epoch}` });
  }

  /** Asks, or asks again, when it is time to. */
  ask(now: number): void {
    if (this.#claim?.isDue(now)) this.#emit({ kind: 'claim', epoch: this.epoch });
  }

  /** What an answer means. */
  judge(epoch: number, result: ClaimResult, now: number): Verdict {
    const verdict = this.#claim?.verdict(epoch, result, now) ?? { kind: 'wait' };
    if (verdict.kind === 'won') this.#moments = { ...this.#moments, claimedAt: now };
    if (result.kind === 'unknown' && !this.#saidWaiting) {
      this.#saidWaiting = true;
      this.#emit({ kind: 'notice', text: `the storage cannot be reached (${result.reason}): waiting for it` });
    }
    return verdict;
  }

  isLive(now: number): void {
    this.#moments = { ...this.#moments, liveAt: now };
    const { handover, suspectedAt = now } = this.#moments;
    if (handover === undefined) return;
    const stoodStillMs = this.#stoodStillMs + now - suspectedAt;
    this.#moments = { ...this.#moments, handover: { ...handover, stoodStillMs } };
  }
}
