/** What a guest thread is made of, whatever it does. */

import type { Output } from '../../../src/emu/machine/events.ts';
import type { Doors } from '../../../src/session/doors.ts';
import type { Gate } from '../../../src/session/gate.ts';
import type { SimMachine } from '../guest/machine.ts';
import type { Clockwork } from '../world/clockwork.ts';
import type { Random } from '../world/random.ts';

export interface GuestParts {
  readonly clockwork: Clockwork;
  readonly ticksPerUs: number;
  readonly nowNs: () => bigint;
  readonly random: Random;
  readonly sliceNs: bigint;
  /** A machine behind these doors, for this thread. */
  readonly machine: (doors: Doors) => SimMachine;
  /** Puts something around the gate; for mutants. */
  readonly gate: (gate: Gate, leak: (output: Output) => void) => Gate;
  /** Each frame of the own log as it is written. `waiting`: things that the main thread has not taken so far. */
  readonly written: (sequence: number, bytes: Uint8Array, waiting: number) => void;
  /**
   * Each frame of a log that is not the own one: a copy's, or of copy 0 when backups read the disk themselves. `units`,
   * with the state: what has left each device. `waiting`, of copy 0: as of `written`.
   */
  readonly branched: (
    copy: number,
    bytes: Uint8Array,
    units: { readonly [device: string]: bigint } | undefined,
    waiting?: number,
  ) => void;
  readonly probe: (what: string) => void;
  /** Something happened that must happen in some world. */
  readonly did: (what: string) => void;
  /** Backups read the disk themselves. */
  readonly reads: boolean;
  /** The disk is an image of this side's own. */
  readonly own: boolean;
}
