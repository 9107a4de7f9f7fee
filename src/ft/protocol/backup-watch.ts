/**
 * What the primary knows of the backup that follows it: whether it gives signs of life, how far its guest is, and
 * whether the clients' network reaches it. And the primary's own heartbeats, which the backup watches in turn.
 */

import { BackupProgress } from './backup-progress.ts';
import { Detector, earliest, type SuspicionCause } from './detector.ts';
import type { Peer } from './greeting.ts';
import { LinkLoss } from './link-loss.ts';
import type { BackupMessage, Heartbeat } from './message.ts';
import { Heart, Pulse } from './pacing.ts';
import type { PairSettings } from './settings.ts';

export class BackupWatch {
  readonly #settings: PairSettings;
  readonly detector: Detector;
  readonly progress: BackupProgress;
  readonly links: LinkLoss;
  readonly #heart: Heart;
  #pulse: Pulse | undefined;

  constructor(settings: PairSettings, now: number) {
    this.#settings = settings;
    this.detector = new Detector(settings);
    this.progress = new BackupProgress(settings);
    this.links = new LinkLoss(settings);
    this.#heart = new Heart(settings, now);
  }

  /** `peer` is there from now on. */
  begin(peer: Peer, now: number): void {
    this.#pulse = new Pulse(this.#settings, peer.who);
    this.detector.begin(now);
    this.progress.begin(now);
    this.links.followed(now);
  }

  /** A copy: frame `sequence` has the state that the backup's guest begins with. */
  commit(sequence: number, now: number): void {
    this.links.followed(now);
    this.progress.commit(sequence);
  }

  /** The backup has told how far it is. */
  told(message: Extract<BackupMessage, { readonly kind: 'executed' }>, now: number): void {
    this.progress.told(message, now);
    this.links.reported(message.links);
  }

  /** Somebody's heartbeat has come. */
  heartbeat(heartbeat: Heartbeat, now: number): void {
    if (this.#pulse?.isSign(heartbeat)) this.detector.beat(now);
  }

  /** The own heartbeat that is to go now, if one is. */
  beat(now: number): Heartbeat | undefined {
    return this.#heart.beat(now);
  }

  suspicion(now: number): SuspicionCause | undefined {
    return this.detector.suspicion(now);
  }

  /** For signs of life, on both sides. */
  get deadline(): number | undefined {
    return earliest(this.detector.deadline, this.#heart.due);
  }

  /** For looks at its lag and at the network. */
  get steeringDeadline(): number | undefined {
    return earliest(this.progress.deadline, this.links.deadline);
  }
}
