/**
 * How a command on a guest or a recording ended: what its result line, its --json and its exit status are made from.
 */

import type { Halt } from '../emu/machine/events.ts';
import { ExitCode, type UserError } from '../lib/errors.ts';
import type { RecordKind } from '../logformat/records.ts';
import type { Divergence } from '../session/divergence.ts';
import { fromPlain, type GuestEnd, type Totals } from './live/job.ts';

/**
 * 'halted': the guest stopped by itself; 'stopped': the operator ended it, or the replay came to where it was to end;
 * 'cut': the recording has no end and was replayed as far as it goes; 'damaged': it was replayed as far as it is sound,
 * and `error` says where that is; 'failed': `error` ended it.
 */
export type Ending = 'halted' | 'stopped' | 'cut' | 'damaged' | 'diverged' | 'failed';

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

/** `recording`: the one that was written. `quit`: the operator ended it at the terminal. */
export function outcomeOf(end: GuestEnd, recording: string | undefined, quit: boolean): Outcome {
  const totals = end.totals ?? NO_TOTALS;
  const common = { ...(recording === undefined ? {} : { recording }), totals, mips: mipsOf(totals) };
  switch (end.kind) {
    case 'halted':
      return { ...common, ending: 'halted', exitCode: haltExitCode(end.halt), halt: end.halt };
    case 'stopped':
      return { ...common, ending: 'stopped', exitCode: quit ? ExitCode.done : ExitCode.interrupted };
    case 'diverged':
      return { ...common, ending: 'diverged', exitCode: ExitCode.diverged, divergence: end.divergence };
    case 'failed': {
      const error = fromPlain(end.error);
      return { ...common, ending: 'failed', exitCode: error.exitCode, error };
    }
  }
}
