/**
 * The backup's side of the pair. Invariants:
 *  - no output leaves while the guest replays; none at all unless the arbiter has given the next epoch to this node;
 *  - it goes live only after its guest has executed every frame that was acknowledged, and takes no frame after it has
 *    asked the arbiter;
 *  - once the end of the log is here, or the replay differs, it never asks the arbiter; nor before it has a guest:
 *    header, images and the first events, or the state in the log of a copy.
 *
 *     state      connected  message  closed   heartbeat  executed  output  claimed  drained  off      diverged  time
 *     waiting    let in     hello    forget   -          -         -       -        -        -        -         -
 *     following  let in     listen   absence  note       note      keep    -        -        off(1)   diverged  detect
 *     claiming   let in     refuse(3) forget  -          note      keep    verdict  -        wait(2)  diverged  ask
 *     draining   let in     refuse(3) forget  -          note      keep    -        live     live,off diverged  -
 *     live       let in     refuse   forget   -          -         release -        -        off      -         -
 *     halted, off, diverged: nothing has any effect
 *
 * (1) as soon as the end of the log is here. (2) for the verdict. (3) after 'yield' the primary is let in again, and is
 * told when the guest lives here. docs/ft-protocol.md, "The backup".
 */

import { tick } from '../../lib/brands.ts';
import { BackupChannel } from './backup-channel.ts';
import { Detector, earliest, patientDetector, type SuspicionCause } from './detector.ts';
import type { Peer } from './greeting.ts';
import type { BackupEffect, BackupEvent, BackupState, HeartbeatPath, HeldOutput } from './io.ts';
import type { PrimaryMessage } from './message.ts';
import { Heart, Pulse } from './pacing.ts';
import { ReplayedOutputs } from './replayed-outputs.ts';
import { assertSettings, type PairSettings } from './settings.ts';
import { dispatch, type StateTable } from './state-table.ts';
import type { BackupStatus } from './status.ts';
import { Takeover } from './takeover.ts';

type Event<P, K extends BackupEvent<P>['kind']> = Extract<BackupEvent<P>, { readonly kind: K }>;

export class Backup<P> {
  readonly #settings: PairSettings;
  readonly #outputs = new ReplayedOutputs<P>();
  #detector: Detector;
  readonly #channel: BackupChannel;
  readonly #heart: Heart;
  readonly #takeover: Takeover;
  readonly #table: StateTable<BackupState, BackupEvent<P>>;
  #state: BackupState = 'waiting';
  #pulse: Pulse | undefined;
  /** Whence the primary's newest heartbeat came. One that is old may have come from anybody who saw it. */
  #answerTo: HeartbeatPath | undefined;
  /** The guest has said that it is off. */
  #guestOff = false;
  #tick = tick(0);
  #digests = 0;
  /** All network cards here have their peer; undefined: not known. */
  #links: boolean | undefined;
  /** This side is to go. */
  #leaves = false;
  /** The primary has handed the guest over, and waits for the answer. */
  #invitedBy: Peer | undefined;
  #effects: BackupEffect<P>[] = [];

