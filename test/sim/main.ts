/**
 * Runs simulated worlds of the live pair. From the repository root:
 *
 *     node test/sim/main.ts --worlds 1000 --jobs 2        worlds 1 to 1000, on two threads
 *     node test/sim/main.ts --from 5000 --worlds 1000     worlds 5000 to 5999
 *     node test/sim/main.ts --from 1 --worlds 1000000 --jobs 2 --summary FILE
 *                                                         the same with its account in a file, which the same command
 *                                                         goes on from when it was ended; a line every 10 seconds
 *     node test/sim/main.ts --seed 17 --trace             one world, with what happens in it
 *     node test/sim/main.ts --seed 17 --faults 0,2        with these of its faults alone
 *     node test/sim/main.ts --hours 24                    one world that lasts so long, in peace; digests compared
 *     node test/sim/main.ts --mutants                     how many worlds each defect takes to be found, and what finds
 *                                                         it; with --publish for the table in docs/ft-protocol.md
 *
 * Exit code 1: an invariant was violated, a defect was not found, or something that must happen somewhere never did.
 */

import { parseArgs } from 'node:util';
import { describe } from './faults/fault.ts';
import { type Found, hunt, MUTANTS } from './mutants/hunt.ts';
import { publish, rowOf } from './mutants/published.ts';
import { huntSource, SOURCE_MUTANTS } from './mutants/source.ts';
import { describe as describeHours, runHours } from './runner/hours.ts';
import { type Cost, runMany } from './runner/many.ts';
import { unreached } from './runner/reachability.ts';
import { reproduction, shrink } from './runner/shrink.ts';
import { Summary } from './runner/summary.ts';
import type { Tally } from './runner/tally.ts';
import { runWorld } from './world/run.ts';

/** Fewer worlds cannot be expected to hold everything. */
const ENOUGH_WORLDS = 20_000;

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    faults: { type: 'string' },
    from: { type: 'string', default: '1' },
    worlds: { type: 'string', default: '1000' },
    jobs: { type: 'string', default: '1' },
    mutants: { type: 'boolean', default: false },
    publish: { type: 'boolean', default: false },
    hours: { type: 'string' },
    summary: { type: 'string' },
    trace: { type: 'boolean', default: false },
  },
});

async function main(): Promise<boolean> {
  if (values.mutants) return mutants();
  if (values.hours !== undefined) return hours(Number(values.seed ?? 1), Number(values.hours));
  if (values.seed !== undefined) return one(Number(values.seed));
  return many(Number(values.from), Number(values.worlds), Number(values.jobs));
}

function hours(seed: number, count: number): boolean {
  const outcome = runHours(seed, count, (text) => console.log(text));
  console.log(`${count} simulated hours, world ${seed}: ${describeHours(outcome)}`);
  return outcome.clean;
}

function one(seed: number): boolean {
  const chosen = values.faults
    ?.split(',')
    .filter((text) => text !== '')
    .map(Number);
  const write = values.trace ? { write: (line: string) => console.log(line) } : {};
  const { faults, digest, violations } = runWorld(seed, { ...write, ...(chosen === undefined ? {} : { chosen }) });
  for (const fault of faults) console.log(`fault: ${describe(fault)}`);
  for (const { invariant, what, us } of violations) console.log(`${(us / 1000).toFixed(3)} ms: ${invariant}: ${what}`);
  console.log(`world ${seed}: trace ${digest}, ${violations.length === 0 ? 'clean' : 'NOT clean'}`);
  return violations.length === 0;
}

/** Between two lines of a long run, seconds. */
const LINE_SECONDS = 10;

async function many(from: number, worlds: number, jobs: number): Promise<boolean> {
  const summary = new Summary(values.summary, from);
  const left = Math.max(0, from + worlds - summary.next);
  let told = 0;
  const now = await runMany(summary.next, left, jobs, ({ done, next, ...cost }) => {
    if (cost.seconds - told < LINE_SECONDS) return;
    told = cost.seconds;
    summary.write({ ...done, ...cost }, next);
    const rate = `${(done.worlds / cost.seconds).toFixed(0)} worlds/s`;
    console.log(`${next - from} of ${worlds} worlds, ${done.failures.length} not clean, ${rate}`);
  });
  summary.write(now, summary.next + left);
  return report(summary.total(now));
}

function report({ worlds, counters, failures, seconds, processorSeconds, simulatedSeconds }: Tally & Cost): boolean {
  for (const [what, count] of [...counters].sort(([a], [b]) => (a < b ? -1 : 1))) console.log(`${count}\t${what}`);
  for (const { seed, violation } of failures.slice(0, 10)) {
    console.log(`world ${seed}: ${violation.invariant}: ${violation.what}`);
    console.log(`  ${violation.invariant === 'I12' ? `--seed ${seed}, twice` : reproduction(shrink(seed))}`);
  }
  const missing = unreached(counters, worlds);
  if (worlds >= ENOUGH_WORLDS) for (const what of missing) console.log(`never happened: ${what}`);
  const perProcessor = (worlds / processorSeconds).toFixed(1);
  const rate = `${(worlds / seconds).toFixed(1)} worlds/s, ${perProcessor} a processor second`;
  const each = `${((1000 * simulatedSeconds) / worlds).toFixed(0)} ms simulated each`;
  console.log(`${worlds - failures.length} of ${worlds} worlds clean; ${rate}; ${each}`);
  return failures.length === 0 && (worlds < ENOUGH_WORLDS || missing.length === 0);
}

async function mutants(): Promise<boolean> {
  const found: Found[] = [];
  const add = (one: Found): void => {
    console.log(`${rowOf(one)} ${one.what.split('\n')[0]!}`);
    found.push(one);
  };
  for (const mutant of MUTANTS) add(hunt(mutant, 10_000));
  for (const mutant of SOURCE_MUTANTS) add(await huntSource(mutant, 10_000));
  if (values.publish) publish(found);
  return found.every(({ seeds }) => seeds !== undefined);
}

process.exitCode = (await main()) ? 0 : 1;
