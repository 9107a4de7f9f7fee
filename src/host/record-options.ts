/** What an operator can say about a guest that is run or recorded, already parsed, and what is told meanwhile. */

import type { PairStatus } from '../ft/protocol/status.ts';
import type { LogHeader } from '../logformat/header.ts';
import type { CheckpointSpacing } from './checkpoint-schedule.ts';
import type { GuestOptions, Surroundings } from './guest-options.ts';
import type { Stdio } from './guest-ports.ts';
import type { Progress } from './live/shared-state.ts';

/**
 * Why the operator's `stop` is aborted: the guest is to 'end'; or this process is to 'leave', and its guest is to go on
 * elsewhere if it can.
 */
export type StopReason = 'end' | 'leave';

/** Of one that is aborted. */
export const reasonOfStop = (stop: AbortSignal | undefined): StopReason => (stop?.reason === 'leave' ? 'leave' : 'end');

/** What the operator sees and says while a guest is live. */
export interface LiveUi extends Stdio {
  /** One line, without a final stop. */
  notice(text: string): void;
  /** Called a few times a second. */
  progress?(progress: Progress): void;
  /** The guest is live; a continued one at this tick. */
  live?(tick: bigint): void;
  /** The recording that is being written. */
  recording?(path: string): void;
  /** The guest is a pair's, whose side here stands elsewhere than before. */
  changed?(status: PairStatus): void;
  /**
   * Aborted, with a StopReason: the guest is ended where it stands, and a recording is closed with its end frame; or,
   * if it is a pair's, goes on elsewhere.
   */
  readonly stop?: AbortSignal;
}

/** How a guest is found on its host, so that it can be protected while it runs (ft/guest-door.ts). */
export interface FoundBy {
  /** One that comes by itself when left out. */
  readonly name?: string;
}

/** Of any live guest. */
export interface LiveOptions extends Surroundings {
  /** Left out: it cannot be found. */
  readonly foundBy?: FoundBy;
  /** What a recording of it is called after. */
  readonly kernel?: string;
  readonly bios?: string;
}

export interface RunOptions extends GuestOptions, Pick<LiveOptions, 'foundBy'> {}

/** How much of a recording is kept: its last so many bytes or nanoseconds of host time, at least. */
export type Kept = { readonly by: 'bytes'; readonly bytes: number } | { readonly by: 'time'; readonly ns: bigint };

export interface RecordOptions extends RunOptions {
  /** The recording; a new name in the default folder when left out. */
  readonly output?: string;
  /** Command line, for people. */
  readonly command?: readonly string[];
  readonly digestTicks?: LogHeader['digestTicks'];
  /** How far apart checkpoints in the recording are; none are made when left out. */
  readonly checkpoints?: CheckpointSpacing;
  /** All of it is kept when left out. Not together with checkpoints. */
  readonly kept?: Kept;
}
