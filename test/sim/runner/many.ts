/**
 * Many worlds, on one thread or several. Which thread runs a world changes nothing in it. What is done is counted in
 * the order of the seeds, so that a run that was ended can be gone on with.
 */

import { Worker } from 'node:worker_threads';
import { addTo, noWorlds, type Tally } from './tally.ts';

/** Worlds that a thread is given at a time. */
const CHUNK = 50;

/** `processorSeconds`: of all threads. */
export interface Cost {
  readonly seconds: number;
  readonly processorSeconds: number;
}

export interface Progress extends Cost {
  /** Of all worlds below `next`. */
  readonly done: Tally;
  readonly next: number;
}

/** `progress`: called whenever more worlds are done. Failures come in the order of their seeds. */
export async function runMany(
  from: number,
  worlds: number,
  jobs: number,
  progress: (so: Progress) => void = () => {},
): Promise<Tally & Cost> {
  const began = performance.now();
  const before = process.cpuUsage();
  const cost = (): Cost => {
    const { user, system } = process.cpuUsage(before);
    return { seconds: (performance.now() - began) / 1000, processorSeconds: (user + system) / 1e6 };
  };
  const end = from + worlds;
  const done = noWorlds();
  /** Done and not counted, because worlds before are not done; by first seed. */
  const ahead = new Map<number, Tally>();
  let counted = from;
  let next = from;
  const finished = (first: number, part: Tally): void => {
    ahead.set(first, part);
    for (let one = ahead.get(counted); one !== undefined; one = ahead.get(counted)) {
      ahead.delete(counted);
      addTo(done, one);
      counted += one.worlds;
    }
    progress({ done, next: counted, ...cost() });
  };
  const work = (): Promise<void> =>
    new Promise((ended, failed) => {
      const worker = new Worker(new URL('./worker.ts', import.meta.url));
      let first = next;
      const give = (): void => {
        first = next;
        next = Math.min(next + CHUNK, end);
        if (first < next) worker.postMessage({ from: first, worlds: next - first });
        else void worker.terminate().then(() => ended());
      };
      worker.on('error', failed);
      worker.on('message', (part: Tally) => {
        finished(first, part);
        give();
      });
      give();
    });
  await Promise.all(Array.from({ length: jobs }, work));
  return { ...done, ...cost() };
}
