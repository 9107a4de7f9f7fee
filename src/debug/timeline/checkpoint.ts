/**
 * A checkpoint: everything at one tick from which the replay can be gone on with.
 */

import type { MachineState } from '../../emu/machine/machine.ts';
import type { PageTable } from '../../emu/machine/page-table.ts';
import type { Tick } from '../../lib/brands.ts';
import type { Past } from '../../logformat/checkpoint.ts';
import type { ReplayPosition } from './replay.ts';

export interface Checkpoint {
  readonly tick: Tick;
  readonly machine: Omit<MachineState, 'pages'>;
  readonly pages: PageTable;
  readonly position: ReplayPosition;
  /** The console line that was not ended yet. */
  readonly line: Uint8Array;
  /** Digest of all state, to be compared once it is restored; of one that was read from a log. */
  readonly digest?: string;
  /** Of one that a recording begins with. */
  readonly past?: Past;
}

export interface CheckpointInfo {
  readonly tick: Tick;
  /** Power on, or asked for by Timeline.checkpoint: never dropped. */
  readonly pinned: boolean;
  /** Kept in the log, so that it costs no memory until it is used. */
  readonly inLog: boolean;
  /**
   * Bytes of memory that it took more: pages that no other checkpoint had, and its own state; 0 while not in memory.
   */
  readonly bytes: number;
}
