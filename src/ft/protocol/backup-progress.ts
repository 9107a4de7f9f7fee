/**
 * How far the backup's guest is, as the backup tells it, and what share of the processor the primary's guest gets so
 * that it can follow. Frames that make up a copy take as long as they take: lag is of what the guest has done since,
 * and nothing is steered before the backup has put its machine together. Paper, section 3.2.
 */

import { CONTROL_EVERY_MS, LagControl } from './lag-control.ts';
import { LagMeter } from './lag-meter.ts';
import type { BackupMessage } from './message.ts';
import type { PairSettings } from './settings.ts';
import type { PrimaryStatus } from './status.ts';

type Executed = Extract<BackupMessage, { readonly kind: 'executed' }>;

export class BackupProgress {
  readonly #lag = new LagMeter();
  readonly #control: LagControl;
  #last: Pick<Executed, 'sequence' | 'buffered' | 'digests'> = { sequence: -1, buffered: 0, digests: 0 };
  #committed = -1;
  #controlAt = 0;

  constructor({ lagMs }: Pick<PairSettings, 'lagMs'>) {
    this.#control = new LagControl(lagMs);
  }

  /** Highest frame that is executed; -1 for none. */
  get executed(): number {
    return this.#last.sequence;
  }

  get digests(): number {
    return this.#last.digests;
  }

  /** Bytes that it holds and has not executed. */
  get buffered(): number {
    return this.#last.buffered;
  }

  /** Number of the frame with the state that a copy begins with; -1 when there is none. */
  get committed(): number {
    return this.#committed;
  }

  /** It has put its machine together, if it had to. */
  get isWhole(): boolean {
    return this.executed >= this.#committed;
  }

  get share(): number {
    return this.#control.share;
  }

  /** The next look at the lag. */
  get deadline(): number {
    return this.#controlAt;
  }

  begin(now: number): void {
    this.#controlAt = now + CONTROL_EVERY_MS;
  }

  /** A copy: frame `sequence` has the state that it begins with. */
  commit(sequence: number): void {
    this.#committed = sequence;
    this.#controlAt = Number.POSITIVE_INFINITY;
  }

  handed(sequence: number, now: number): void {
    this.#lag.handed(sequence, now);
  }

  told(message: Executed, now: number): void {
    this.#last = message;
    this.#lag.executed(message.sequence, now);
    if (this.#controlAt === Number.POSITIVE_INFINITY && this.isWhole) this.begin(now);
  }

  /** Milliseconds since the oldest frame was made that is not executed; 0 when all are. */
  lag(now: number): number {
    return this.#lag.lag(now);
  }

  /** `isHeard`: the channel is open, without which the lag says nothing. True when the share has changed. */
  steer(isHeard: boolean, now: number): boolean {
    if (now < this.#controlAt) return false;
    this.#controlAt = now + CONTROL_EVERY_MS;
    return isHeard && this.#control.step(this.#lag.lag(now));
  }

  lagReport(now: number): PrimaryStatus['lagMs'] {
    return { now: this.#lag.lag(now), p50: this.#lag.quantile(0.5), p99: this.#lag.quantile(0.99) };
  }
}
