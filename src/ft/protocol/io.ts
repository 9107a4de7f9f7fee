/**
 * What goes into the protocol core and what comes out of it.
 *
 *     new Primary<P>(settings, nowMs, surroundings)      new Backup<P>(settings, nowMs)
 *     .handle(event, nowMs): readonly Effect[]           the effects are carried out in order, before the next event
 *     .deadline: number | undefined                      'time' is to be handled then; asked for after each `handle`
 *     .state, .status                                    for reports
 *
 * It does nothing itself. `nowMs`: a monotonic clock of the node's own (fractions allowed), never compared with
 * another's. After a final effect ('halt', 'off') events are taken and have no effect. An event that can only come from
 * a defect of the host's (a frame out of order from the own guest) throws.
 */

import type { Tick } from '../../lib/brands.ts';
import type { ClaimResult } from '../arbiter.ts';
import type { Place } from '../disk/place.ts';
import type { BackupMessage, Heartbeat, PrimaryMessage } from './message.ts';

/** Names one connection of this node's; never used twice. */
export type ConnectionId = number;

/** Where heartbeats of the other side's come from: an address, opaque here. */
export type HeartbeatPath = object;

/**
 * Something that the guest gives to the world. Opaque but for what releasing needs: `unit` counts what has left the
 * device up to and including this (Released), `payload` is what the outside takes.
 */
export interface HeldOutput<P> {
  readonly device: string;
  readonly unit: bigint;
  /** What it changes on a disk that the backup reads itself. */
  readonly place?: Place | undefined;
  readonly payload: P;
}

export type ChannelEvent<M> =
  | { readonly kind: 'connected'; readonly connection: ConnectionId }
  | { readonly kind: 'message'; readonly connection: ConnectionId; readonly message: M }
  | { readonly kind: 'closed'; readonly connection: ConnectionId; readonly reason: string };

export type CommonEvent =
  | { readonly kind: 'heartbeat'; readonly heartbeat: Heartbeat; readonly from?: HeartbeatPath }
  /** Answers the effect 'claim'. */
  | { readonly kind: 'claimed'; readonly epoch: number; readonly result: ClaimResult }
  /** Time alone: the deadline has come. */
  | { readonly kind: 'time' };

export type PrimaryEvent<P> =
  | CommonEvent
  | ChannelEvent<BackupMessage>
  /**
   * The guest's log has one more frame. `last`: the end of the log, the guest is off. `commit`: in the log of a copy,
   * the state that the backup begins with; what the guest does from here on is covered by the frames that follow.
   */
  | {
      readonly kind: 'frame';
      readonly sequence: number;
      readonly bytes: Uint8Array;
      readonly last: boolean;
      readonly commit?: boolean;
    }
  /** The frame that comes next says that these were read, and the backup has still to read them. */
  | { readonly kind: 'reads'; readonly places: readonly Place[] }
  /** A planned switch is wanted, for `reason`; `switchObjection` tells beforehand what is against it. */
  | { readonly kind: 'switch'; readonly reason: string }
  /** Answers 'quiesce': the guest stands still, and all that it has made has been told. */
  | { readonly kind: 'quiet' }
  /** The backup is to be another one: this node claims, and is alone when it has won. */
  | { readonly kind: 'letGo' }
  /** A switch that has not yet asked anything of the backup is to come to nothing. */
  | { readonly kind: 'callOff'; readonly why: string }
  /** Answers 'settle'. */
  | { readonly kind: 'settled' }
  /** All network cards have their peer on this side, or one of them has not. */
  | { readonly kind: 'links'; readonly up: boolean }
  /** The guest is off, and no frame of this log says so. */
  | { readonly kind: 'ended' }
  /** The guest has made this, and the frames so far cover it. */
  | { readonly kind: 'output'; readonly output: HeldOutput<P> };

export type BackupEvent<P> =
  | CommonEvent
  | ChannelEvent<PrimaryMessage>
  /** The guest has executed all frames up to `sequence`, which was given to it by 'feed'. -1: none yet. */
  | { readonly kind: 'executed'; readonly sequence: number; readonly tick: Tick; readonly digests: number }
  /** The guest that replays has made this. */
  | { readonly kind: 'output'; readonly output: HeldOutput<P> }
  /** Answers the effect 'drain': everything received is executed, and the guest stands still. */
  | { readonly kind: 'drained' }
  /** The replay came to the end of the log: the primary's guest is off. */
  | { readonly kind: 'off' }
  /** As the primary's. */
  | { readonly kind: 'links'; readonly up: boolean }
  /** This side is to go. Its primary is asked to let it go; until that has, it takes over like any other. */
  | { readonly kind: 'leave' }
  | { readonly kind: 'diverged'; readonly report: string };

