/**
 * How a command on a guest or a recording ended: what its result line, its --json and its exit status are made from.
 */

import type { Halt } from '../emu/machine/events.ts';
import { ExitCode, type UserError } from '../lib/errors.ts';
import type { RecordKind } from '../logformat/records.ts';
import type { Divergence } from '../session/divergence.ts';
import type { Totals } from './live/job.ts';

/**
 * 'halted': the guest stopped by itself; 'stopped': the operator ended it, or the replay came to where it was to end;
 * 'cut': the recording has no end and was replayed as far as it goes; 'failed': `error` ended it.
 */
export type Ending = 'halted' | 'stopped' | 'cut' | 'diverged' | 'failed';

export interface Outcome {
  readonly ending: Ending;
  readonly exitCode: ExitCode;
  readonly halt?: Halt;
  readonly divergence?: Divergence;
  readonly error?: UserError;
  /** Why a recording is cut. */
  readonly cut?: string;
  /** The recording written, or the one replayed. */
  readonly recording?: string;
  readonly totals: Totals;
  /** Million steps a second of host time, waiting not counted. */
  readonly mips: number;
}

export const NO_TOTALS: Totals = {
  ticks: 0n,
  fromTick: 0n,
  time: 0n,
  elapsedNs: 0n,
  idleNs: 0n,
  consoleBytes: 0n,
  logBytes: 0,
  events: {} as { readonly [kind in RecordKind]?: number },
};

export function mipsOf({ ticks, fromTick, elapsedNs, idleNs }: Totals): number {
  const busyNs = Number(elapsedNs - idleNs);
  return busyNs <= 0 ? 0 : (Number(ticks - fromTick) * 1e3) / busyNs;
}

/** A guest that reports failure fails the command, whatever its code. */
export function haltExitCode(halt: Halt): ExitCode {
  return halt.code === 0 ? ExitCode.done : ExitCode.diverged;
}