  constructor(settings: PairSettings, now: number) {
    assertSettings(settings);
    this.#settings = settings;
    this.#detector = patientDetector(settings);
    this.#heart = new Heart(settings, now);
    this.#takeover = new Takeover(settings, (effect) => this.#effects.push(effect));
    this.#channel = new BackupChannel(settings, now, {
      emit: (effect) => this.#effects.push(effect),
      opened: (peer, at) => this.#opened(peer, at),
      broken: (at) => this.#broken(at),
      reading: (reading, at) => (reading ? this.#detector.heard(at) : this.#detector.channelUnread()),
      released: (released) => this.#outputs.reported(released),
      ended: () => this.#ended(),
      yielded: (message, at) => this.#invited(message, at),
      position: () => ({
        kind: 'executed',
        sequence: this.#channel.buffer.executed,
        tick: this.#tick,
        buffered: this.#channel.buffer.bytes,
        digests: this.#digests,
        ...(this.#links === undefined ? {} : { links: this.#links }),
        ...(this.#leaves ? { leaves: true } : {}),
      }),
    });
    this.#table = this.#makeTable();
  }

  #makeTable(): StateTable<BackupState, BackupEvent<P>> {
    const door = {
      connected: ({ connection }: Event<P, 'connected'>) => this.#channel.connected(connection),
      message: ({ connection, message }: Event<P, 'message'>, at: number) => this.#message(connection, message, at),
      closed: ({ connection }: Event<P, 'closed'>, at: number) => this.#channel.closed(connection, at),
    };
    const replay = {
      executed: (event: Event<P, 'executed'>, at: number) => this.#executed(event, at),
      output: ({ output }: Event<P, 'output'>) => this.#outputs.keep(output),
      diverged: ({ report }: Event<P, 'diverged'>) => this.#diverged(report),
    };
    return {
      waiting: {
        ...door,
        links: ({ up }) => {
          this.#links = up;
        },
      },
      following: {
        ...door,
        ...replay,
        heartbeat: ({ heartbeat, from }, at) => {
          if (!this.#pulse?.isSign(heartbeat)) return;
          this.#answerTo = from;
          if (!this.#channel.buffer.ended) this.#detector.beat(at);
        },
        off: () => {
          this.#guestOff = true;
          if (this.#channel.buffer.ended) this.#off();
        },
        links: ({ up }, at) => {
          this.#links = up;
          this.#channel.want(at);
        },
        leave: (_, at) => {
          this.#leaves = true;
          this.#channel.want(at);
        },
      },
      claiming: {
        ...door,
        ...replay,
        claimed: (event, at) => this.#verdict(event, at),
        off: () => {
          this.#guestOff = true;
        },
      },
      draining: {
        ...door,
        ...replay,
        drained: (_, at) => this.#live(at),
        off: (_, at) => {
          this.#guestOff = true;
          this.#live(at);
        },
      },
      live: { ...door, output: ({ output }) => this.#release(output), off: () => this.#off() },
      halted: {},
      off: {},
      diverged: {},
    };
  }

  get state(): BackupState {
    return this.#state;
  }

  get deadline(): number | undefined {
    const said = this.#isHeard() ? earliest(this.#channel.deadline, this.#heart.due) : undefined;
    if (this.#state === 'following') return earliest(said, this.#detector.deadline);
    return this.#state === 'claiming' ? earliest(said, this.#takeover.deadline) : said;
  }

  handle(event: BackupEvent<P>, now: number): readonly BackupEffect<P>[] {
    this.#effects = [];
    dispatch(this.#table, this.#state, event, now);
    this.#time(now);
    return this.#effects;
  }

  #time(now: number): void {
    if (this.#state === 'following') {
      const cause = this.#detector.suspicion(now);
      if (cause !== undefined) this.#suspect(cause, now);
    }
    if (this.#isHeard()) {
      this.#channel.time(now);
      const heartbeat = this.#heart.beat(now);
      const to = this.#answerTo === undefined ? {} : { to: this.#answerTo };
      if (heartbeat !== undefined) this.#effects.push({ kind: 'heartbeat', heartbeat, ...to });
    }
    if (this.#state === 'claiming') this.#takeover.ask(now);
  }

  /** The primary is told that this node is there. */
  #isHeard(): boolean {
    if (this.#state === 'following') return true;
    return this.#invitedBy !== undefined && (this.#state === 'claiming' || this.#state === 'draining');
  }

  #message(connection: number, message: Event<P, 'message'>['message'], now: number): void {
    const { alive } = this.#channel.buffer;
    const isSign = this.#channel.message(connection, message, now);
    if (this.#channel.buffer.alive !== alive) this.#begin(now);
    if (isSign && this.#channel.reading && !this.#channel.buffer.ended) this.#detector.heard(now);
  }

  #opened(peer: Peer, now: number): void {
    if (this.#state === 'waiting') {
      this.#state = 'following';
      this.#pulse = new Pulse(this.#settings, peer.who);
      this.#detector.begin(now);
    } else if (!this.#channel.buffer.ended) this.#detector.channelOpened(now);
  }

  /** There is a guest to take over from now on. */
  #begin(now: number): void {
    if (this.#channel.buffer.ended) return;
    this.#detector = new Detector(this.#settings);
    this.#detector.begin(now);
    if (!this.#channel.reading) this.#detector.channelUnread();
  }

  #broken(now: number): void {
    if (this.#state === 'following' && !this.#channel.buffer.ended) this.#detector.channelClosed(now);
  }

  /** The primary's guest is off: whatever becomes of the primary, nobody takes over. */
  #ended(): void {
    this.#detector.stop();
    if (this.#guestOff) this.#off();
  }

  #executed({ sequence, tick: at, digests }: Event<P, 'executed'>, now: number): void {
    this.#tick = at;
    this.#digests = digests;
    this.#channel.executed(sequence, now);
  }

  #suspect(cause: SuspicionCause, now: number): void {
    if (!this.#channel.buffer.alive) {
      this.#forget(cause);
      return;
    }
    if (this.#guestOff) {
      this.#off();
      return;
    }
    this.#shut(`it has asked for epoch ${this.#takeover.epoch} (${cause})`);
    this.#state = 'claiming';
    const other = `the primary ${this.#channel.peer?.who ?? 'unknown'}`;
    this.#takeover.suspect(cause, other, this.#detector.lastHeardAt, now);
  }

  /** A planned switch: nobody is lost, and the channel stays open for the answer. */
  #invited({ reason, stoodStillMs }: Extract<PrimaryMessage, { readonly kind: 'yield' }>, now: number): void {
    if (this.#state !== 'following') return;
    this.#detector.stop();
    this.#invitedBy = this.#channel.peer;
    this.#state = 'claiming';
    const other = `the primary ${this.#channel.peer?.who ?? 'unknown'}`;
    this.#takeover.invite(reason, stoodStillMs, other, now);
  }

  /** Without a guest there is none to take over, and no output of it has ever left. */
  #forget(cause: SuspicionCause): void {
    if (this.#leaves) {
      this.#gone(this.#channel.peer?.who ?? 'its primary');
      return;
    }
    if (this.#channel.buffer.received >= 0) {
      this.#shut('the guest is not whole here');
      this.#state = 'halted';
      const detail = `the primary is lost before its guest was here (${cause})`;
      this.#effects.push({ kind: 'halt', why: 'forgotten', detail });
      return;
    }
    this.#detector.stop();
    this.#channel.forget();
    this.#state = 'waiting';
    this.#effects.push({ kind: 'notice', text: `the primary is lost before its first frame (${cause}): waiting` });
  }

  #shut(reason: string): void {
    this.#detector.stop();
    this.#channel.shut(reason);
  }

  #verdict({ epoch, result }: Event<P, 'claimed'>, now: number): void {
    const verdict = this.#takeover.judge(epoch, result, now);
    if (verdict.kind === 'won') this.#drain(now);
    else if (verdict.kind === 'lost') this.#gone(verdict.holder);
  }

  #drain(now: number): void {
    this.#state = 'draining';
    if (this.#guestOff) this.#live(now);
    else this.#effects.push({ kind: 'drain' });
  }

  /** The commit point: everything acknowledged is executed, and from here this node is the pair. */
  #live(now: number): void {
    this.#state = 'live';
    this.#takeover.isLive(now);
    this.#effects.push({ kind: 'live', epoch: this.#takeover.epoch });
    for (const output of this.#outputs.takeAll()) this.#release(output);
    this.#answer();
    if (this.#guestOff) this.#off();
    else this.#effects.push({ kind: 'goLive' });
  }

  /** The primary that has handed its guest over need not ask the arbiter where it is. */
  #answer(): void {
    const { stoodStillMs = 0 } = this.#takeover.report.handover ?? {};
    if (this.#invitedBy === undefined) return;
    this.#channel.farewell({ kind: 'taken', epoch: this.#takeover.epoch, stoodStillMs });
    this.#shut(`the guest lives here, in epoch ${this.#takeover.epoch}`);
  }

  #release(output: HeldOutput<P>): void {
    this.#effects.push({ kind: 'release', output });
  }

  /** The pair goes on without this node. */
  #gone(holder: string): void {
    this.#shut('it has lost the epoch');
    this.#state = 'halted';
    this.#outputs.takeAll();
    this.#effects.push({ kind: 'halt', why: this.#leaves ? 'letGo' : 'lost', holder });
  }

  #off(): void {
    this.#shut('the guest is off');
    this.#state = 'off';
    this.#effects.push({ kind: 'off' });
  }

  #diverged(report: string): void {
    this.#channel.farewell({ kind: 'diverged', report });
    this.#shut('its replay has diverged');
    this.#state = 'diverged';
    this.#outputs.takeAll();
    this.#effects.push({ kind: 'halt', why: 'diverged', detail: report });
  }

  get status(): BackupStatus {
    const { pair, who, host, epoch, receiveBufferBytes } = this.#settings;
    const takeover = this.#takeover.report;
    const { received, executed, bytes } = this.#channel.buffer;
    return {
      role: 'backup',
      state: this.#state,
      pair,
      who,
      host,
      epoch: takeover.liveAt === undefined ? epoch : this.#takeover.epoch,
      peer: this.#channel.peer,
      connected: this.#channel.isOpen,
      ...takeover,
      lastHeardAt: this.#detector.lastHeardAt,
      heldOutputs: this.#outputs.length,
      digests: this.#digests,
      buffer: { bytes, limitBytes: receiveBufferBytes },
      reading: this.#channel.reading,
      frames: { received, executed },
      tick: this.#tick,
      droppedOutputs: this.#outputs.dropped,
    };
  }
}
