/**
 * What the guest thread of a pair's side is told when it is to begin. Plain data: it goes between threads by structured
 * clone.
 */

import type { MachineConfig } from '../../emu/machine/machine.ts';
import type { MethodSettings } from '../../ft/guest/method.ts';
import type { LogHeader } from '../../logformat/header.ts';
import type { EntropySetting } from '../entropy.ts';
import type { EngineName } from '../guest-options.ts';
import type { KeptImages } from '../kept-images.ts';
import type { SharedState } from '../live/shared-state.ts';

/** Told at the thread's start. `early`: what it is to do comes some time later. */
export interface WhenStarted {
  readonly early: boolean;
}

/** The own log: the open file `fd`, made for this alone, at `path`. */
export interface LogFile {
  readonly fd: number;
  readonly path: string;
}

/** Drives of which each side has its own image: inside the pair, so that what they are asked is no output. */
export type OwnDevices = ReadonlySet<string>;

interface SideJob {
  readonly shared: SharedState;
  readonly engine: EngineName;
  readonly entropy: EntropySetting;
  /** How a backup is kept in step while the guest lives here. */
  readonly method: MethodSettings;
}

export interface PrimaryJob extends SideJob {
  readonly role: 'primary';
  readonly log: LogFile;
  readonly inside: OwnDevices;
  readonly config: MachineConfig;
  readonly images: KeptImages;
  readonly header: LogHeader;
  /** A backup has been there from the beginning. */
  readonly followed: boolean;
}

/** Machine and images come over the channel, in the log that is followed. */
export interface BackupJob extends SideJob {
  readonly role: 'backup';
  readonly log: LogFile;
  readonly inside: OwnDevices;
  /** Flip a bit of the guest's state at this tick of the replay: a test aid. */
  readonly injectFaultTick?: bigint;
}

/** The same for a backup that is given states and no log: it keeps no log itself. */
export interface StateJob extends SideJob {
  readonly role: 'state';
}

export type SideOfPairJob = PrimaryJob | BackupJob | StateJob;
