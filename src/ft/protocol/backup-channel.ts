/**
 * The logging channel as the backup has it: lets the primary in, takes frames, acknowledges each when it is in the
 * buffer (never when it is executed), tells how far its guest is. It decides nothing about takeover.
 *
 * Invariants: a frame is acknowledged after it was fed, in one and the same call; connections that have not been
 * greeted disturb nothing; once closed for good, every hello is refused and no frame is taken. After 'yield' no frame
 * is taken either, and the channel stays open for the answer.
 */

import { type Hello, helloObjection, type Peer } from './greeting.ts';
import type { BackupEffect, ConnectionId } from './io.ts';
import type { BackupMessage, PrimaryMessage, Released } from './message.ts';
import { Pacer } from './pacing.ts';
import { ReceiveBuffer } from './receive-buffer.ts';
import type { PairSettings } from './settings.ts';

type Yield = Extract<PrimaryMessage, { readonly kind: 'yield' }>;

const EXECUTED_EVERY_MS = 10;
/** Beside an acknowledgement, which goes anyway, it costs next to nothing, and the primary knows the lag as it is. */
const EXECUTED_BESIDE_MS = 2;
/** Connections that have said nothing yet; one more closes the oldest. */
const STRANGERS_MAX = 8;

/** What the channel tells the backup. Called inside its methods. */
export interface ChannelEars {
  emit(effect: BackupEffect<never>): void;
  /** The primary was let in: for the first time, or again. */
  opened(peer: Peer, now: number): void;
  /** The present channel is lost. */
  broken(now: number): void;
  /** The channel is not read from now on, by the backup's own wish; or it is again. */
  reading(reading: boolean, now: number): void;
  released(released: Released): void;
  /** The primary hands its guest over. */
  yielded(message: Yield, now: number): void;
  /** The frame that ends the log is here. */
  ended(): void;
  /** For 'executed': how far the guest is. */
  position(): Extract<BackupMessage, { readonly kind: 'executed' }>;
}

export class BackupChannel {
  readonly buffer: ReceiveBuffer;
  readonly #settings: PairSettings;
  readonly #ears: ChannelEars;
  readonly #strangers = new Set<ConnectionId>();
  readonly #executed: Pacer;
  #open: ConnectionId | undefined;
  #peer: Peer | undefined;
  #surroundings: Uint8Array | undefined;
  #copy: number | undefined;
  #reading = true;
  #shut: string | undefined;
  /** The guest has executed more than the primary was told. */
  #hasNews = false;
  #saidExecutedAt = Number.NEGATIVE_INFINITY;
  /** Frames are no longer taken: the primary has handed its guest over. */
  #yielded = false;

  constructor(settings: PairSettings, now: number, ears: ChannelEars) {
    this.#settings = settings;
    this.#ears = ears;
    this.buffer = new ReceiveBuffer(settings.receiveBufferBytes);
    this.#executed = new Pacer(EXECUTED_EVERY_MS, settings.heartbeatMs, now);
  }

  get isOpen(): boolean {
    return this.#open !== undefined;
  }

  get reading(): boolean {
    return this.#reading;
  }

  get peer(): Peer | undefined {
    return this.#peer;
  }

  get deadline(): number | undefined {
    return this.isOpen ? this.#executed.due : undefined;
  }

