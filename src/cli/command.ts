/**
 * What every lockstep command has: `--json` with the complete result, operator errors in one line with the documented
 * exit code, a stack only for our own bugs. Results go to stdout, everything else to stderr.
 */

import { Command, ux } from '@oclif/core';
import { stdoutFailure, takeStdout } from '../host/ports/stdout.ts';
import { printable } from '../host/printable.ts';
import { ExitCode, UserError } from '../lib/errors.ts';

// oclif throws out of the stream what is not a reader that has gone.
takeStdout();

// What nobody has caught, in a timer or as a message came, ends the process: nothing that it does can be relied on.
process.on('uncaughtException', (error) => {
  tellDefect(error);
  process.exit(ExitCode.bug);
});

export abstract class LockstepCommand extends Command {
  static override enableJsonFlag = true;

  /** As oclif's; but where standard output was lost the process ends here, once the operator knows of it. */
  protected override async _run<T>(): Promise<T> {
    const result = await super._run<T>();
    const failure = await stdoutFailure();
    if (failure === undefined) return result;
    if (process.exitCode !== failure.exitCode) tell(failure);
    process.exit(process.exitCode || failure.exitCode);
  }

  /** Ends the command with this status once its output is written. */
  protected finish(code: ExitCode): void {
    process.exitCode = code;
  }

  protected override async catch(error: Error & { exitCode?: number; oclif?: { exit?: number } }): Promise<unknown> {
    // oclif warns of a command that returns unparsed; this one has been answered.
    this.parsed = true;
    const user = error instanceof UserError ? error : asUsage(error, this.id);
    if (user === undefined) {
      tellDefect(error);
      process.exitCode = ExitCode.bug;
      return undefined;
    }
    reportError(user, this.jsonEnabled());
    return undefined;
  }

  /** bigint as a number where it is exact, else as a string; bytes as hexadecimal. */
  protected override toSuccessJson(result: unknown): unknown {
    return plain(result);
  }
}

/** With all that is known of it. */
export function tellDefect(error: unknown): void {
  const account = error instanceof Error ? (error.stack ?? error.message) : error;
  process.stderr.write(`lockstep: this is a defect of lockstep, please report it:\n${account}\n`);
}

/** Ends the process with the error's status once its output is written. */
export function reportError(error: UserError, json: boolean): void {
  process.exitCode = error.exitCode;
  if (json) ux.stdout(ux.colorizeJson({ error: errorJson(error), exitCode: error.exitCode }, { pretty: true }));
  else tell(error);
}

const tell = ({ what, remedy }: UserError): void =>
  void process.stderr.write(`lockstep: ${printable(`${what}${remedy === '' ? '' : `; ${remedy}`}`)}\n`);

/** oclif's own complaints about a command line: unknown flag, missing value. `id`: the command's, with colons. */
function asUsage(error: Error & { oclif?: { exit?: number } }, id: string | undefined): UserError | undefined {
  if (error.oclif?.exit !== 2) return undefined;
  // Some complaints come as a headline and a list.
  const [headline = '', ...details] = error.message.split('\n').map((line) => line.trim());
  const [first = ''] = details.filter((line) => line !== '');
  const what = headline.startsWith('The following error') ? first : withDetail(headline, first);
  const command = ['lockstep', ...(id ?? '').split(':')].filter((word) => word !== '').join(' ');
  return new UserError('usage', what.replace(/\.$/, ''), `see: ${command} --help`);
}

/** `Missing 1 required arg:` and `Parsing --port` say little by themselves. */
function withDetail(headline: string, detail: string): string {
  if (headline.endsWith(':')) return `${headline} ${detail.replace(/\s{2,}/, ', ')}`;
  return headline.startsWith('Parsing ') && detail !== '' ? `${headline}: ${detail}` : headline;
}

/** An operator error in a result, at whatever moment it came. */
const errorJson = ({ code, what, remedy }: UserError) => ({ code, message: what, remedy });

function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Map) return plain(Object.fromEntries(value));
  if (value instanceof UserError) return errorJson(value);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}
