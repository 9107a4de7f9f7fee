/**
 * An outside command asked about a moment: run by the shell with the guest's state on standard input, as `lockstep
 * inspect --json` shows it, and where it is in the environment. Exit status 0 means that it holds, 1 that it does not,
 * as with test(1); anything else ends the search.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { LinuxView } from '../debug/guest/linux.ts';
import { inspect } from '../debug/inspect/inspection.ts';
import { UserError } from '../lib/errors.ts';
import { recordsBefore } from './inspect-events.ts';
import { inspectionJson } from './inspect-json.ts';
import type { InspectSession } from './inspect-session.ts';

const EVENTS = 8;

/** UserError when the command cannot be run, or answers with neither 0 nor 1. */
export async function commandSucceeds(
  command: string,
  session: InspectSession,
  json: (result: unknown) => string,
): Promise<boolean> {
  const { timeline, path } = session;
  const { now, board } = timeline;
  const env = {
    ...process.env,
    LOCKSTEP_RECORDING: path,
    LOCKSTEP_TICK: String(now),
    LOCKSTEP_END: String(timeline.end),
    LOCKSTEP_PC: `0x${board.pc.toString(16)}`,
  };
  // What it prints goes to standard error: standard output is for the result.
  const child = spawn('/bin/sh', ['-c', command], { env, stdio: ['pipe', process.stderr, process.stderr] });
  // It need not read.
  child.stdin.on('error', () => {});
  child.stdin.end(json(inspectionAt(session)));
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  if (code === 0 || code === 1) return code === 0;
  const how = code === null ? `was ended by ${signal}` : `ended with status ${code}`;
  const remedy = 'it must end with 0 where the condition holds and 1 where it does not';
  throw new UserError('probe-failed', `at tick ${now} the command ${command} ${how}`, remedy);
}

function inspectionAt({ timeline, reader, symbols, images }: InspectSession) {
  const { board, now, end } = timeline;
  const linux = images.kernel === undefined ? undefined : LinuxView.of(images.kernel, symbols);
  const events = recordsBefore(reader, now, EVENTS);
  return inspectionJson({ ...inspect(board, symbols), end, events, process: linux?.current(board) });
}