export type CommonEffect<M, P> =
  | { readonly kind: 'send'; readonly connection: ConnectionId; readonly message: M }
  /** Close it, after what was sent on it. 'closed' may follow or not: the core has forgotten the connection. */
  | { readonly kind: 'disconnect'; readonly connection: ConnectionId; readonly reason: string }
  /** `to`: whence the other side's newest came, where that is known. A primary knows its backup's address by itself. */
  | { readonly kind: 'heartbeat'; readonly heartbeat: Heartbeat; readonly to?: HeartbeatPath }
  | { readonly kind: 'claim'; readonly epoch: number }
  /** To the world, now, in this order. */
  | { readonly kind: 'release'; readonly output: HeldOutput<P> }
  /**
   * This node is the pair from now on, in `epoch`: storage requests carry it, and the network is told where the guest
   * is. The outputs that were held follow as 'release'.
   */
  | { readonly kind: 'live'; readonly epoch: number }
  /** Final: the guest is stopped where it stands; nothing more leaves this node. */
  | { readonly kind: 'halt'; readonly why: 'lost'; readonly holder: string }
  /** Final, as was asked: the pair goes on at `holder`. */
  | { readonly kind: 'halt'; readonly why: 'letGo'; readonly holder: string }
  /** Final, as planned: the guest lives at `holder`. `stoodStillMs`: for how long it did, if that is known. */
  | {
      readonly kind: 'halt';
      readonly why: 'handedOver';
      readonly holder: string;
      readonly stoodStillMs: number | undefined;
    }
  /** 'forgotten': the primary was lost before this backup had a guest: another may come, to a node that is new. */
  | { readonly kind: 'halt'; readonly why: 'diverged' | 'refused' | 'forgotten'; readonly detail: string }
  /** Final: the guest is off, and the other side knows or will never go live. */
  | { readonly kind: 'off' }
  /** For the operator: one line, without a final stop. */
  | { readonly kind: 'notice'; readonly text: string };

export type PrimaryEffect<P> =
  | CommonEffect<PrimaryMessage, P>
  /** Dial the backup; 'connected' or 'closed' follows under this name. */
  | { readonly kind: 'dial'; readonly connection: ConnectionId }
  /** The backup follows: the guest may begin; a guest that runs is to be copied. Once. */
  | { readonly kind: 'begin' }
  /** Final: no backup was made of the guest, which goes on as it was. Nothing is held. `refused`: one side said no. */
  | { readonly kind: 'abandon'; readonly reason: string; readonly refused: boolean }
  /** The guest comes to a stop at the end of a slice, with its log flushed; 'quiet' follows, behind what it made. */
  | { readonly kind: 'quiesce' }
  /** What was released is to leave this host, and requests under way are to be done; 'settled' follows. */
  | { readonly kind: 'settle' }
  /** The guest that was to come to a stop goes on here: the switch has come to nothing, for `reason`. */
  | { readonly kind: 'resume'; readonly reason: string }
  /** The buffer is full, or has room again: the guest stops, or goes on. */
  | { readonly kind: 'stall'; readonly stalled: boolean }
  /** Share of the processor that the guest gets, above 0 and at most 1. */
  | { readonly kind: 'share'; readonly share: number };

export type BackupEffect<P> =
  | CommonEffect<BackupMessage, P>
  /** To the guest that replays, in order. */
  | { readonly kind: 'feed'; readonly sequence: number; readonly bytes: Uint8Array }
  /** What the primary's hello carried; once, before the first 'feed'. */
  | { readonly kind: 'follow'; readonly surroundings: Uint8Array }
  /** Read from this connection, or leave what comes in it: the buffer is full. */
  | { readonly kind: 'reading'; readonly connection: ConnectionId; readonly reading: boolean }
  /** No more frames will come: the guest executes what it has been given and stops; 'drained' follows. */
  | { readonly kind: 'drain' }
  /**
   * After 'live' and the releases: give out pending requests again, and let the guest go on with the doors of a live
   * host. Outputs of its own go to the world at once; the core need not see them.
   */
  | { readonly kind: 'goLive' };

/** Where a node stands; for reports, and for what operations are allowed. */
export type PrimaryState =
  | 'seeking'
  | 'copying'
  | 'protected'
  | 'switching'
  | 'yielded'
  | 'claiming'
  | 'alone'
  | 'abandoned'
  | 'halted'
  | 'off';
export type BackupState = 'waiting' | 'following' | 'claiming' | 'draining' | 'live' | 'halted' | 'off' | 'diverged';
