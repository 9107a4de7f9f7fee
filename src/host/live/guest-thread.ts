/**
 * The thread that a guest runs on. A command that will want one begins it before it knows what guest: then the thread
 * loads its program while the main thread loads its own, reads the command line and the images. A thread that nobody
 * gives a guest ends with the process.
 */

import { Worker } from 'node:worker_threads';
import { stepsGuest } from '../wasm-flags.ts';
import type { GuestJob } from './job.ts';

/** `src` runs as it is, `dist` compiled. */
const ENTRY = new URL(`./guest-worker.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url);

/**
 * The guest thread keeps next to nothing and throws away much: a small young generation makes its garbage, the buffers
 * of disk reads above all, go before it has become a lot.
 */
const LIMITS = { maxYoungGenerationSizeMb: 4 };

/** Commands whose guest runs on a thread of its own from the start. */
const COMMANDS: ReadonlySet<string | undefined> = new Set(['record', 'run']);

let early: Worker | undefined;

const begin = (): Worker => new Worker(ENTRY, { resourceLimits: LIMITS, name: 'guest' });

/** Begins the thread if the command will want it. `words`: the command line behind the program's name. */
export function beginEarly(words: readonly string[]): boolean {
  if (early !== undefined || !COMMANDS.has(words[0]) || !stepsGuest(words)) return false;
  early = begin();
  early.unref();
  return true;
}

/** The thread that runs this guest. */
export function guestThread(job: GuestJob): Worker {
  const worker = early ?? begin();
  early = undefined;
  worker.ref();
  worker.postMessage(job);
  return worker;
}
