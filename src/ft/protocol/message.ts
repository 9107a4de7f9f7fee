/**
 * What the two sides of a pair say to each other on the logging channel. A channel is one connection at a time, dialled
 * by the primary; messages arrive whole and in order, or the connection is closed.
 */

import type { Tick } from '../../lib/brands.ts';

/** Of the messages and their bytes. Two sides that differ do not pair. */
export const PROTOCOL_VERSION = 3;

/** Units of output that have left each device: console bytes, or packets. Counted from reset. */
export interface Released {
  readonly [device: string]: bigint;
}

/** From the primary. */
export type PrimaryMessage =
  /**
   * First on every connection, and again when the primary must know whether it is still followed. `surroundings`: what
   * the backup needs to go live where the primary was (opaque here).
   * `first`: number of the first frame that the primary can send; a backup that has none yet must be given frame 0.
   */
  | {
      readonly kind: 'hello';
      readonly version: number;
      readonly pair: string;
      readonly epoch: number;
      readonly who: string;
      /** Names the physical host, so that both are never on one. */
      readonly host: string;
      readonly first: number;
      readonly surroundings: Uint8Array;
      /**
       * Of a guest that ran before: the log begins with a checkpoint of it. Numbers the attempts of this primary; a
       * backup goes on with the one that it has begun with.
       */
      readonly copy?: number;
    }
  /** One frame of the log, byte for byte, in order; `sequence` is the frame's own number. */
  | { readonly kind: 'frame'; readonly sequence: number; readonly bytes: Uint8Array }
  | { readonly kind: 'released'; readonly released: Released }
  /** Keeps a quiet channel from being silent; answered by 'executed'. */
  | { readonly kind: 'alive' }
  /**
   * A planned switch: the guest stands still behind frame `through`, everything that the frames cover has left, and the
   * backup may claim the next epoch, for `reason`. `stoodStillMs`: since the guest stopped. Said again on every new
   * connection.
   */
  | { readonly kind: 'yield'; readonly through: number; readonly reason: string; readonly stoodStillMs: number };

/** From the backup. */
export type BackupMessage =
  /** Answers 'hello'. `received`: highest frame held or used, -1 for none; the primary goes on after it. */
  | { readonly kind: 'welcome'; readonly who: string; readonly host: string; readonly received: number }
  /** Answers 'hello' that cannot be followed; the connection is closed after it. */
  | { readonly kind: 'refuse'; readonly reason: string }
  /** Every frame up to `sequence` is in the backup's buffer: the Output Rule's acknowledgement. */
  | { readonly kind: 'ack'; readonly sequence: number }
  /**
   * The guest has executed everything in the frames up to `sequence`, and stands at `tick`. `buffered`: bytes received
   * and not executed. `digests`: state digests compared and equal. `links`: all network cards of this side have their
   * peer; left out when not known. `leaves`: this side is to go, and asks to be let go.
   */
  | {
      readonly kind: 'executed';
      readonly sequence: number;
      readonly tick: Tick;
      readonly buffered: number;
      readonly digests: number;
      readonly links?: boolean;
      readonly leaves?: true;
    }
  /** Answers 'yield': the guest is live here. `stoodStillMs`: from its stop at the primary until now. */
  | { readonly kind: 'taken'; readonly epoch: number; readonly stoodStillMs: number }
  /** The replay has diverged: the backup stops and never goes live. */
  | { readonly kind: 'diverged'; readonly report: string };

export type Message = PrimaryMessage | BackupMessage;

/** UDP, both ways, beside the channel. */
export interface Heartbeat {
  readonly pair: string;
  readonly epoch: number;
  readonly who: string;
  /** One more each. */
  readonly count: number;
}
