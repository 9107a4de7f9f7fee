/** Runs one world and judges it: what its monitors saw on the way, and what is left when it has come to rest. */

import { drawFaults } from '../faults/draw.ts';
import type { Fault } from '../faults/fault.ts';
import { judgeEnd } from '../monitors/at-rest.ts';
import type { Violation } from '../monitors/monitor.ts';
import type { Hooks } from '../node/hooks.ts';
import { drawOptions } from './options.ts';
import { World } from './world.ts';

export interface Outcome {
  readonly seed: number;
  readonly digest: string;
  readonly violations: readonly Violation[];
  readonly counters: ReadonlyMap<string, number>;
  readonly faults: readonly Fault[];
  /** Faults that struck. */
  readonly struck: readonly Fault[];
  readonly simulatedUs: number;
}

export interface RunOptions {
  readonly hooks?: Hooks;
  /** Of the faults that the seed gives only these, by number. */
  readonly chosen?: readonly number[];
  readonly write?: (line: string) => void;
}

export function runWorld(seed: number, { hooks = {}, chosen, write }: RunOptions = {}): Outcome {
  const options = drawOptions(seed);
  const drawn = drawFaults(options);
  const planned = drawn.filter((_, index) => chosen?.includes(index) ?? true);
  const world = new World(options, planned, hooks, write);
  try {
    world.run();
    if (world.monitor.violations.length === 0) judgeEnd(world);
  } catch (error) {
    world.monitor.fail('assertion', `${(error as Error).stack ?? String(error)}`);
  }
  return {
    seed,
    digest: world.trace.digest,
    violations: world.monitor.violations,
    counters: world.counters,
    faults: planned,
    struck: world.faults.struck,
    simulatedUs: world.clockwork.now,
  };
}
