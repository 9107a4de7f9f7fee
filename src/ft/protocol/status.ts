/** What a node tells about itself. Plain data: times in milliseconds of the node's own clock, sizes in bytes. */

import type { Peer } from './greeting.ts';
import type { BackupState, PrimaryState } from './io.ts';
import type { SwitchReport } from './switchover.ts';
import type { TakeoverReport } from './takeover.ts';

/**
 * A takeover, moment by moment: detection is suspectedAt - lastHeardAt, the arbiter claimedAt - suspectedAt, the lag
 * liveAt - claimedAt. While nobody is suspected `lastHeardAt` is the latest sign of life.
 */
interface CommonStatus extends TakeoverReport {
  readonly pair: string;
  readonly who: string;
  readonly host: string;
  /** The epoch that this node is in: one more from going live on. */
  readonly epoch: number;
  readonly peer: Peer | undefined;
  /** The channel is open and greeted. */
  readonly connected: boolean;
  readonly heldOutputs: number;
  /** State digests that the backup has compared, all equal. */
  readonly digests: number;
}

export interface PrimaryStatus extends CommonStatus {
  readonly role: 'primary';
  readonly state: PrimaryState;
  readonly lagMs: { readonly now: number; readonly p50: number; readonly p99: number };
  readonly share: number;
  /** Frames that are not acknowledged. */
  readonly buffer: { readonly bytes: number; readonly limitBytes: number };
  /** As the backup last told. */
  readonly backupBufferBytes: number;
  readonly frames: {
    readonly handed: number;
    readonly sent: number;
    readonly acked: number;
    readonly executed: number;
  };
  readonly releasedOutputs: number;
  /** Changes of a disk that had to wait until the backup had read the place. */
  readonly heldBehindReads: number;
  readonly stalled: boolean;
  readonly stalls: number;
  readonly stalledMs: number;
  /** Times that a channel was lost and came back. */
  readonly reconnections: number;
  /** The last planned switch that was begun here. */
  readonly switchover: SwitchReport | undefined;
  /** All network cards of the backup's have their peer, as it last told. */
  readonly backupLinks: boolean | undefined;
}

export interface BackupStatus extends CommonStatus {
  readonly role: 'backup';
  readonly state: BackupState;
  /** Frames that are not executed. */
  readonly buffer: { readonly bytes: number; readonly limitBytes: number };
  readonly reading: boolean;
  readonly frames: { readonly received: number; readonly executed: number };
  readonly tick: bigint;
  /** Outputs of the replay that the primary has released itself. */
  readonly droppedOutputs: number;
}

export type PairStatus = PrimaryStatus | BackupStatus;
