/**
 * Tells when the other side is to be suspected: silence of the channel, silence of the heartbeats, a channel that was
 * closed and is not back. Suspicion may be wrong; the arbiter decides who lives, so this is a matter of speed alone.
 * Paper, section 2.3.
 */

import type { PairSettings } from './settings.ts';

export type SuspicionCause =
  | 'channel-silent'
  | 'heartbeats-silent'
  | 'channel-closed'
  /** The other side answers, and will not go on with this one. */
  | 'refused'
  /** Another node answers where the other side was. */
  | 'replaced'
  /** The backup is to be elsewhere, and is let go: nobody is lost. */
  | 'moved'
  /** The primary hands its guest over: nobody is lost. */
  | 'yielded'
  /** The backup's replay differs: it has given up. */
  | 'diverged';

/** Waiting for a sign of life. Off until `heard`. */
class Silence {
  readonly #limitMs: number;
  readonly #lateMs: number;
  #due: number | undefined;
  #excused = false;

  constructor(limitMs: number, lateMs: number) {
    this.#limitMs = limitMs;
    this.#lateMs = lateMs;
  }

  get due(): number | undefined {
    return this.#due;
  }

  heard(now: number): void {
    this.#due = now + this.#limitMs;
    this.#excused = false;
  }

  stop(): void {
    this.#due = undefined;
  }

  /**
   * True when the silence has lasted too long. Who comes to look long after it was due has stood still itself, and
   * what was said meanwhile may wait unread: once in a silence the judgement is put off.
   */
  isTooLong(now: number): boolean {
    if (this.#due === undefined || now < this.#due) return false;
    if (this.#excused || now - this.#due <= this.#lateMs) return true;
    this.#excused = true;
    this.#due = now + this.#lateMs;
    return false;
  }
}

/** How much longer silences may last before the guest is at the backup: images come in, and both sides are busy. */
const PATIENCE = 10;

/** For a backup that has no guest yet. It can not take over, so nobody waits for it to notice. */
export const patientDetector = (settings: PairSettings): Detector =>
  new Detector({
    ...settings,
    detectMs: PATIENCE * settings.detectMs,
    reconnectMs: PATIENCE * settings.reconnectMs,
  });

export class Detector {
  readonly #channel: Silence;
  readonly #heartbeats: Silence;
  readonly #absence: Silence;
  #lastHeardAt: number | undefined;

  constructor(settings: PairSettings) {
    const lateMs = settings.heartbeatMs / 2;
    this.#channel = new Silence(settings.detectMs, lateMs);
    this.#heartbeats = new Silence(settings.detectMs, lateMs);
    this.#absence = new Silence(settings.reconnectMs, lateMs);
  }

  /** The last sign of life of either kind. */
  get lastHeardAt(): number | undefined {
    return this.#lastHeardAt;
  }

  get deadline(): number | undefined {
    return earliest(this.#channel.due, this.#heartbeats.due, this.#absence.due);
  }

  /** The other side is there from now on. */
  begin(now: number): void {
    this.#heartbeats.heard(now);
    this.channelOpened(now);
  }

  channelOpened(now: number): void {
    this.#absence.stop();
    this.heard(now);
  }

  /** A channel that was open is closed; more of the same changes nothing until it is open again. */
  channelClosed(now: number): void {
    this.#channel.stop();
    if (this.#absence.due === undefined) this.#absence.heard(now);
  }

  /** Nothing is read from the channel, by this side's own wish: its silence says nothing. `heard` ends that. */
  channelUnread(): void {
    this.#channel.stop();
  }

  /** A message came. */
  heard(now: number): void {
    this.#channel.heard(now);
    this.#lastHeardAt = now;
  }

  beat(now: number): void {
    this.#heartbeats.heard(now);
    this.#lastHeardAt = now;
  }

  /** Nobody is watched any more. */
  stop(): void {
    for (const silence of [this.#channel, this.#heartbeats, this.#absence]) silence.stop();
  }

  suspicion(now: number): SuspicionCause | undefined {
    if (this.#absence.isTooLong(now)) return 'channel-closed';
    if (this.#channel.isTooLong(now)) return 'channel-silent';
    if (this.#heartbeats.isTooLong(now)) return 'heartbeats-silent';
    return undefined;
  }
}

/** The earliest of some times; undefined when there is none. */
export function earliest(...times: readonly (number | undefined)[]): number | undefined {
  let least: number | undefined;
  for (const time of times) if (time !== undefined && (least === undefined || time < least)) least = time;
  return least;
}
