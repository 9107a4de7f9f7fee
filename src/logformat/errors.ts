/**
 * What can be wrong with a recording. `FormatError` is internal: bytes that do not parse; the reader turns it into a
 * cut. Operator errors (UserError, exit code 3) are for files that cannot be used at all.
 */

import { ExitCode, UserError } from '../lib/errors.ts';

/** Bytes that are not what the format says. The message is a clause without a final stop. */
export class FormatError extends Error {
  override readonly name = 'FormatError';
}

/** The bytes may be right but were written by a newer minor version: a kind of frame or record not known here. */
export class NewerFormatError extends FormatError {}

export const notALog = (what: string, cause?: unknown): UserError =>
  new UserError(
    'not-a-recording',
    `not a lockstep recording: ${what}`,
    'give a file written by lockstep record',
    ExitCode.badLog,
    cause,
  );

export const damagedHeader = (what: string, cause?: unknown): UserError =>
  new UserError(
    'damaged-header',
    `the header of the recording is damaged: ${what}`,
    'record again or take a sound copy',
    ExitCode.badLog,
    cause,
  );

export const newerFormat = (what: string, cause?: unknown): UserError =>
  new UserError(
    'newer-format',
    `the recording is of a newer format: ${what}`,
    'update lockstep to replay it',
    ExitCode.badLog,
    cause,
  );
