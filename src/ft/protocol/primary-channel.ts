/**
 * The logging channel as the primary has it: dials, greets, sends frames and sends them again after a reconnection,
 * takes acknowledgements. It decides nothing about outputs or takeover: it tells the primary what has happened.
 *
 * Invariant: the backup whose acknowledgements count is one and the same node from the first welcome on.
 */

import { maxOf } from '../../lib/bigint.ts';
import { earliest, type SuspicionCause } from './detector.ts';
import { Dialler } from './dialler.ts';
import { type Peer, type Welcome, welcomeObjection } from './greeting.ts';
import type { ConnectionId, HeldOutput, PrimaryEffect } from './io.ts';
import { type BackupMessage, PROTOCOL_VERSION, type PrimaryMessage } from './message.ts';
import { Pacer } from './pacing.ts';
import { SendBuffer } from './send-buffer.ts';
import type { PairSettings } from './settings.ts';
import { DIAL_EVERY_MS } from './settings.ts';

/** A channel that breaks so often without one new acknowledgement will not do better. */
const FRUITLESS_MAX = 8;
const RELEASED_WITHIN_MS = 10;

type Executed = Extract<BackupMessage, { readonly kind: 'executed' }>;
type Taken = Extract<BackupMessage, { readonly kind: 'taken' }>;

/** What the channel tells the primary. Called inside its methods. */
export interface ChannelEars {
  emit(effect: PrimaryEffect<never>): void;
  /** The first welcome; `acked` and `opened` follow. */
  begun(peer: Peer, now: number): void;
  opened(now: number): void;
  /** A channel that was open is lost. */
  broken(now: number): void;
  refused(reason: string, now: number): void;
  /** The backup holds more than before, or the channel is open again. */
  acked(now: number): void;
  executed(message: Executed, now: number): void;
  /** The guest lives at the backup. */
  taken(message: Taken): void;
  suspect(cause: SuspicionCause, now: number): void;
}

export class PrimaryChannel {
  readonly frames: SendBuffer = new SendBuffer();
  readonly #settings: PairSettings;
  readonly #surroundings: Uint8Array;
  readonly #copy: number | undefined;
  readonly #ears: ChannelEars;
  readonly #dialler: Dialler;
  /** Anything at all, so that the channel is never silent. */
  readonly #alive: Pacer;
  #released: { [device: string]: bigint } = {};
  #releasedDue: number | undefined;
  #peer: Peer | undefined;
  #fruitless = 0;
  #reconnections = 0;

  /** `copy`: as in hello. */
  constructor(
    settings: PairSettings,
    surroundings: Uint8Array,
    now: number,
    ears: ChannelEars,
    copy: number | undefined,
  ) {
    this.#settings = settings;
    this.#surroundings = surroundings;
    this.#ears = ears;
    this.#copy = copy;
    this.#dialler = new Dialler(settings.detectMs, now);
    this.#alive = new Pacer(0, settings.heartbeatMs, now);
  }

  get isOpen(): boolean {
    return this.#dialler.open !== undefined;
  }

  get peer(): Peer | undefined {
    return this.#peer;
  }

  get reconnections(): number {
    return this.#reconnections;
  }

