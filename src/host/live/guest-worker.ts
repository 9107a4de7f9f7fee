/**
 * Entry point of the guest thread. The job comes as worker data; reports go back as messages, the last of them how the
 * guest ended. An error that is no operator's is left to end the thread, which the main thread reports as our bug.
 */

import { parentPort, workerData } from 'node:worker_threads';
import { UserError } from '../../lib/errors.ts';
import { GuestRun } from './guest-run.ts';
import { type GuestJob, type GuestReport, toPlain } from './job.ts';

const say = (report: GuestReport): void => parentPort?.postMessage(report);

function built(job: GuestJob): GuestRun | undefined {
  try {
    return new GuestRun(job);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    say({ kind: 'failed', error: toPlain(error), totals: undefined });
    return undefined;
  }
}

const run = built(workerData as GuestJob);
if (run !== undefined) say(await run.run(say));
