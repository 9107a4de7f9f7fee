/** A thread that runs worlds: takes ranges of seeds, gives tallies. */

import { parentPort } from 'node:worker_threads';
import { tally } from './tally.ts';

parentPort?.on('message', ({ from, worlds }: { readonly from: number; readonly worlds: number }) => {
  parentPort?.postMessage(tally(from, worlds));
});
