/** Stops the primary's guest while too much is not acknowledged, and counts that. Paper, section 3.2. */
export class Stall {
  readonly #limitBytes: number;
  #since: number | undefined;
  #count = 0;
  #totalMs = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get stalled(): boolean {
    return this.#since !== undefined;
  }

  get count(): number {
    return this.#count;
  }

  totalMs(now: number): number {
    return this.#totalMs + (this.#since === undefined ? 0 : now - this.#since);
  }

  /** `bytes`: not acknowledged. True when the guest is to be stopped, or let go on: `stalled` says which. */
  changes(bytes: number, now: number): boolean {
    if (this.#since === undefined) {
      if (bytes <= this.#limitBytes) return false;
      this.#since = now;
      this.#count++;
      return true;
    }
    if (bytes > this.#limitBytes / 2) return false;
    this.#totalMs += now - this.#since;
    this.#since = undefined;
    return true;
  }
}
