/**
 * What a recorder says of its recording at its end: the path is told only where that is still the file that was
 * written. Others may have moved it, removed it, or put something in its place.
 */

import { ExitCode, UserError } from '../lib/errors.ts';
import type { LogFileSink } from './log-file-sink.ts';
import type { Outcome } from './outcome.ts';

export const keptPath = (sink: LogFileSink | undefined): string | undefined =>
  sink?.fate === 'kept' && sink.lost === undefined ? sink.path : undefined;

/** For who has no outcome to say it in. */
export function tellFault(sink: LogFileSink | undefined, notice: (text: string) => void): void {
  const fault = faultOf(sink);
  if (fault !== undefined) notice(fault);
}

/** One line; undefined when all is as it should be. */
function faultOf(sink: LogFileSink | undefined): string | undefined {
  switch (sink?.fate) {
    case 'moved':
      return `the recording is not at ${sink.path} any more: it was moved while it was made, and is whole where it is`;
    case 'gone':
      return `the recording ${sink.path} was removed or replaced while it was made, and is lost`;
    default:
      return sink?.lost === undefined
        ? undefined
        : `the recording ${sink.path} ends before its guest: it could not be written on any more`;
  }
}

/** The outcome of a guest that was to be recorded to `sink`; a recording that is lost is a loss. */
export function recordedOutcome(
  outcome: Outcome,
  sink: LogFileSink | undefined,
  notice: (text: string) => void,
): Outcome {
  const fault = faultOf(sink);
  if (fault === undefined) return outcome;
  const { recording: _, ...rest } = outcome;
  if (sink?.fate === 'gone' && outcome.error === undefined) {
    const error = new UserError('recording-lost', fault, 'record again', ExitCode.lost);
    return { ...rest, exitCode: error.exitCode, error };
  }
  notice(fault);
  return rest;
}
