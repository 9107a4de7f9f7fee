/** An arbiter to be tested, and the faults that its kind can have. */
import type { Arbiter } from '../../../src/ft/arbiter.ts';
import type { DiskFolder } from '../../host/disk/support.ts';

/** Longer than anything takes, but for what hangs. */
export const PATIENT_MS = 60_000;

export interface Rig {
  /** A contender's own client. */
  arbiter(deadlineMs?: number): Arbiter;
  /** One whose claims are carried out, and whose answers are lost. */
  deaf(): Arbiter;
  /** Nobody reaches the arbiter, until `heal`. */
  cut(): Promise<void>;
  heal(): Promise<void>;
  /** It hangs, until `thaw`. */
  freeze(): void;
  thaw(): void;
  /** Every message takes this long from now on. */
  slow(ms: number): void;
  /** Killed without a word, and started again. */
  restart(): Promise<void>;
}

/** A name, and how to make one in the folder. */
export type RigMaker = readonly [name: string, make: (folder: DiskFolder) => Promise<Rig>];