  get deadline(): number | undefined {
    return this.isOpen ? earliest(this.#alive.due, this.#releasedDue) : this.#dialler.deadline;
  }

  connected(connection: ConnectionId): void {
    if (this.#dialler.connected(connection)) this.#greet(connection);
  }

  /** True when the message is of the present, welcomed connection: a sign of life. */
  message(connection: ConnectionId, message: BackupMessage, now: number): boolean {
    if (!this.#dialler.isPresent(connection)) return false;
    if (this.#dialler.stage === 'greeting') {
      if (message.kind === 'welcome') this.#welcome(message, now);
      else if (message.kind === 'refuse') this.#ears.refused(message.reason, now);
      // Greeted again: what was on its way counts for nothing, the welcome will tell.
      else if (!this.#dialler.established) this.#drop(`the backup said ${message.kind} before it was greeted`, now);
    } else if (this.isOpen) this.#listen(message, now);
    return this.#dialler.established;
  }

  closed(connection: ConnectionId, now: number): void {
    if (this.#dialler.isPresent(connection)) this.#lost(now);
  }

  /**
   * This node has stood still: only a backup that welcomes it once more is known to follow it still. Until then nothing
   * is sent, and no acknowledgement counts.
   */
  mistrust(now: number): void {
    const connection = this.#dialler.open;
    if (connection === undefined) return;
    this.#dialler.greetAgain(now);
    this.#greet(connection);
  }

  /** Sends what the present channel has not carried. Nothing while there is none. */
  sendFrames(now: number): void {
    if (!this.isOpen) return;
    for (const { sequence, bytes } of this.frames.takeUnsent()) this.#send({ kind: 'frame', sequence, bytes }, now);
  }

  /** An output has left: the backup will be told. */
  noteReleased({ device, unit }: HeldOutput<unknown>, now: number): void {
    // A change of a disk that waited for a read leaves after later ones.
    this.#released[device] = maxOf(this.#released[device] ?? 0n, unit);
    this.#releasedDue ??= now + RELEASED_WITHIN_MS;
  }

  /** The backup may claim; it is told first what has left. */
  yield(reason: string, stoodStillMs: number, now: number): void {
    if (!this.isOpen) return;
    if (Object.keys(this.#released).length > 0) this.#sendReleased(now);
    this.#send({ kind: 'yield', through: this.frames.handed, reason, stoodStillMs }, now);
  }

  time(now: number): void {
    if (this.#dialler.isTooLong(now)) this.#drop('no answer', now);
    const connection = this.#dialler.dial(now);
    if (connection !== undefined) this.#ears.emit({ kind: 'dial', connection });
    if (!this.isOpen) return;
    if (this.#releasedDue !== undefined && now >= this.#releasedDue) this.#sendReleased(now);
    if (now >= this.#alive.due) this.#send({ kind: 'alive' }, now);
  }

  stop(reason: string): void {
    const connection = this.#dialler.stop();
    if (connection !== undefined) this.#ears.emit({ kind: 'disconnect', connection, reason });
  }

  #greet(connection: ConnectionId): void {
    const { pair, epoch, who, host } = this.#settings;
    const hello: PrimaryMessage = {
      kind: 'hello',
      version: PROTOCOL_VERSION,
      pair,
      epoch,
      who,
      host,
      first: this.frames.acked + 1,
      surroundings: this.#surroundings,
      ...(this.#copy === undefined ? {} : { copy: this.#copy }),
    };
    this.#ears.emit({ kind: 'send', connection, message: hello });
  }

  #welcome(welcome: Welcome, now: number): void {
    const objection = welcomeObjection(welcome, this.#settings);
    if (objection !== undefined) {
      this.#ears.refused(objection, now);
      return;
    }
    if (this.#peer !== undefined && this.#peer.who !== welcome.who) {
      this.#ears.suspect('replaced', now);
      return;
    }
    const before = this.frames.acked;
    const wrong = this.frames.resume(welcome.received);
    if (wrong !== undefined) {
      this.#drop(wrong, now);
      return;
    }
    if (this.frames.acked > before) this.#fruitless = 0;
    const again = this.#dialler.established;
    this.#dialler.welcomed();
    if (this.#peer === undefined) {
      this.#peer = { who: welcome.who, host: welcome.host };
      this.#ears.begun(this.#peer, now);
    } else if (!again) this.#reconnections++;
    this.#ears.opened(now);
    if (Object.keys(this.#released).length > 0) this.#sendReleased(now);
    this.#ears.acked(now);
  }

  #listen(message: BackupMessage, now: number): void {
    switch (message.kind) {
      case 'ack': {
        const wrong = this.frames.acknowledge(message.sequence);
        if (wrong !== undefined) {
          this.#drop(wrong, now);
          return;
        }
        this.#fruitless = 0;
        this.#ears.acked(now);
        return;
      }
      case 'executed':
        if (message.sequence > this.frames.sent) {
          this.#drop(`frame ${message.sequence} was never sent`, now);
          return;
        }
        this.#ears.executed(message, now);
        return;
      case 'diverged':
        this.#ears.suspect('diverged', now);
        return;
      case 'refuse':
        this.#ears.suspect('refused', now);
        return;
      case 'taken':
        this.#ears.taken(message);
        return;
      case 'welcome':
        this.#drop('the backup welcomed twice', now);
        return;
    }
  }

  #send(message: PrimaryMessage, now: number): void {
    this.#ears.emit({ kind: 'send', connection: this.#dialler.open!, message });
    this.#alive.said(now);
  }

  #sendReleased(now: number): void {
    this.#releasedDue = undefined;
    this.#send({ kind: 'released', released: { ...this.#released } }, now);
  }

  #drop(reason: string, now: number): void {
    const connection = this.#lost(now);
    this.#ears.emit({ kind: 'disconnect', connection, reason });
  }

  #lost(now: number): ConnectionId {
    const wasOpen = this.#dialler.established;
    const connection = this.#dialler.lost(now, DIAL_EVERY_MS[this.#peer === undefined ? 'seeking' : 'protected']);
    if (!wasOpen) return connection;
    if (this.frames.bytes > 0) this.#fruitless++;
    if (this.#fruitless > FRUITLESS_MAX) this.#ears.suspect('channel-closed', now);
    else this.#ears.broken(now);
    return connection;
  }
}
