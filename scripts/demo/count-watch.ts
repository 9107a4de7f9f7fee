/**
 * Listens to `count`, which says `count 1`, `count 2` and so on. Invariant: every number that it has heard is one more
 * than the one before; anything else is an error. Keeps the longest silence between two numbers.
 */

export class CountWatch {
  /** The latest number; 0 before the first. */
  latest = 0;
  longestSilenceMs = 0;
  readonly #heard: (number: number) => void;
  #rest = '';
  #at: number | undefined;

  constructor(heard: (number: number) => void) {
    this.#heard = heard;
  }

  /** `text`: the console's next characters, cut anywhere; `nowMs`: when they came. Error for a gap or a repeat. */
  take(text: string, nowMs: number): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#line(line.trimEnd(), nowMs);
  }

  /** Error when the count did not end at `last`, or stopped within a line. */
  end(last: number): void {
    if (this.#rest !== '') throw new Error(`the console ends within a line: ${this.#rest}`);
    if (this.latest !== last) throw new Error(`the count ended at ${this.latest}, not at ${last}`);
  }

  #line(line: string, nowMs: number): void {
    const digits = /^count (\d+)$/.exec(line)?.[1];
    if (digits === undefined) throw new Error(`the guest said "${line}" instead of a number`);
    const number = Number(digits);
    if (number !== this.latest + 1) throw new Error(`the count went from ${this.latest} to ${number}`);
    if (this.#at !== undefined) this.longestSilenceMs = Math.max(this.longestSilenceMs, nowMs - this.#at);
    this.#at = nowMs;
    this.latest = number;
    this.#heard(number);
  }
}
