/** What comes of many worlds. Plain data: it goes between threads. */

import type { Violation } from '../monitors/monitor.ts';
import { type RunOptions, runWorld } from '../world/run.ts';

export interface Failure {
  readonly seed: number;
  readonly violation: Violation;
}

export interface Tally {
  readonly counters: Map<string, number>;
  readonly failures: Failure[];
  simulatedSeconds: number;
}

export function tally(from: number, worlds: number, options: RunOptions = {}): Tally {
  const all: Tally = { counters: new Map(), failures: [], simulatedSeconds: 0 };
  for (let seed = from; seed < from + worlds; seed++) {
    const { counters, violations, simulatedUs } = runWorld(seed, options);
    const [violation] = violations;
    if (violation !== undefined) all.failures.push({ seed, violation });
    for (const [what, count] of counters) all.counters.set(what, (all.counters.get(what) ?? 0) + count);
    all.simulatedSeconds += simulatedUs / 1e6;
  }
  return all;
}
