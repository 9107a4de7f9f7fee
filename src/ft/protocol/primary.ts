/**
 * The primary's side of the pair. Invariants:
 *  - an output leaves only when the backup holds every frame that was handed over before it (Output Rule), or when the
 *    arbiter has given the next epoch to this node;
 *  - without the arbiter's 'won' this node is never alone, and after 'lost' nothing more leaves it.
 *
 *     state      connected  message      closed    heartbeat  frame     output   claimed  time
 *     seeking    greet      court        redial    -          keep      hold     -        dial
 *     protected  greet      listen       reconnect note       send      hold(1)  -        detect, dial, pace, control
 *     claiming   -          -            -         -          keep      hold     verdict  ask again
 *     alone      -          -            -         -          (2)       release  -        -
 *     halted, off: nothing has any effect
 *
 * (1) released at once when what covers it is acknowledged. (2) the last one: off. docs/ft-protocol.md, "The primary".
 */

import { Detector, earliest, type SuspicionCause } from './detector.ts';
import type { Peer } from './greeting.ts';
import { HeldOutputs } from './held-outputs.ts';
import type { HeldOutput, PrimaryEffect, PrimaryEvent, PrimaryState } from './io.ts';
import { CONTROL_EVERY_MS, LagControl } from './lag-control.ts';
import { LagMeter } from './lag-meter.ts';
import { Heart, Pulse } from './pacing.ts';
import { PrimaryChannel } from './primary-channel.ts';
import { assertSettings, type PairSettings } from './settings.ts';
import { Stall } from './stall.ts';
import { dispatch, type StateTable } from './state-table.ts';
import type { PrimaryStatus } from './status.ts';
import { Takeover } from './takeover.ts';

type Event<P, K extends PrimaryEvent<P>['kind']> = Extract<PrimaryEvent<P>, { readonly kind: K }>;

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
  #state: PrimaryState = 'seeking';
  #pulse: Pulse | undefined;
  #controlAt = 0;
  /** Number of the frame that ends the log. */
  #last: number | undefined;
  #executed = { sequence: -1, buffered: 0, digests: 0 };
  #releasedOutputs = 0;
  #effects: PrimaryEffect<P>[] = [];
  #now: number;

  /** `surroundings`: what the backup needs to go live where this side was; opaque here. */
  constructor(settings: PairSettings, now: number, surroundings: Uint8Array) {
    assertSettings(settings);
    this.#settings = settings;
    this.#now = now;
    this.#detector = new Detector(settings);
    this.#heart = new Heart(settings, now);
    this.#control = new LagControl(settings.lagMs);
    this.#stall = new Stall(settings.sendBufferBytes);
    this.#takeover = new Takeover(settings, (effect) => this.#effects.push(effect));
    this.#channel = new PrimaryChannel(settings, surroundings, now, {
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
      },
    });
    const keep = (event: Event<P, 'frame'>, at: number) => this.#frame(event, at);
    const hold = ({ output }: Event<P, 'output'>) => this.#held.hold(output, this.#channel.frames.handed);
    const channel = {
      connected: ({ connection }: Event<P, 'connected'>) => this.#channel.connected(connection),
      message: ({ connection, message }: Event<P, 'message'>, at: number) => {
        if (this.#channel.message(connection, message, at)) this.#detector.heard(at);
      },
      closed: ({ connection }: Event<P, 'closed'>, at: number) => this.#channel.closed(connection, at),
    };
    this.#table = {
      seeking: { ...channel, frame: keep, output: hold },
      protected: {
        ...channel,
        heartbeat: ({ heartbeat }, at) => {
          if (this.#pulse?.isSign(heartbeat)) this.#detector.beat(at);
        },
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
        output: ({ output }) => this.#release(output),
      },
      halted: {},
      off: {},
    };
  }

  get state(): PrimaryState {
    return this.#state;
  }

  get deadline(): number | undefined {
    switch (this.#state) {
      case 'seeking':
        return this.#channel.deadline;
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
    if (this.#stall.changes(this.#channel.frames.bytes, now) && this.#isRunning())
      this.#effects.push({ kind: 'stall', stalled: this.#stall.stalled });
    return this.#effects;
  }

  #time(now: number): void {
    if (this.#state === 'protected') {
      const cause = this.#detector.suspicion(now);
      if (cause !== undefined) this.#suspect(cause, now);
    }
    if (this.#state === 'seeking' || this.#state === 'protected') this.#channel.time(now);
    if (this.#state === 'protected') {
      const heartbeat = this.#heart.beat(now);
      if (heartbeat !== undefined) this.#effects.push({ kind: 'heartbeat', heartbeat });
      if (now >= this.#controlAt) {
        this.#controlAt = now + CONTROL_EVERY_MS;
        // Without a channel the lag that is known says nothing about the backup.
        if (this.#channel.isOpen && this.#control.step(this.#lag.lag(now)))
          this.#effects.push({ kind: 'share', share: this.#control.share });
      }
    }
    if (this.#state === 'claiming') this.#takeover.ask(now);
  }

  #frame({ sequence, bytes, last }: Event<P, 'frame'>, now: number): void {
    this.#channel.frames.add(sequence, bytes);
    this.#lag.handed(sequence, now);
    if (last) this.#last = sequence;
    this.#channel.sendFrames(now);
  }

  #begin(peer: Peer, now: number): void {
    this.#state = 'protected';
    this.#pulse = new Pulse(this.#settings, peer.who);
    this.#detector.begin(now);
    this.#controlAt = now + CONTROL_EVERY_MS;
    this.#effects.push({ kind: 'begin' });
  }

  /** Before the guest has begun that is for the operator; later the backup has gone its own way. */
  #refused(reason: string, now: number): void {
    if (this.#state === 'protected') {
      this.#suspect('refused', now);
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
