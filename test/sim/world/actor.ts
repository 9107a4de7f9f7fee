/**
 * A thread of a simulated process: does one job at a time, each takes some time, and between two jobs it can be
 * stopped, held up or ended. What a job asks to be done next (`soon`) comes before what waits.
 */

import type { Clockwork } from './clockwork.ts';

export class Actor {
  readonly #clockwork: Clockwork;
  readonly #cost: () => number;
  #jobs: (() => void)[] = [];
  /** Done before the others; the last first. */
  #soon: (() => void)[] = [];
  #state: 'running' | 'stopped' | 'dead' = 'running';
  #freeAt = 0;
  #heldUntil = 0;
  #waking = false;

  /** `cost`: microseconds that the next job takes. */
  constructor(clockwork: Clockwork, cost: () => number) {
    this.#clockwork = clockwork;
    this.#cost = cost;
  }

  get state(): 'running' | 'stopped' | 'dead' {
    return this.#state;
  }

  get waiting(): number {
    return this.#jobs.length;
  }

  post(job: () => void): void {
    if (this.#state === 'dead') return;
    this.#jobs.push(job);
    this.#wake();
  }

  /** From within a job: done next, after what was asked for in this way before. */
  soon(job: () => void): void {
    if (this.#state === 'dead') return;
    this.#soon.unshift(job);
    this.#wake();
  }

  /** Before all that waits; for what a thread does first when it is let go again. */
  first(job: () => void): void {
    if (this.#state === 'dead') return;
    this.#jobs.unshift(job);
    this.#wake();
  }

  /** From within a job: done next of all. */
  again(job: () => void): void {
    if (this.#state === 'dead') return;
    this.#soon.push(job);
    this.#wake();
  }

  stop(): void {
    if (this.#state === 'running') this.#state = 'stopped';
  }

  resume(): void {
    if (this.#state !== 'stopped') return;
    this.#state = 'running';
    this.#wake();
  }

  kill(): void {
    this.#state = 'dead';
    this.#jobs = [];
    this.#soon = [];
  }

  /** Does nothing for so long, which may be within the time that it does nothing already. */
  stall(us: number): void {
    const { now } = this.#clockwork;
    this.#freeAt = this.isHeldUp ? Math.max(this.#freeAt, now + us) : Math.max(this.#freeAt, now) + us;
    this.#heldUntil = this.#freeAt;
  }

  /** It stands still, and will go on. */
  get isHeldUp(): boolean {
    return this.#state !== 'dead' && this.#clockwork.now < this.#heldUntil;
  }

  #wake(): void {
    if (this.#waking || this.#state !== 'running') return;
    if (this.#jobs.length === 0 && this.#soon.length === 0) return;
    this.#waking = true;
    this.#clockwork.at(this.#freeAt, () => this.#turn());
  }

  #turn(): void {
    this.#waking = false;
    if (this.#state !== 'running') return;
    if (this.#freeAt > this.#clockwork.now) {
      this.#wake();
      return;
    }
    // What comes next of all that happens is done without the detour through the queue of what happens.
    do {
      const job = this.#soon.pop() ?? this.#jobs.shift();
      if (job === undefined) return;
      this.#freeAt = this.#clockwork.now + this.#cost();
      job();
    } while (this.#isReady && this.#clockwork.skipTo(this.#freeAt));
    this.#wake();
  }

  /** `#freeAt` may have been put off, and the state changed, by what was done. */
  get #isReady(): boolean {
    return !this.#waking && this.#state === 'running' && this.#soon.length + this.#jobs.length > 0;
  }
}
