/**
 * The thread of a guest that no pair has. A command that will want it begins it first of all, before the command line
 * is read: thread and command are loaded side by side.
 */

import { stepsGuest } from '../node-flags.ts';
import { workerEntry } from '../worker-entry.ts';
import { GuestThread } from './guest-thread.ts';
import type { GuestJob } from './job.ts';

/** Commands whose guest runs on a thread of its own from the start. */
const COMMANDS: ReadonlySet<string | undefined> = new Set(['record', 'run']);

const begin = (): GuestThread<GuestJob> => new GuestThread(workerEntry('guest', import.meta.url));
let early: GuestThread<GuestJob> | undefined;

/** Begins the thread if the command will want it. `words`: the command line behind the program's name. */
export function beginEarly(words: readonly string[]): boolean {
  if (early !== undefined || !COMMANDS.has(words[0]) || !stepsGuest(words)) return false;
  early = begin();
  return true;
}

/** For one guest: the thread that was begun, or another. */
export function guestThread(): GuestThread<GuestJob> {
  const thread = early ?? begin();
  early = undefined;
  return thread;
}
