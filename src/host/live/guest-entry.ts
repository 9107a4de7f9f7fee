/**
 * The guest's thread from inside: the first message is its job; reports go back as messages, the last of them how the
 * guest ended. An error that is no operator's is left to end the thread, which the main thread reports as our bug.
 */

import { parentPort } from 'node:worker_threads';
import { UserError } from '../../lib/errors.ts';
import { type GuestEnd, type GuestReport, toPlain } from './job.ts';

type Say = (report: GuestReport) => void;
interface Run {
  run(say: Say): GuestEnd | Promise<GuestEnd>;
}

/** `make` may throw a UserError: for images and configurations that cannot be. */
export function serveGuest<Job>(make: (job: Job) => Run): void {
  if (parentPort === null) throw new Error('this is the program of a thread');
  const port = parentPort;
  const say: Say = (report) => port.postMessage(report);
  port.once('message', async (job: Job) => {
    const run = made(() => make(job), say);
    if (run !== undefined) say(await run.run(say));
  });
}

function made(make: () => Run, say: Say): Run | undefined {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    say({ kind: 'failed', error: toPlain(error), totals: undefined });
    return undefined;
  }
}
