/**
 * Where a recording begins: at power on, or with a checkpoint (LogHeader.begins), which is then all that is known of
 * what was before.
 */

import { Board } from '../../emu/machine/board.ts';
import type { Machine } from '../../emu/machine/machine.ts';
import { FormatError } from '../../logformat/errors.ts';
import type { LogReader } from '../../logformat/reader.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { LoadableCheckpoint } from './checkpoint-store.ts';
import { History } from './history.ts';
import { LoggedCheckpoints } from './logged-checkpoints.ts';

/**
 * Puts a machine that is as at power on where the recording begins. Undefined: that is at power on. Else the checkpoint
 * that it begins with: the recording's records follow it. FormatError when that is damaged or not the machine's.
 */
export function putAtStart(machine: Machine, reader: LogReader): Checkpoint | undefined {
  if (reader.header.begins === undefined) return undefined;
  if (!(machine instanceof Board)) throw new Error('a recording that begins with a checkpoint is of a board');
  const history = new History(reader);
  const checkpoint = firstOf(new LoggedCheckpoints(history, machine.ram.pages).list()).load();
  try {
    machine.restore({ ...checkpoint.machine, pages: checkpoint.pages });
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
    throw new FormatError(`the checkpoint that it begins with is of another machine: ${error.message}`);
  }
  if (machine.digest('all') !== checkpoint.digest)
    throw new FormatError('the checkpoint that it begins with does not give the state that it was made of');
  return checkpoint;
}

/** The checkpoint that a recording begins with, of all that it has. */
export function firstOf([first]: readonly LoadableCheckpoint[]): LoadableCheckpoint {
  if (first === undefined) throw new FormatError('the checkpoint that it begins with is not there');
  return first;
}