  connected(connection: ConnectionId): void {
    this.#strangers.add(connection);
    if (this.#strangers.size <= STRANGERS_MAX) return;
    const [oldest] = this.#strangers;
    this.#strangers.delete(oldest!);
    this.#disconnect(oldest!, 'too many connections that say nothing');
  }

  /** True when the message is of the present channel: a sign of life. */
  message(connection: ConnectionId, message: PrimaryMessage, now: number): boolean {
    if (this.#strangers.delete(connection)) {
      if (message.kind === 'hello') this.#greet(connection, message, now);
      else this.#disconnect(connection, `${message.kind} came before hello`);
      return false;
    }
    if (connection !== this.#open) return false;
    this.#listen(connection, message, now);
    return this.isOpen;
  }

  closed(connection: ConnectionId, now: number): void {
    this.#strangers.delete(connection);
    if (connection === this.#open) this.#lose(now);
  }

  /** There is news for the primary. */
  want(now: number): void {
    this.#executed.want(now);
  }

  /** The guest has executed everything up to `sequence`. */
  executed(sequence: number, now: number): void {
    this.buffer.execute(sequence);
    this.#hasNews = true;
    this.#executed.want(now);
    this.#read(!this.buffer.full, now);
  }

  time(now: number): void {
    if (this.#open !== undefined && now >= this.#executed.due) this.#sayExecuted(this.#open, now);
  }

  /** The primary is to know why this node gives up. */
  farewell(message: BackupMessage): void {
    if (this.#open !== undefined) this.#send(this.#open, message);
  }

  /** Nothing is taken from anybody any more; who says hello is refused for `reason`. */
  shut(reason: string): void {
    this.#shut = reason;
    if (this.#open !== undefined) this.#disconnect(this.#open, reason);
    this.#open = undefined;
  }

  /** The primary was lost before its first frame: another may come. */
  forget(): void {
    if (this.#open !== undefined) this.#disconnect(this.#open, 'lost before the first frame');
    this.#open = undefined;
    this.#peer = undefined;
  }

  #greet(connection: ConnectionId, hello: Hello, now: number): void {
    const objection = this.#shut ?? helloObjection(hello, this.#settings, this.#peer, this.buffer.received, this.#copy);
    if (objection !== undefined) {
      this.#send(connection, { kind: 'refuse', reason: objection });
      this.#disconnect(connection, objection);
      return;
    }
    if (this.#open !== undefined) this.#disconnect(this.#open, 'the primary has connected anew');
    this.#open = connection;
    this.#peer = { who: hello.who, host: hello.host };
    if (this.buffer.received < 0) {
      this.#surroundings = hello.surroundings;
      this.#copy = hello.copy;
    }
    this.#welcome(connection);
    this.#executed.want(now);
    this.#ears.opened(this.#peer, now);
    // A new connection is read until told otherwise.
    this.#reading = true;
    this.#read(!this.buffer.full, now);
  }

  #listen(connection: ConnectionId, message: PrimaryMessage, now: number): void {
    switch (message.kind) {
      case 'frame':
        this.#frame(connection, message, now);
        return;
      case 'released':
        this.#ears.released(message.released);
        return;
      case 'alive':
        this.#executed.want(now);
        return;
      case 'hello':
        this.#greetAgain(connection, message, now);
        return;
      case 'yield':
        this.#yield(message, now);
        return;
    }
  }

  /** Said again on each new connection, for the answer may take its time. */
  #yield(message: Yield, now: number): void {
    const { received, ended, alive } = this.buffer;
    if (message.through !== received || ended || !alive) {
      this.#drop(`frame ${message.through} is not where the guest can be handed over`, now);
      return;
    }
    if (this.#yielded) return;
    this.#yielded = true;
    this.#ears.yielded(message, now);
  }

  /** The primary makes sure that it is still followed: the answer tells what is held. */
  #greetAgain(connection: ConnectionId, hello: Hello, now: number): void {
    const objection = helloObjection(hello, this.#settings, this.#peer, this.buffer.received, this.#copy);
    if (objection === undefined) this.#welcome(connection);
    else this.#drop(objection, now);
  }

  #welcome(connection: ConnectionId): void {
    const { who, host } = this.#settings;
    this.#send(connection, { kind: 'welcome', who, host, received: this.buffer.received });
  }

  #frame(connection: ConnectionId, frame: Extract<PrimaryMessage, { readonly kind: 'frame' }>, now: number): void {
    const { sequence, bytes } = frame;
    const wrong = this.#yielded
      ? `frame ${sequence} came after the guest was handed over`
      : this.buffer.accept(sequence, bytes);
    if (wrong !== undefined) {
      this.#drop(wrong, now);
      return;
    }
    if (sequence === 0) this.#ears.emit({ kind: 'follow', surroundings: this.#surroundings! });
    this.#ears.emit({ kind: 'feed', sequence, bytes });
    // The commit point of the Output Rule: the frame is held, whatever happens to the primary.
    this.#send(connection, { kind: 'ack', sequence });
    if (this.#hasNews && now - this.#saidExecutedAt >= EXECUTED_BESIDE_MS) this.#sayExecuted(connection, now);
    if (this.buffer.ended) this.#ears.ended();
    this.#read(!this.buffer.full, now);
  }

  #sayExecuted(connection: ConnectionId, now: number): void {
    this.#executed.said(now);
    this.#saidExecutedAt = now;
    this.#hasNews = false;
    this.#send(connection, this.#ears.position());
  }

  #read(reading: boolean, now: number): void {
    if (this.#open === undefined || reading === this.#reading) return;
    this.#reading = reading;
    this.#ears.emit({ kind: 'reading', connection: this.#open, reading });
    this.#ears.reading(reading, now);
  }

  #send(connection: ConnectionId, message: BackupMessage): void {
    this.#ears.emit({ kind: 'send', connection, message });
  }

  #drop(reason: string, now: number): void {
    const connection = this.#open!;
    this.#lose(now);
    this.#disconnect(connection, reason);
  }

  #lose(now: number): void {
    this.#open = undefined;
    this.#ears.broken(now);
  }

  #disconnect(connection: ConnectionId, reason: string): void {
    this.#ears.emit({ kind: 'disconnect', connection, reason });
  }
}
