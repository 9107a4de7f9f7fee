/**
 * The primary's side of the pair; what it does in each state is a table in primary-table.ts. Invariants:
 *  - an output leaves only when the backup holds every frame that was handed over before it (Output Rule), or when the
 *    arbiter has given the next epoch to this node;
 *  - without the arbiter's 'won' this node is never alone, and after 'lost' nothing more leaves it.
 *
 * A guest that runs already (`copy`) is alone in the present epoch until the frame with its state is handed over, which
 * is the commit point: before it everything leaves at once and a backup that fails is let go ('abandon'); after it this
 * is a primary like any other. A planned switch goes through 'switching' and 'yielded' (switchover.ts): from the latter
 * on this node is alone again only if the backup is lost and the arbiter says so; its guest stands still until then.
 * docs/ft-protocol.md, "The primary", "A new backup", "A planned switch".
 */

import { BackupWatch } from './backup-watch.ts';
import { earliest, type SuspicionCause } from './detector.ts';
import type { Peer } from './greeting.ts';
import type { HeldOutput, PrimaryEffect, PrimaryEvent, PrimaryState } from './io.ts';
import type { BackupMessage } from './message.ts';
import { OutputGate } from './output-gate.ts';
import { type ChannelEars, PrimaryChannel } from './primary-channel.ts';
import { type PrimaryParts, primaryStatus } from './primary-status.ts';
import { type On, type PrimaryActs, primaryTable } from './primary-table.ts';
import { assertSettings, type PairSettings } from './settings.ts';
import { Stall } from './stall.ts';
import { dispatch, type StateTable } from './state-table.ts';
import type { PrimaryStatus } from './status.ts';
import { switchFacts } from './switch-facts.ts';
import { Switchover } from './switchover.ts';
import { Takeover } from './takeover.ts';

/** There is a backup that is watched. */
const FOLLOWED: ReadonlySet<PrimaryState> = new Set(['copying', 'protected', 'switching', 'yielded']);

/** A backup that is dialled in vain so often, or does not answer for so many times of detection, is not there. */
const DIALS_MAX = 3;
const SEEK_DETECTIONS = 2;

