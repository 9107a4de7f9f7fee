/** A progress line on a terminal: percent, MIPS, time left. Writes nothing when standard error is not a terminal. */

import { count, seconds } from './text.ts';

const WIDTH = 24;
const INTERVAL_MS = 100;

export class ProgressLine {
  readonly #label: string;
  readonly #shown = process.stderr.isTTY === true;
  readonly #startedMs = performance.now();
  #drawnMs = Number.NEGATIVE_INFINITY;

  constructor(label: string) {
    this.#label = label;
  }

  /** `total` undefined: the end is not known. Draws at most ten times a second. */
  update(ticks: bigint, total: bigint | undefined): void {
    const now = performance.now();
    if (!this.#shown || now - this.#drawnMs < INTERVAL_MS) return;
    this.#drawnMs = now;
    const elapsed = (now - this.#startedMs) / 1000;
    process.stderr.write(`\r\x1b[K${progressText(this.#label, ticks, total, elapsed)}`);
  }

  /** Takes the line away. */
  clear(): void {
    if (this.#shown && this.#drawnMs > 0) process.stderr.write('\r\x1b[K');
  }
}

export function progressText(label: string, ticks: bigint, total: bigint | undefined, elapsedS: number): string {
  const mips = elapsedS > 0 ? Number(ticks) / 1e6 / elapsedS : 0;
  const speed = `${mips.toFixed(0)} MIPS`;
  if (total === undefined || total === 0n) return `${label} tick ${count(ticks)}  ${speed}`;
  const part = Math.min(1, Number(ticks) / Number(total));
  const bar = '█'.repeat(Math.round(part * WIDTH)).padEnd(WIDTH, '░');
  const left = part > 0 ? `, ${seconds((elapsedS * (1 - part)) / part)} left` : '';
  return `${label} ${bar} ${(100 * part).toFixed(0).padStart(3)} %  ${speed}${left}`;
}
