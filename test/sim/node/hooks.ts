/**
 * Where something may be put between the parts of a world, to see whether the monitors notice. Without any, a world is
 * made of the real parts alone.
 */

import type { Output } from '../../../src/emu/machine/events.ts';
import type { ClaimResult } from '../../../src/ft/arbiter.ts';
import type { Gate } from '../../../src/session/gate.ts';
import type { SimMachine } from '../guest/machine.ts';
import type { BlockReply, Storage } from '../world/storage.ts';
import type { BackupCore, PrimaryCore } from './core.ts';
import type { DiskOutput } from './disk-client.ts';

export interface Hooks {
  primary?(core: PrimaryCore): PrimaryCore;
  backup?(core: BackupCore): BackupCore;
  primaryGate?(gate: Gate): Gate;
  /** What a node takes an answer of the arbiter for. */
  claimResult?(result: ClaimResult): ClaimResult;
  /** Each machine, when it is made. */
  machine?(machine: SimMachine): void;
  /** Frames as the backup's guest gets them. */
  fed?(bytes: Uint8Array): Uint8Array;
  /** Before the guest goes live; false: nothing is given out again. */
  reissues?: boolean;
  /** A reply of the disk has come to the node, and the machine does not know yet. */
  diskReply?(machine: SimMachine, output: DiskOutput, reply: BlockReply & { readonly kind: 'done' }): void;
  /** The backup's gate; `leak` gives an output to the host's devices. */
  backupGate?(gate: Gate, leak: (output: Output) => void): Gate;
  /** The backup's machine has been given a frame. */
  backupMachine?(machine: SimMachine): void;
  /** Operations on one place do not wait for one another. */
  racesFree?: boolean;
  storage?: new (...args: ConstructorParameters<typeof Storage>) => Storage;
  /** Tells the network where the guest is as soon as the epoch is asked for. */
  announcesEarly?: boolean;
  /** False: the state of a copy does not wait for the images that go with it. */
  imagesWait?: boolean;
  /** False: a guest lives before its image holds what it has asked. */
  imagesSettle?: boolean;
}
