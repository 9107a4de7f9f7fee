/**
 * What the guest thread is told when it starts, and what it says when it ends. Plain data: it goes between threads by
 * structured clone.
 */

import type { Halt } from '../../emu/machine/events.ts';
import type { MachineConfig } from '../../emu/machine/machine.ts';
import { type ExitCode, UserError } from '../../lib/errors.ts';
import type { LogHeader } from '../../logformat/header.ts';
import type { RecordKind } from '../../logformat/records.ts';
import type { Divergence } from '../../session/divergence.ts';
import type { CheckpointSpacing } from '../checkpoint-schedule.ts';
import type { EntropySetting } from '../entropy.ts';
import type { EngineName } from '../guest-options.ts';
import type { KeptImages } from '../kept-images.ts';
import type { Kept } from '../record-options.ts';
import type { SharedState } from './shared-state.ts';

export interface GuestJob {
  readonly config: MachineConfig;
  readonly images: KeptImages;
  readonly engine: EngineName;
  readonly entropy: EntropySetting;
  readonly shared: SharedState;
  /** Of the log that is recorded, or would be. */
  readonly header: LogHeader;
  /** Record to the open file `fd`, made for this alone, at `path`. */
  readonly record?: {
    readonly fd: number;
    readonly path: string;
    /** How far apart checkpoints are; none are made when left out. */
    readonly checkpoints?: CheckpointSpacing;
    /** How much is kept: all when left out. Not together with checkpoints. */
    readonly kept?: Kept;
  };
  /** Go through the history of this recording first, up to `untilTick` or its end. */
  readonly resume?: { readonly path: string; readonly untilTick?: bigint };
}

export interface Totals {
  readonly ticks: bigint;
  /** Tick at which the time below began: 0, or where a continued guest went live. */
  readonly fromTick: bigint;
  /** Where the recording begins of which the end is kept; at power on when left out. */
  readonly keptFromTick?: bigint;
  /** Guest time, units of 100 ns. */
  readonly time: bigint;
  /** Host time since the guest was live, and how much of it was spent waiting, nanoseconds. */
  readonly elapsedNs: bigint;
  readonly idleNs: bigint;
  readonly consoleBytes: bigint;
  readonly logBytes: number;
  readonly events: { readonly [kind in RecordKind]?: number };
}

/** A UserError as it goes between threads: a class does not survive the way. */
export interface PlainUserError {
  readonly code: string;
  readonly what: string;
  readonly remedy: string;
  readonly exitCode: ExitCode;
}

export type GuestReport =
  | { readonly kind: 'live'; readonly tick: bigint }
  | { readonly kind: 'notice'; readonly text: string }
  | { readonly kind: 'halted'; readonly halt: Halt; readonly totals: Totals }
  | { readonly kind: 'stopped'; readonly totals: Totals }
  | { readonly kind: 'diverged'; readonly divergence: Divergence; readonly totals: Totals }
  | { readonly kind: 'failed'; readonly error: PlainUserError; readonly totals: Totals | undefined };

/** How a guest ended. */
export type GuestEnd = Exclude<GuestReport, { kind: 'live' | 'notice' }>;

export function toPlain({ code, what, remedy, exitCode }: UserError): PlainUserError {
  return { code, what, remedy, exitCode };
}

export function fromPlain({ code, what, remedy, exitCode }: PlainUserError): UserError {
  return new UserError(code, what, remedy, exitCode);
}
