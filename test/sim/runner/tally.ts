/** What comes of many worlds. Plain data: it goes between threads. */

import type { Violation } from '../monitors/monitor.ts';
import { type RunOptions, runWorld } from '../world/run.ts';

/** One world in so many is run twice: the same seed gives the same trace. */
const TWICE_SHARE = 64;

export interface Failure {
  readonly seed: number;
  readonly violation: Violation;
}

export interface Tally {
  worlds: number;
  readonly counters: Map<string, number>;
  readonly failures: Failure[];
  simulatedSeconds: number;
}

export const noWorlds = (): Tally => ({ worlds: 0, counters: new Map(), failures: [], simulatedSeconds: 0 });

export function tally(from: number, worlds: number, options: RunOptions = {}): Tally {
  const all = noWorlds();
  for (let seed = from; seed < from + worlds; seed++) {
    const { counters, violations, simulatedUs, digest } = runWorld(seed, options);
    const [violation] = violations;
    if (violation !== undefined) all.failures.push({ seed, violation });
    else if (seed % TWICE_SHARE === 0) {
      const again = runWorld(seed, options).digest;
      const what = `the trace is ${digest}, and the second time ${again}`;
      if (again !== digest) all.failures.push({ seed, violation: { invariant: 'I12', what, us: 0 } });
      all.counters.set('run twice', (all.counters.get('run twice') ?? 0) + 1);
    }
    for (const [what, count] of counters) all.counters.set(what, (all.counters.get(what) ?? 0) + count);
    all.simulatedSeconds += simulatedUs / 1e6;
    all.worlds++;
  }
  return all;
}

export function addTo(all: Tally, part: Tally): void {
  for (const [what, count] of part.counters) all.counters.set(what, (all.counters.get(what) ?? 0) + count);
  all.failures.push(...part.failures);
  all.simulatedSeconds += part.simulatedSeconds;
  all.worlds += part.worlds;
}