export class Primary<P> {
  readonly #settings: PairSettings;
  readonly #gate: OutputGate<P>;
  readonly #channel: PrimaryChannel;
  readonly #watch: BackupWatch;
  readonly #stall: Stall;
  readonly #takeover: Takeover;
  readonly #switchover: Switchover;
  readonly #parts: PrimaryParts<P>;
  readonly #table: StateTable<PrimaryState, PrimaryEvent<P>>;
  readonly #copy: number | undefined;
  readonly #giveUpAt: number;
  #state: PrimaryState = 'seeking';
  /** Number of the frame that ends the log. */
  #last: number | undefined;
  #missed = 0;
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
    this.#gate = new OutputGate((output) => this.#effects.push({ kind: 'release', output }));
    this.#watch = new BackupWatch(settings, now);
    this.#stall = new Stall(settings.sendBufferBytes);
    this.#switchover = new Switchover({
      patienceMs: settings.detectMs,
      lagMsMax: settings.lagMs.low,
      facts: () => switchFacts(this.#parts, { state: this.#state, isOff: this.#last !== undefined, now: this.#now }),
      emit: (effect) => this.#effects.push(effect),
    });
    this.#takeover = new Takeover(settings, (effect) => this.#effects.push(effect));
    const ears: ChannelEars = {
      emit: (effect) => this.#effects.push(effect),
      begun: (peer, at) => this.#begin(peer, at),
      opened: (at) => this.#watch.detector.channelOpened(at),
      broken: (at) => this.#watch.detector.channelClosed(at),
      refused: (reason, at) => this.#refused(reason, at),
      acked: (at) => this.#acked(at),
      suspect: (cause, at) => this.#suspect(cause, at),
      executed: (message, at) => this.#wasExecuted(message, at),
      taken: ({ stoodStillMs }) => this.#taken(stoodStillMs),
    };
    this.#channel = new PrimaryChannel(settings, surroundings, now, ears, copy);
    this.#parts = {
      settings,
      channel: this.#channel,
      watch: this.#watch,
      gate: this.#gate,
      stall: this.#stall,
      takeover: this.#takeover,
      switchover: this.#switchover,
    };
    this.#table = primaryTable(this.#acts(), copy !== undefined);
  }

  #acts(): PrimaryActs<P> {
    const hold = ({ output }: On<P, 'output'>) => this.#gate.hold(output, this.#channel.frames.handed);
    return {
      connected: ({ connection }) => this.#channel.connected(connection),
      message: ({ connection, message }, at) => {
        if (this.#channel.message(connection, message, at)) this.#watch.detector.heard(at);
      },
      closed: ({ connection }, at) => this.#channel.closed(connection, at),
      missed: ({ connection, reason }, at) => {
        this.#channel.closed(connection, at);
        if (++this.#missed >= DIALS_MAX) this.#abandon(reason);
      },
      heartbeat: ({ heartbeat }, at) => this.#watch.heartbeat(heartbeat, at),
      links: ({ up }, at) => this.#watch.links.own(up, at),
      frame: (event, at) => this.#frame(event, at),
      reads: ({ places }) => this.#gate.read(places, this.#channel.frames.handed + 1),
      last: ({ last }) => {
        if (last) this.#off();
      },
      ended: () => this.#off(),
      hold,
      holdUncovered: (event) => {
        hold(event);
        this.#releaseCovered();
      },
      release: ({ output }) => this.#gate.release(output),
      switch: ({ reason }, at) => this.#switch(reason, at),
      letGo: (_, at) => this.#letGo(at),
      quiet: (_, at) => this.#switchover.quiet(at),
      settled: (_, at) => this.#yield(at),
      callOff: ({ why }) => this.#callOff(why),
      claimed: (event, at) => this.#verdict(event, at),
    };
  }

  /** As it is told: a copied guest is protected once its backup holds it, though it may from the commit point on. */
  get state(): PrimaryState {
    const isSent = this.#state === 'protected' && this.acked < this.#watch.progress.committed;
    return isSent ? 'copying' : this.#state;
  }

  /** Highest frame that the backup is known to hold; -1 for none. */
  get acked(): number {
    return this.#channel.frames.acked;
  }

  /** Writes held back behind a read of the backup, so far. */
  get heldBehindReads(): number {
    return this.#gate.heldBack;
  }

  get deadline(): number | undefined {
    switch (this.#state) {
      case 'seeking':
        return this.#copy === undefined ? this.#channel.deadline : earliest(this.#channel.deadline, this.#giveUpAt);
      case 'copying':
        return earliest(this.#channel.deadline, this.#watch.deadline);
      case 'protected':
        return earliest(this.#channel.deadline, this.#watch.deadline, this.#watch.steeringDeadline);
      case 'switching':
      case 'yielded':
        return earliest(this.#channel.deadline, this.#watch.deadline, this.#switchover.deadline);
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
      const cause = this.#watch.suspicion(now);
      if (cause !== undefined) this.#suspect(cause, now);
    }
    if (this.#state === 'seeking' && this.#copy !== undefined && now >= this.#giveUpAt) this.#abandon('no answer');
    if (this.#state === 'seeking' || this.#isFollowed()) this.#channel.time(now);
    if (this.#isFollowed()) {
      const heartbeat = this.#watch.beat(now);
      if (heartbeat !== undefined) this.#effects.push({ kind: 'heartbeat', heartbeat });
    }
    if (this.#state === 'protected') {
      const { progress, links } = this.#watch;
      if (progress.steer(this.#channel.isOpen, now)) this.#effects.push({ kind: 'share', share: progress.share });
      if (links.isDue(now)) this.#switch('the network of its clients is lost here', now);
    }
    const overdue = this.#state === 'switching' ? this.#switchover.overdue(now) : undefined;
    if (overdue !== undefined) this.#callOff(overdue);
    if (this.#state === 'claiming') this.#takeover.ask(now);
  }

  #isFollowed(): boolean {
    return FOLLOWED.has(this.#state);
  }

  #frame({ sequence, bytes, last, commit }: On<P, 'frame'>, now: number): void {
    this.#channel.frames.add(sequence, bytes);
    if (this.#state !== 'copying') this.#watch.progress.handed(sequence, now);
    if (last) this.#last = sequence;
    if (commit === true && this.#state === 'copying') this.#commit(sequence, now);
    if (last && this.#state === 'switching') this.#callOff('the guest is off');
    // After 'yield' the backup takes none.
    if (this.#state !== 'yielded') this.#channel.sendFrames(now);
  }

  #begin(peer: Peer, now: number): void {
    this.#state = this.#copy === undefined ? 'protected' : 'copying';
    this.#watch.begin(peer, now);
    this.#effects.push({ kind: 'begin' });
  }

  /** From here on the backup has a guest, and may ask for the next epoch. */
  #commit(sequence: number, now: number): void {
    this.#state = 'protected';
    this.#watch.commit(sequence, now);
  }

  #abandon(reason: string, refused = false): void {
    this.#close(reason);
    this.#channel.frames.clear();
    this.#state = 'abandoned';
    this.#effects.push({ kind: 'abandon', reason, refused });
  }

  /** Before the guest has begun that is for the operator; later the backup has gone its own way. */
  #refused(reason: string, now: number): void {
    if (this.#isFollowed() && this.#state !== 'copying') {
      this.#suspect('refused', now);
      return;
    }
    if (this.#copy !== undefined) {
      this.#abandon(reason, true);
      return;
    }
    this.#close('refused');
    this.#state = 'halted';
    this.#effects.push({ kind: 'halt', why: 'refused', detail: reason });
  }

  #acked(now: number): void {
    if (this.#state === 'yielded') {
      this.#channel.yield(this.#switchover.reason, this.#switchover.stoodStill(now), now);
      return;
    }
    this.#releaseCovered();
    this.#switchover.look();
    if (this.#last !== undefined && this.#channel.frames.acked >= this.#last) this.#off();
    else this.#channel.sendFrames(now);
  }

  /** The Output Rule. While the channel is down nobody knows whether the backup still follows. */
  #releaseCovered(): void {
    if (!this.#channel.isOpen) return;
    this.#noteReleased(this.#gate.releaseCovered(this.#channel.frames.acked));
  }

  #wasExecuted(message: Extract<BackupMessage, { readonly kind: 'executed' }>, now: number): void {
    this.#watch.told(message, now);
    this.#noteReleased(this.#gate.executed(message.sequence));
    this.#switchover.look();
    if (message.leaves === true) this.#letGo(now);
  }

  #noteReleased(outputs: readonly HeldOutput<P>[]): void {
    for (const output of outputs) this.#channel.noteReleased(output, this.#now);
  }

  /** What is against a planned switch now, in words for the operator; or nothing. */
  get switchObjection(): string | undefined {
    return this.#switchover.objection;
  }

  #switch(reason: string, now: number): void {
    this.#watch.links.tried(now);
    if (this.#switchover.begin(reason, now)) this.#state = 'switching';
  }

  /** Nothing has been asked of the backup yet. */
  #callOff(why: string): void {
    this.#state = 'protected';
    this.#switchover.callOff(why);
  }

  /** The commit point of a planned switch: from here the backup may claim. */
  #yield(now: number): void {
    if (!this.#switchover.settled()) return;
    this.#state = 'yielded';
    this.#channel.yield(this.#switchover.reason, this.#switchover.stoodStill(now), now);
  }

  #taken(stoodStillMs: number): void {
    if (this.#state !== 'yielded') return;
    this.#switchover.taken(stoodStillMs);
    this.#close('the guest lives there');
    this.#handedOver(this.#channel.peer?.who ?? 'the backup');
  }

  #handedOver(holder: string): void {
    this.#state = 'halted';
    this.#gate.drop();
    const stoodStillMs = this.#switchover.report?.stoodStillMs;
    this.#effects.push({ kind: 'halt', why: 'handedOver', holder, stoodStillMs });
  }

  #suspect(cause: SuspicionCause, now: number): void {
    if (this.#state === 'copying') {
      this.#abandon(cause);
      return;
    }
    this.#close(cause);
    this.#claim(cause, now);
  }

  /** The backup is to be another one. It hears of it when that is decided: it would contend otherwise. */
  #letGo(now: number): void {
    if (this.#state === 'copying') this.#abandon('it is to go', true);
    else if (this.#state === 'protected') this.#claim('moved', now);
  }

  #claim(cause: SuspicionCause, now: number): void {
    this.#watch.detector.stop();
    this.#state = 'claiming';
    const other = `the backup ${this.#channel.peer?.who ?? 'unknown'}`;
    this.#takeover.suspect(cause, other, this.#watch.detector.lastHeardAt, now);
  }

  #close(reason: string): void {
    this.#watch.detector.stop();
    this.#channel.stop(reason);
  }

  #verdict({ epoch, result }: On<P, 'claimed'>, now: number): void {
    const verdict = this.#takeover.judge(epoch, result, now);
    if (verdict.kind === 'won') this.#alone(now);
    else if (verdict.kind === 'lost') this.#lost(verdict.holder);
  }

  /** The commit point: from here this node is the pair. */
  #alone(now: number): void {
    this.#state = 'alone';
    this.#takeover.isLive(now);
    this.#close('this side goes on alone');
    this.#effects.push({ kind: 'live', epoch: this.#takeover.epoch });
    this.#gate.releaseAll();
    if (this.#switchover.isUnderWay) this.#switchover.callOff('the backup was lost');
    this.#channel.frames.clear();
    if (this.#watch.progress.share < 1) this.#effects.push({ kind: 'share', share: 1 });
    if (this.#last !== undefined) this.#off();
  }

  #lost(holder: string): void {
    if (this.#switchover.yielded) {
      this.#handedOver(holder);
      return;
    }
    this.#close('this side has lost the epoch');
    this.#state = 'halted';
    this.#gate.drop();
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
    return primaryStatus(this.#parts, this.state, this.#now);
  }
}
