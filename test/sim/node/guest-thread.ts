/**
 * The thread that a guest runs on: makes steps of its session, each of which takes simulated time by the ticks it
 * makes; sleeps when there is nothing to do; and hands what it says to the main thread through a queue with a bound,
 * spread over the time that the step took, so that it can be ended in the middle.
 */

import type { Tick } from '../../../src/lib/brands.ts';
import type { StepResult } from '../../../src/session/session.ts';
import type { Alarm, Clockwork } from '../world/clockwork.ts';

/** What a step leads to: another one, sleep until something comes (or so many microseconds), or nothing more. */
export type Outcome = 'again' | 'done' | { readonly sleepUs: number | undefined };

/** Time that a step takes besides its ticks, microseconds. */
const STEP_US = 3;
/** Things said and not taken by the main thread: more stop the guest. */
const QUEUE_LENGTH = 200;

export abstract class GuestThread<Said> {
  readonly clockwork: Clockwork;
  readonly #take: (said: Said) => void;
  readonly #ticksPerUs: number;
  #said: Said[] = [];
  #queued = 0;
  #handedAt = 0;
  #next: Alarm | undefined;
  #freeAt = 0;
  #state: 'running' | 'stopped' | 'dead' = 'running';
  #stalled = false;
  /** A step was due while it was stopped. */
  #owed = false;
  /** Times as slow as it should be. */
  slowness = 1;
  /** Of the processor. */
  share = 1;
  /** Of the machine. */
  protected abstract readonly tick: Tick;

  /** `take`: gives one thing to the main thread; it calls `taken` when it has been dealt with. */
  constructor(clockwork: Clockwork, ticksPerUs: number, take: (said: Said) => void) {
    this.clockwork = clockwork;
    this.#ticksPerUs = ticksPerUs;
    this.#take = take;
  }

  protected abstract step(): Outcome;

  /** Says something to the main thread, in order. */
  protected say(said: Said): void {
    this.#said.push(said);
  }

  /** The main thread has dealt with one thing. */
  taken(): void {
    if (this.#queued-- >= QUEUE_LENGTH) this.wake();
  }

  get queued(): number {
    return this.#queued;
  }

  get stalled(): boolean {
    return this.#stalled;
  }
  set stalled(stalled: boolean) {
    this.#stalled = stalled;
    if (!stalled) this.wake();
  }

  wake(): void {
    if (this.#state === 'dead') return;
    this.#next?.cancel();
    this.#next = this.clockwork.at(this.#freeAt, () => this.#turn());
  }

  stop(): void {
    if (this.#state === 'running') this.#state = 'stopped';
  }

  resume(): void {
    if (this.#state !== 'stopped') return;
    this.#state = 'running';
    if (this.#owed) this.wake();
    this.#owed = false;
  }

  kill(): void {
    this.#state = 'dead';
    this.#next?.cancel();
  }

  /** For what is said outside of a step. */
  protected handOver(us: number): void {
    if (this.#said.length === 0) return;
    const said = this.#said;
    this.#said = [];
    this.#queued += said.length;
    for (let i = 0; i < said.length; i++) {
      const one = said[i]!;
      this.#handedAt = Math.max(this.#handedAt, this.clockwork.now + (us * (i + 1)) / (said.length + 1));
      this.clockwork.at(this.#handedAt, () => {
        if (this.#state !== 'dead') this.#take(one);
      });
    }
  }

  #turn(): void {
    this.#next = undefined;
    if (this.#state === 'stopped') this.#owed = true;
    if (this.#state !== 'running' || this.#stalled || this.#queued >= QUEUE_LENGTH) return;
    const before = this.tick;
    const outcome = this.step();
    const us = (STEP_US + Number(this.tick - before) / this.#ticksPerUs) * this.slowness;
    this.handOver(us);
    this.#freeAt = this.clockwork.now + us;
    if (outcome === 'done') return;
    if (outcome === 'again') this.#sleep(us / this.share);
    else if (outcome.sleepUs !== undefined) this.#sleep(us + outcome.sleepUs);
  }

  #sleep(us: number): void {
    this.#next = this.clockwork.after(us, () => this.#turn());
  }
}

/** For threads that end with a divergence: one line. */
export function reportOf(result: StepResult & { readonly kind: 'diverged' }): string {
  const { kind, tick, expected, found } = result.divergence;
  return `${kind} at tick ${tick}: expected ${expected}, found ${found}`;
}
