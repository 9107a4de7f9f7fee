/** Entry point of the guest thread of a pair's side. Its job comes when all that it needs has long been loaded. */

import { workerData } from 'node:worker_threads';
import { serveGuest } from '../live/guest-entry.ts';
import { BackupRun } from './backup-run.ts';
import type { SideOfPairJob, WhenStarted } from './job.ts';
import { PrimaryRun } from './primary-run.ts';
import type { SideRun } from './side-run.ts';
import { StateRun } from './state-run.ts';
import { warmUp } from './warm-up.ts';

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

if ((workerData as WhenStarted).early) warmUp();
serveGuest(runOf);
