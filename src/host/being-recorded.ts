/**
 * Recordings that are being made. One without an end may be: its guest is found by its control socket, or, where that
 * cannot be seen (another user's, another runtime folder), by what it writes.
 *
 * Invariant: what changes a recording in place does so to none that a recorder still writes on.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { ExitCode, UserError } from '../lib/errors.ts';
import { type FileStamp, fileKey, isUntouched, stampAt } from './file-stamp.ts';
import { type FoundNode, seeNodes } from './ft/nodes.ts';

/** A guest that does something has it written four times within this. */
const QUIET_MS = 1000;
const LOOK_MS = 50;

/** The recorders that run on this host, as this user sees them. */
export class Recorders {
  readonly #nodes: readonly FoundNode[];

  private constructor(nodes: readonly FoundNode[]) {
    this.#nodes = nodes;
  }

  static async see(): Promise<Recorders> {
    return new Recorders((await seeNodes()).nodes);
  }

  /** The guest that is recorded in this file, whatever the file is called. */
  of(stamp: FileStamp | undefined): FoundNode | undefined {
    return stamp === undefined ? undefined : this.#nodes.find(({ file }) => file === fileKey(stamp));
  }
}

/** UserError when a recorder may still write on `path`, which was so when it was opened. */
export async function requireUnattended(path: string, stamp: FileStamp): Promise<void> {
  const guest = (await Recorders.see()).of(stamp);
  if (guest !== undefined) throw beingRecorded(path, `${nameOf(guest)} is being recorded in it`);
  const ageMs = Date.now() - Number(stamp.mtimeNs / 1_000_000n);
  const until = performance.now() + QUIET_MS - Math.max(0, ageMs);
  do {
    requireUntouched(path, stamp, stampAt(path));
    await sleep(LOOK_MS);
  } while (performance.now() < until);
}

/** UserError when the file is another one `now`, or was written to. */
export function requireUntouched(path: string, before: FileStamp, now: FileStamp | undefined): void {
  if (!isUntouched(before, now)) throw beingRecorded(path, 'it has just been changed');
}

/** The error for a recording without an end, where one is needed. */
export async function unfinished(path: string, stamp: FileStamp): Promise<UserError> {
  const guest = (await Recorders.see()).of(stamp);
  if (guest !== undefined) return beingRecorded(path, `${nameOf(guest)} is being recorded in it`);
  const remedy = `give it one with: lockstep log repair ${path}`;
  return new UserError('cut-recording', `the recording ${path} has no end`, remedy, ExitCode.badLog);
}

export const nameOf = ({ pair, pid }: FoundNode): string => `the guest ${pair} (process ${pid})`;

function beingRecorded(path: string, why: string): UserError {
  const remedy = `wait until its guest has ended, or take a copy with: lockstep pack ${path} -o COPY`;
  return new UserError('being-recorded', `the recording ${path} is being made: ${why}`, remedy);
}
