/**
 * Entry point of the guest thread of a pair's side. The job comes as the first message, when everything that it needs
 * has long been loaded; reports go back as messages, the last of them how the guest ended. An error that is no
 * operator's is left to end the thread, which is then our bug.
 */

import { parentPort, workerData } from 'node:worker_threads';
import { UserError } from '../../lib/errors.ts';
import { type GuestReport, toPlain } from '../live/job.ts';
import { BackupRun } from './backup-run.ts';
import type { SideOfPairJob, WhenStarted } from './job.ts';
import { PrimaryRun } from './primary-run.ts';
import type { SideRun } from './side-run.ts';
import { StateRun } from './state-run.ts';
import { warmUp } from './warm-up.ts';

const say = (report: GuestReport): void => parentPort?.postMessage(report);

function runOf(job: SideOfPairJob): SideRun {
  switch (job.role) {
    case 'primary':
      return new PrimaryRun(job);
    case 'backup':
      return new BackupRun(job);
    case 'state':
      return new StateRun(job);
  }
}

function built(job: SideOfPairJob): SideRun | undefined {
  try {
    return runOf(job);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    say({ kind: 'failed', error: toPlain(error), totals: undefined });
    return undefined;
  }
}

if ((workerData as WhenStarted).early) warmUp();
parentPort?.once('message', (job: SideOfPairJob) => {
  const run = built(job);
  if (run !== undefined) say(run.run(say));
});
