/**
 * Entry point of measured time travel: opens one recording in a process of its own and goes about in it, by the same
 * functions as `lockstep debug`, of the program as it is built. Writes a TravelReport as JSON to standard output.
 *   node travel-process.ts FILE SEEKS STEPS REACH
 * With SEEKS 0 it opens the recording only.
 */

import type { Timeline } from '../src/debug/timeline/timeline.ts';
import { tick } from '../src/lib/brands.ts';

const built = new URL('../dist/host/open-timeline.js', import.meta.url).href;
const { openTimeline } = (await import(built)) as typeof import('../src/host/open-timeline.ts');

/** Milliseconds, ticks a second, bytes. */
export interface TravelReport {
  readonly ticks: number;
  /** From the start of the process to the machine standing at the recording's end. */
  readonly openAtEndMs: number;
  readonly seekMs: readonly number[];
  readonly reverseStepMs: readonly number[];
  /** The same stretch forwards, and backwards with a stop asked for that is never met. */
  readonly forwardSpeed: number;
  readonly breakpointSpeed: number;
  readonly watchpointSpeed: number;
  readonly checkpointBytes: number;
  readonly residentBytes: number;
}

/** An address that no guest runs at. */
const NOWHERE = 3n;
/** In RAM, where nothing of a Linux guest is written for long: the end of it. */
const QUIET_PAGE = 0x8fff_e000n;
const STEPS_AT_A_PLACE = 10;

const [file = '', seeks = '100', steps = '100', reach = '1000000000'] = process.argv.slice(2);
const { timeline } = openTimeline(file);
await timeline.seek(timeline.end);
const openAtEndMs = performance.now();
if (Number(seeks) === 0) {
  process.stdout.write(JSON.stringify({ openAtEndMs }));
  process.exit();
}
const random = randomFrom(1);
const place = () => tick(BigInt(Math.floor(random() * Number(timeline.end))));

const seekMs: number[] = [];
for (let i = 0; i < Number(seeks); i++) seekMs.push(await timed(() => timeline.seek(place())));

const reverseStepMs: number[] = [];
while (reverseStepMs.length < Number(steps)) {
  await timeline.seek(tick(place() + BigInt(STEPS_AT_A_PLACE)));
  for (let i = 0; i < STEPS_AT_A_PLACE; i++) {
    reverseStepMs.push(await timed(() => timeline.seek(tick(timeline.now - 1n))));
  }
}

const report: TravelReport = {
  ticks: Number(timeline.end),
  openAtEndMs,
  seekMs,
  reverseStepMs,
  ...(await speeds(timeline, BigInt(reach))),
  checkpointBytes: timeline.checkpoints.reduce((sum, { bytes }) => sum + bytes, 0),
  residentBytes: process.memoryUsage().rss,
};
process.stdout.write(JSON.stringify(report));

async function speeds(line: Timeline, length: bigint) {
  const to = line.end;
  const from = tick(to > length ? to - length : 0n);
  const ticksIn = (ms: number): number => (Number(to - from) / ms) * 1000;
  // Once through, so that code is compiled and checkpoints are there for each way alike.
  await line.seek(from);
  await line.forward({}, to);
  await line.seek(from);
  const forwardSpeed = ticksIn(await timed(() => line.forward({}, to)));
  const breakpoints = new Set([NOWHERE]);
  const breakpointSpeed = ticksIn(await timed(() => line.backward({ breakpoints }, from)));
  await line.seek(to);
  const watchpoints = [{ pa: QUIET_PAGE, length: 8, on: 'write' as const }];
  const watchpointSpeed = ticksIn(await timed(() => line.backward({ watchpoints }, from)));
  return { forwardSpeed, breakpointSpeed, watchpointSpeed };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await work();
  return performance.now() - from;
}

/** Numbers from 0 to 1, the same for each seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
