/** Entry point of the thread of a guest that no pair has. */

import { serveGuest } from './guest-entry.ts';
import { GuestRun } from './guest-run.ts';
import type { GuestJob } from './job.ts';

serveGuest((job: GuestJob) => new GuestRun(job));
