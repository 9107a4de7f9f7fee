/** Many worlds, on one thread or several. Which thread runs a world changes nothing in it. */

import { Worker } from 'node:worker_threads';
import { type Tally, tally } from './tally.ts';

/** Worlds that a thread is given at a time. */
const CHUNK = 50;

/** `processorSeconds`: of all threads. */
export interface Cost {
  readonly seconds: number;
  readonly processorSeconds: number;
}

export async function runMany(from: number, worlds: number, jobs: number): Promise<Tally & Cost> {
  const began = performance.now();
  const before = process.cpuUsage();
  const all = jobs <= 1 ? tally(from, worlds) : await onThreads(from, worlds, jobs);
  all.failures.sort((a, b) => a.seed - b.seed);
  const { user, system } = process.cpuUsage(before);
  return { ...all, seconds: (performance.now() - began) / 1000, processorSeconds: (user + system) / 1e6 };
}

async function onThreads(from: number, worlds: number, jobs: number): Promise<Tally> {
  const all: Tally = { counters: new Map(), failures: [], simulatedSeconds: 0 };
  const end = from + worlds;
  let next = from;
  const work = (): Promise<void> =>
    new Promise((done, failed) => {
      const worker = new Worker(new URL('./worker.ts', import.meta.url));
      const give = (): void => {
        const first = next;
        next = Math.min(next + CHUNK, end);
        if (first < next) worker.postMessage({ from: first, worlds: next - first });
        else void worker.terminate().then(() => done());
      };
      worker.on('error', failed);
      worker.on('message', (part: Tally) => {
        for (const [what, count] of part.counters) all.counters.set(what, (all.counters.get(what) ?? 0) + count);
        all.failures.push(...part.failures);
        all.simulatedSeconds += part.simulatedSeconds;
        give();
      });
      give();
    });
  await Promise.all(Array.from({ length: jobs }, work));
  return all;
}
