/**
 * Entry point of a measured lockstep: does what `lockstep run`, `record` and `replay` do, by the same functions, and
 * writes the totals to descriptor 3 for the bench.
 *   node lockstep-process.ts run|record|replay JSON      JSON: a LockstepJob
 */

import { writeSync } from 'node:fs';
import { DEFAULTS } from '../src/host/guest-options.ts';
import type { Outcome } from '../src/host/outcome.ts';
import { recordGuest, runGuest } from '../src/host/record-guest.ts';
import { replayFile } from '../src/host/replay-file.ts';

export interface LockstepJob {
  readonly kernel: string;
  readonly initrd?: string;
  readonly append: string;
  /** A raw image; its changes end with the run. */
  readonly drive?: string;
  /** Written by record, read by replay. */
  readonly log: string;
}

export interface LockstepReport {
  readonly ticks: number;
  readonly logBytes: number;
  readonly idleSeconds: number;
}

const REPORT_FD = 3;
const [mode, text = '{}'] = process.argv.slice(2);
const { log, drive, ...machine } = JSON.parse(text) as LockstepJob;

const { totals, exitCode, ending } = await outcomeOf(mode);
const report: LockstepReport = {
  ticks: Number(totals.ticks),
  logBytes: totals.logBytes,
  idleSeconds: Number(totals.idleNs) / 1e9,
};
writeSync(REPORT_FD, JSON.stringify(report));
if (exitCode !== 0) process.stderr.write(`lockstep ${mode}: ${ending}\n`);
process.exitCode = exitCode;

function outcomeOf(what: string | undefined): Promise<Outcome> {
  const drives = drive === undefined ? [] : [{ path: drive, mode: 'cow' as const }];
  const guest = { ...DEFAULTS, ...machine, drives };
  const notice = (line: string): void => void process.stderr.write(`${line}\n`);
  const ui = { input: process.stdin, output: process.stdout, notice };
  switch (what) {
    case 'run':
      return runGuest(guest, ui);
    case 'record':
      return recordGuest({ ...guest, output: log }, ui);
    case 'replay':
      return replayFile({ file: log, engine: DEFAULTS.engine }, { output: process.stdout });
    default:
      throw new Error(`${what} is none of run, record, replay`);
  }
}
