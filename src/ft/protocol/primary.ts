/**
 * The primary's side of the pair. Invariants:
 *  - an output leaves only when the backup holds every frame that was handed over before it (Output Rule), or when the
 *    arbiter has given the next epoch to this node;
 *  - without the arbiter's 'won' this node is never alone, and after 'lost' nothing more leaves it.
 *
 *     state      connected  message      closed    heartbeat  frame     output   claimed  time
 *     seeking    greet      court        redial    -          keep      hold(3)  -        dial
 *     copying    greet      listen       reconnect note       send      release  -        detect, dial, pace
 *     protected  greet      listen       reconnect note       send      hold(1)  -        detect, dial, pace, control
 *     claiming   -          -            -         -          keep      hold     verdict  ask again
 *     alone      -          -            -         -          (2)       release  -        -
 *     halted, off: nothing has any effect
 *
 *     abandoned  -          -            -         -          -         release  -        -
 *
 * (1) released at once when what covers it is acknowledged. (2) the last one: off. (3) release, of a guest that runs.
 *
 * A guest that runs already (`copy`) is alone in the present epoch until the frame with its state is handed over, which
 * is the commit point: before it everything leaves at once and a backup that fails is let go ('abandon'); after it this
 * is a primary like any other. docs/ft-protocol.md, "The primary", "A new backup".
 */

import { Detector, earliest, type SuspicionCause } from './detector.ts';
import type { Peer } from './greeting.ts';
import { HeldOutputs } from './held-outputs.ts';
import type { HeldOutput, PrimaryEffect, PrimaryEvent, PrimaryState } from './io.ts';
import { CONTROL_EVERY_MS, LagControl } from './lag-control.ts';
import { LagMeter } from './lag-meter.ts';
import { Heart, Pulse } from './pacing.ts';
import { type ChannelEars, PrimaryChannel } from './primary-channel.ts';
import { assertSettings, type PairSettings } from './settings.ts';
import { Stall } from './stall.ts';
import { dispatch, type StateTable } from './state-table.ts';
import type { PrimaryStatus } from './status.ts';
import { Takeover } from './takeover.ts';

type Event<P, K extends PrimaryEvent<P>['kind']> = Extract<PrimaryEvent<P>, { readonly kind: K }>;

/** A backup that is dialled in vain so often, or does not answer for so many times of detection, is not there. */
const DIALS_MAX = 3;
const SEEK_DETECTIONS = 2;

export class Primary<P> {
  readonly #settings: PairSettings;
  readonly #held = new HeldOutputs<P>();
  readonly #detector: Detector;
  readonly #channel: PrimaryChannel;
  readonly #heart: Heart;
  readonly #lag = new LagMeter();
  readonly #control: LagControl;
  readonly #stall: Stall;
  readonly #takeover: Takeover;
  readonly #table: StateTable<PrimaryState, PrimaryEvent<P>>;
  readonly #copy: number | undefined;
  readonly #giveUpAt: number;
  #state: PrimaryState = 'seeking';
  #pulse: Pulse | undefined;
  #controlAt = 0;
  /** Number of the frame that ends the log. */
  #last: number | undefined;
  #executed = { sequence: -1, buffered: 0, digests: 0 };
  #releasedOutputs = 0;
  #missed = 0;
  /** The frame with the state of a copy. */
  #committed = -1;
  #effects: PrimaryEffect<P>[] = [];
  #now: number;

