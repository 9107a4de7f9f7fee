/**
 * What the operator did wrong or met with, as opposed to a guest fault (machine state) and to our own bug (any other
 * Error, shown with its stack). An operator error says what happened, with the value, and what to do about it.
 */

/** Exit codes of the `lockstep` command. Part of its interface: scripts and CI rely on them. */
export const ExitCode = {
  /** The work was done; a replay agreed. */
  done: 0,
  /** A replay diverged, two recordings differ, or the guest reported failure. */
  diverged: 1,
  /** The command line, or a file it names, cannot be used. */
  usage: 2,
  /** The recording is damaged, of a newer format, or no recording at all. */
  badLog: 3,
  /** A peer, or the storage written to, was lost. */
  lost: 4,
  /** A defect of lockstep. */
  bug: 70,
  /** Stopped by the operator (SIGINT). */
  interrupted: 130,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/**
 * An operator error. `code` is stable and kebab-case ('bad-image'); `what` tells what happened and the offending
 * value; `remedy` tells what to do. Both are clauses without a final stop, so that `message` is one line:
 * "what; remedy". `exitCode` is the status the command ends with.
 */
export class UserError extends Error {
  override readonly name = 'UserError';
  readonly code: string;
  readonly what: string;
  readonly remedy: string;
  readonly exitCode: ExitCode;

  constructor(code: string, what: string, remedy: string, exitCode: ExitCode = ExitCode.usage, cause?: unknown) {
    super(`${what}; ${remedy}`, cause === undefined ? undefined : { cause });
    this.code = code;
    this.what = what;
    this.remedy = remedy;
    this.exitCode = exitCode;
  }
}
