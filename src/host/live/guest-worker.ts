/**
 * Entry point of the guest thread. The job is the one message that comes; reports go back as messages, the last of them
 * how the guest ended. An error that is no operator's is left to end the thread, which the main thread reports as our
 * bug.
 */

import { once } from 'node:events';
import { parentPort } from 'node:worker_threads';
import { UserError } from '../../lib/errors.ts';
import { GuestRun } from './guest-run.ts';
import { type GuestJob, type GuestReport, toPlain } from './job.ts';

if (parentPort === null) throw new Error('this is the program of a thread');
const port = parentPort;
const say = (report: GuestReport): void => port.postMessage(report);

function built(job: GuestJob): GuestRun | undefined {
  try {
    return new GuestRun(job);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    say({ kind: 'failed', error: toPlain(error), totals: undefined });
    return undefined;
  }
}

const [job] = (await once(port, 'message')) as [GuestJob];
const run = built(job);
if (run !== undefined) say(await run.run(say));
