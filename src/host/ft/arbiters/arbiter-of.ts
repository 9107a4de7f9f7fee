/** Arbiters as users name them: `file:DIR`, a folder that both hosts share, or `disk:ADDRESS`, their block server. */

import { resolve } from 'node:path';
import type { Arbiter } from '../../../ft/arbiter.ts';
import { UserError } from '../../../lib/errors.ts';
import { parseAddress } from '../../ports/nbd-place.ts';
import { DEADLINE_MS } from './deadline.ts';
import { DiskArbiter } from './disk.ts';
import { FileArbiter } from './file.ts';

/**
 * ADDRESS is `HOST:PORT`, `tcp:HOST:PORT` or `unix:PATH`; relative paths start at `base`. Nothing is opened yet. Throws
 * UserError.
 */
export function arbiterOf(text: string, base: string = process.cwd(), deadlineMs: number = DEADLINE_MS): Arbiter {
  const folder = /^file:(.+)$/.exec(text)?.[1];
  if (folder !== undefined) return new FileArbiter(resolve(base, folder), deadlineMs);
  const address = parseAddress(/^disk:(.+)$/.exec(text)?.[1] ?? '', base);
  if (address !== undefined) return new DiskArbiter(address, deadlineMs);
  const remedy = 'give file:DIR (a folder that both hosts share) or disk:HOST:PORT (as of: lockstep disk serve)';
  throw new UserError('bad-value', `the arbiter ${text} is not understood`, remedy);
}
