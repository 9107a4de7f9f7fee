/**
 * The first difference of two subjects, and the two runs at it where they can be had.
 */

import type { Both } from './both.ts';
import type { Verdict } from './report.ts';
import type { HeardRun } from './subject.ts';

export interface First extends Verdict {
  /** Standing at `after`, the last tick at which they are alike; undefined where there is nothing more to run. */
  readonly runs?: Both<HeardRun>;
}
