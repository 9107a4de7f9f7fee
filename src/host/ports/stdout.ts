/**
 * Standard output of a command. A reader that has gone away (`| head`) ends long listings quietly and is nothing to the
 * others; output that cannot be written (a full disk) is a loss that the operator is told of, never an exception out of
 * the stream. Long listings wait while the reader is slow.
 */

import { once } from 'node:events';
import { ExitCode, UserError } from '../../lib/errors.ts';
import { reasonOf } from '../os-errors.ts';

let listing = false;
let gone = false;
/** The command is over, and only waits until all is written. */
let over = false;
let failure: UserError | undefined;

/** From now on failures of standard output come here, and to writers that listen for themselves: to nobody else. */
export function takeStdout(): void {
  process.stdout.removeAllListeners('error');
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') failure ??= outputLost(error);
    else {
      gone = true;
      if (listing || over) process.exit();
    }
  });
}

/** Throws the UserError when it cannot be written on. */
export async function writeOut(text: string): Promise<void> {
  listing = true;
  if (failure !== undefined) throw failure;
  if (gone || process.stdout.write(text)) return;
  await once(process.stdout, 'drain').catch((error) => {
    throw outputLost(error);
  });
}

/**
 * What became of all that a command has written, at its end, as far as the system has told: undefined when nothing is
 * lost. Does not return when nobody reads: there is nothing to wait for.
 */
export async function stdoutFailure(): Promise<UserError | undefined> {
  over = true;
  // A stream tells of a failed write a little later.
  await new Promise(setImmediate);
  if (failure === undefined && gone) process.exit();
  return failure;
}

export function outputLost(error: unknown): UserError {
  const what = `standard output cannot be written on: ${reasonOf(error)}`;
  return new UserError('output-lost', what, 'send it to where there is space', ExitCode.lost, error);
}