  /**
   * `surroundings`: what the backup needs to go live where this side was; opaque here. `copy`: the guest runs already,
   * in the epoch of the settings, and this is the attempt of that number to have a backup for it.
   */
  constructor(settings: PairSettings, now: number, surroundings: Uint8Array, copy?: number) {
    assertSettings(settings);
    this.#copy = copy;
    this.#giveUpAt = now + SEEK_DETECTIONS * settings.detectMs;
    this.#settings = settings;
    this.#now = now;
    this.#detector = new Detector(settings);
    this.#heart = new Heart(settings, now);
    this.#control = new LagControl(settings.lagMs);
    this.#stall = new Stall(settings.sendBufferBytes);
    this.#takeover = new Takeover(settings, (effect) => this.#effects.push(effect));
    const ears: ChannelEars = {
      emit: (effect) => this.#effects.push(effect),
      begun: (peer, at) => this.#begin(peer, at),
      opened: (at) => this.#detector.channelOpened(at),
      broken: (at) => this.#detector.channelClosed(at),
      refused: (reason, at) => this.#refused(reason, at),
      acked: (at) => this.#acked(at),
      suspect: (cause, at) => this.#suspect(cause, at),
      executed: (message, at) => {
        this.#executed = message;
        this.#lag.executed(message.sequence, at);
        // The backup has put its machine together, and follows: how fast is seen from here on.
        if (this.#controlAt === Number.POSITIVE_INFINITY && message.sequence >= this.#committed)
          this.#controlAt = at + CONTROL_EVERY_MS;
      },
    };
    this.#channel = new PrimaryChannel(settings, surroundings, now, ears, copy);
    const keep = (event: Event<P, 'frame'>, at: number) => this.#frame(event, at);
    const hold = ({ output }: Event<P, 'output'>) => this.#held.hold(output, this.#channel.frames.handed);
    const channel = {
      connected: ({ connection }: Event<P, 'connected'>) => this.#channel.connected(connection),
      message: ({ connection, message }: Event<P, 'message'>, at: number) => {
        if (this.#channel.message(connection, message, at)) this.#detector.heard(at);
      },
      closed: ({ connection }: Event<P, 'closed'>, at: number) => this.#channel.closed(connection, at),
    };
    const heartbeat = (event: Event<P, 'heartbeat'>, at: number) => {
      if (this.#pulse?.isSign(event.heartbeat)) this.#detector.beat(at);
    };
    const release = ({ output }: Event<P, 'output'>) => this.#release(output);
    const ended = () => this.#off();
    const missed = (event: Event<P, 'closed'>, at: number) => {
      channel.closed(event, at);
      if (++this.#missed >= DIALS_MAX) this.#abandon(event.reason);
    };
    this.#table = {
      seeking:
        copy === undefined
          ? { ...channel, frame: keep, output: hold }
          : { ...channel, closed: missed, output: release, ended },
      copying: { ...channel, heartbeat, frame: keep, output: release, ended },
      protected: {
        ...channel,
        heartbeat,
        frame: keep,
        output: (event) => {
          hold(event);
          this.#releaseCovered();
        },
      },
      claiming: { frame: keep, output: hold, claimed: (event, at) => this.#verdict(event, at) },
      alone: {
        frame: ({ last }) => {
          if (last) this.#off();
        },
        output: release,
        ended,
      },
      abandoned: { output: release, ended },
      halted: {},
      off: {},
    };
  }

  get state(): PrimaryState {
    return this.#state;
  }

  /** Highest frame that the backup is known to hold; -1 for none. */
  get acked(): number {
    return this.#channel.frames.acked;
  }

  get deadline(): number | undefined {
    switch (this.#state) {
      case 'seeking':
        return this.#copy === undefined ? this.#channel.deadline : earliest(this.#channel.deadline, this.#giveUpAt);
      case 'copying':
        return earliest(this.#channel.deadline, this.#detector.deadline, this.#heart.due);
      case 'protected':
        return earliest(this.#channel.deadline, this.#detector.deadline, this.#heart.due, this.#controlAt);
      case 'claiming':
        return this.#takeover.deadline;
      default:
        return undefined;
    }
  }

  handle(event: PrimaryEvent<P>, now: number): readonly PrimaryEffect<P>[] {
    this.#effects = [];
    // A node that stood still may have been given up: what was on its way to it meanwhile proves nothing.
    const stoodStill = now - this.#now > this.#settings.detectMs / 2;
    this.#now = now;
    if (stoodStill) this.#channel.mistrust(now);
    dispatch(this.#table, this.#state, event, now);
    this.#time(now);
    // A copy never makes the guest stand still.
    if (this.#state !== 'copying' && this.#stall.changes(this.#channel.frames.bytes, now) && this.#isRunning())
      this.#effects.push({ kind: 'stall', stalled: this.#stall.stalled });
    return this.#effects;
  }

  #time(now: number): void {
    if (this.#isFollowed()) {
      const cause = this.#detector.suspicion(now);
      if (cause !== undefined) this.#suspect(cause, now);
    }
    if (this.#state === 'seeking' && this.#copy !== undefined && now >= this.#giveUpAt) this.#abandon('no answer');
    if (this.#state === 'seeking' || this.#isFollowed()) this.#channel.time(now);
    if (this.#isFollowed()) {
      const heartbeat = this.#heart.beat(now);
      if (heartbeat !== undefined) this.#effects.push({ kind: 'heartbeat', heartbeat });
    }
    if (this.#state === 'protected') {
      if (now >= this.#controlAt) {
        this.#controlAt = now + CONTROL_EVERY_MS;
        // Without a channel the lag that is known says nothing about the backup.
        if (this.#channel.isOpen && this.#control.step(this.#lag.lag(now)))
          this.#effects.push({ kind: 'share', share: this.#control.share });
      }
    }
    if (this.#state === 'claiming') this.#takeover.ask(now);
  }

  #isFollowed(): boolean {
    return this.#state === 'copying' || this.#state === 'protected';
  }

  #frame({ sequence, bytes, last, commit }: Event<P, 'frame'>, now: number): void {
    this.#channel.frames.add(sequence, bytes);
    // What makes up a copy takes as long as it takes: lag is of what the guest has done since.
    if (this.#state !== 'copying') this.#lag.handed(sequence, now);
    if (last) this.#last = sequence;
    if (commit === true && this.#state === 'copying') this.#commit(sequence);
    this.#channel.sendFrames(now);
  }

  #begin(peer: Peer, now: number): void {
    this.#state = this.#copy === undefined ? 'protected' : 'copying';
    this.#pulse = new Pulse(this.#settings, peer.who);
    this.#detector.begin(now);
    this.#controlAt = now + CONTROL_EVERY_MS;
    this.#effects.push({ kind: 'begin' });
  }

  /** From here on the backup has a guest, and may ask for the next epoch. */
  #commit(sequence: number): void {
    this.#state = 'protected';
    this.#committed = sequence;
    this.#controlAt = Number.POSITIVE_INFINITY;
  }

  #abandon(reason: string): void {
    this.#close(reason);
    this.#channel.frames.clear();
    this.#state = 'abandoned';
    this.#effects.push({ kind: 'abandon', reason });
  }

  /** Before the guest has begun that is for the operator; later the backup has gone its own way. */
  #refused(reason: string, now: number): void {
    if (this.#state === 'protected') {
      this.#suspect('refused', now);
      return;
    }
    if (this.#copy !== undefined) {
      this.#abandon(reason);
      return;
    }
    this.#close('refused');
    this.#state = 'halted';
    this.#effects.push({ kind: 'halt', why: 'refused', detail: reason });
  }

  #acked(now: number): void {
    this.#releaseCovered();
    if (this.#last !== undefined && this.#channel.frames.acked >= this.#last) this.#off();
    else this.#channel.sendFrames(now);
  }

  /** The Output Rule. While the channel is down nobody knows whether the backup still follows. */
  #releaseCovered(): void {
    if (!this.#channel.isOpen) return;
    for (const output of this.#held.takeCovered(this.#channel.frames.acked)) {
      this.#release(output);
      this.#channel.noteReleased(output, this.#now);
    }
  }

  #release(output: HeldOutput<P>): void {
    this.#releasedOutputs++;
    this.#effects.push({ kind: 'release', output });
  }

  #suspect(cause: SuspicionCause, now: number): void {
    if (this.#state === 'copying') {
      this.#abandon(cause);
      return;
    }
    this.#close(cause);
    this.#state = 'claiming';
    const other = `the backup ${this.#channel.peer?.who ?? 'unknown'}`;
    this.#takeover.suspect(cause, other, this.#detector.lastHeardAt, now);
  }

  #close(reason: string): void {
    this.#detector.stop();
    this.#channel.stop(reason);
  }

  #verdict({ epoch, result }: Event<P, 'claimed'>, now: number): void {
    const verdict = this.#takeover.judge(epoch, result, now);
    if (verdict.kind === 'won') this.#alone(now);
    else if (verdict.kind === 'lost') this.#lost(verdict.holder);
  }

  /** The commit point: from here this node is the pair. */
  #alone(now: number): void {
    this.#state = 'alone';
    this.#takeover.isLive(now);
    this.#effects.push({ kind: 'live', epoch: this.#takeover.epoch });
    for (const output of this.#held.takeAll()) this.#release(output);
    this.#channel.frames.clear();
    if (this.#control.share < 1) this.#effects.push({ kind: 'share', share: 1 });
    if (this.#last !== undefined) this.#off();
  }

  #lost(holder: string): void {
    this.#state = 'halted';
    this.#held.takeAll();
    this.#effects.push({ kind: 'halt', why: 'lost', holder });
  }

  #off(): void {
    this.#close('the guest is off');
    this.#state = 'off';
    this.#effects.push({ kind: 'off' });
  }

  #isRunning(): boolean {
    return this.#state !== 'halted' && this.#state !== 'off';
  }

  get status(): PrimaryStatus {
    const { pair, who, host, epoch, sendBufferBytes } = this.#settings;
    const takeover = this.#takeover.report;
    const { handed, sent, acked, bytes } = this.#channel.frames;
    const now = this.#now;
    const alone = takeover.liveAt !== undefined;
    return {
      role: 'primary',
      state: this.#state,
      pair,
      who,
      host,
      epoch: alone ? this.#takeover.epoch : epoch,
      peer: this.#channel.peer,
      connected: this.#channel.isOpen,
      ...takeover,
      lastHeardAt: this.#detector.lastHeardAt,
      heldOutputs: this.#held.length,
      digests: this.#executed.digests,
      lagMs: {
        now: alone ? 0 : this.#lag.lag(now),
        p50: this.#lag.quantile(0.5),
        p99: this.#lag.quantile(0.99),
      },
      share: alone ? 1 : this.#control.share,
      buffer: { bytes, limitBytes: sendBufferBytes },
      backupBufferBytes: this.#executed.buffered,
      frames: { handed, sent, acked, executed: this.#executed.sequence },
      releasedOutputs: this.#releasedOutputs,
      stalled: this.#stall.stalled,
      stalls: this.#stall.count,
      stalledMs: this.#stall.totalMs(now),
      reconnections: this.#channel.reconnections,
    };
  }
}
