/**
 * The backups of a guest that lives here, one after the other: the one it began with, if any, and after each that is
 * lost a new one made from the running guest, at the first place that takes it. No hand is needed.
 *
 *     first ──> followed ── lost, epoch won ──> alone ── a place answers ──> copying ── the state is there ──> followed
 *                                                 ^  <── abandoned: the next place, after a while ──┘
 *
 * Invariant: one link at a time; outputs of the guest go through it in order, and straight out where there is none.
 */

import type { Output } from '../../emu/machine/events.ts';
import type { ClaimResult } from '../../ft/arbiter.ts';
import type { HeldOutput, PrimaryEvent } from '../../ft/protocol/io.ts';
import type { PrimaryMessage } from '../../ft/protocol/message.ts';
import type { PairSettings } from '../../ft/protocol/settings.ts';
import type { PrimaryStatus } from '../../ft/protocol/status.ts';
import { ALL_FRAMES } from './acknowledged.ts';
import { CopyCourse, type CopyStatus } from './copy-course.ts';
import { type Endpoint, endpointText } from './endpoint.ts';
import type { PairKey } from './key.ts';
import { type Place, type Places, placeAt, StaticPlaces } from './places.ts';
import { type LinkEffect, type LinkParts, PrimaryLink } from './primary-link.ts';
import type { Order, Report } from './ring-messages.ts';

/** Between two attempts. */
const RETRY_MS = 500;

/** Effects of a link that are the node's to carry out. */
export type NodeEffect = Exclude<LinkEffect, { kind: 'begin' | 'abandon' | 'live' | 'share' }>;

export interface ShieldHost {
  effect(effect: NodeEffect): void;
  claim(epoch: number, answer: (result: ClaimResult) => void): void;
  truthful(message: PrimaryMessage): PrimaryMessage;
  order(order: Order): void;
  share(share: number): void;
  /** Frames of the guest's log that are acknowledged. */
  acknowledged(frames: number): void;
  /** The first backup follows: the guest may begin. */
  begin(): void;
  /** The guest is alone here, in this epoch. */
  live(epoch: number): void;
  /** RAM of the guest. */
  memoryBytes(): number;
  /** What a backup needs to know; `spares`: where others may be, its own place not among them. */
  surroundings(spares: readonly Endpoint[]): Uint8Array;
  /** The guest is copied over this link: what goes with it is to be copied too. */
  copying(link: LinkParts): void;
  notice(text: string): void;
  look(): void;
}

/** Why a guest has no backup that is to have none. */
const UNWANTED = 'none is looked for, by order; lockstep ft protect has one made';

export class Shield {
  readonly #settings: PairSettings;
  readonly #key: PairKey | undefined;
  readonly #host: ShieldHost;
  #places: Places = new StaticPlaces([]);
  #link: PrimaryLink | undefined;
  /** Of the link. */
  #place: Place | undefined;
  /** Of the backup that is made next. */
  #next: Place | undefined;
  #isAsking = false;
  #isOver = false;
  /** Of the last link that has come to an end, with the guest alone here. */
  #resting: PrimaryStatus | undefined;
  #copies = 0;
  #epoch: number;
  #timer: NodeJS.Timeout | undefined;
  readonly #course: CopyCourse;
  /** False: the operator wants the guest to have no backup. */
  #isWanted = true;
  #told = new Set<string>();
  #fault: string | undefined;
  #isAlone = false;
  /** All network cards here have their peer; undefined: there are none. */
  #linksUp: boolean | undefined;

  /** `settings`: of the node; the epoch is told by `first` or `alone`. */
  constructor(settings: PairSettings, key: PairKey | undefined, host: ShieldHost) {
    this.#settings = settings;
    this.#key = key;
    this.#host = host;
    this.#course = new CopyCourse(host);
    this.#epoch = settings.epoch;
  }

  /** The backup that the guest begins with; later ones are looked for at `places`. */
  first(endpoint: Endpoint, places: Places): void {
    this.#places = places;
    this.#open(placeAt(endpoint), 0);
  }

  /** The guest lives here, without a backup: a new one is looked for at `places`. */
  alone(epoch: number, places: Places = this.#places): void {
    this.#epoch = epoch;
    this.#places = places;
    this.#isAlone = true;
    this.#course.alone();
    this.#told.clear();
    this.#later(0);
  }

  /** The guest lives here, and nobody else may come to have it. */
  get isAlone(): boolean {
    return this.#isAlone;
  }

  /** A backup is wanted now: at this place first of all, or wherever there is one. Why not; or nothing. */
  protect(endpoint?: Endpoint): string | undefined {
    if (!this.#isAlone) return 'the guest has a backup, or its fate is not decided';
    if (this.#link?.state === 'copying') return 'a backup is being made';
    if (endpoint !== undefined) this.#places.prefer(endpoint);
    else if (this.#places.isEmpty) return 'no place for a backup is known';
    this.#seek();
    return undefined;
  }

  /** From now on backups are looked for there. */
  join(places: Places): void {
    this.#places = places;
    this.#seek();
  }

  /** The guest is to have no backup until one is wanted again. Why not; or nothing. */
  unprotect(): string | undefined {
    const link = this.#link;
    if (!this.#isAlone && link?.state !== 'protected') return 'its fate is not decided, or it has not begun';
    this.#isWanted = false;
    clearTimeout(this.#timer);
    this.#leaveNext();
    if (link?.state === 'protected') link.tell({ kind: 'letGo' });
    else if (link?.state === 'seeking' || link?.state === 'copying') this.giveUp(link.copy, 'the operator wants none');
    return undefined;
  }

  /** A planned switch to the backup; why it has not begun. */
  switchOver(reason: string): string | undefined {
    return this.#link === undefined ? 'the guest has no backup' : this.#link.switchOver(reason);
  }

  /** What is against another place for the backup, or against this one; or nothing. */
  moveObjection(endpoint?: Endpoint): string | undefined {
    if (this.#link?.state !== 'protected') return 'the guest has no backup that follows it';
    const isThere = endpoint !== undefined && this.backup === endpointText(endpoint);
    return isThere ? `its backup is at ${this.backup} already` : undefined;
  }

  /** The backup is let go, and a new one made there first of all. `isNamed`: by the operator, to be remembered. */
  move(place: Place, isNamed: boolean): void {
    this.#leaveNext();
    if (isNamed) this.#places.prefer(place.endpoint);
    else this.#next = place;
    this.#link?.tell({ kind: 'letGo' });
  }

  /** To the core that follows the guest's present backup. */
  tell(event: Extract<PrimaryEvent<never>, { kind: 'quiet' | 'settled' | 'callOff' }>): void {
    this.#link?.tell(event);
  }

  links(up: boolean): void {
    this.#linksUp = up;
    this.#link?.tell({ kind: 'links', up });
  }

  /** Undefined while no link says more than the node itself knows. */
  get status(): PrimaryStatus | undefined {
    return this.#telling === undefined ? this.#resting : this.#telling.status;
  }

  /** Of the same, at next to no cost. */
  get state(): PrimaryStatus['state'] | undefined {
    return this.#telling === undefined ? this.#resting?.state : this.#telling.state;
  }

  get #telling(): PrimaryLink | undefined {
    const state = this.#link?.state;
    const says = state !== undefined && state !== 'abandoned' && (state !== 'seeking' || this.#link?.copy === 0);
    return says ? this.#link : undefined;
  }

  /** Tells from now on whether all that has been handed over by now is acknowledged, or nobody is there to do that. */
  acknowledgement(): () => boolean {
    const link = this.#link;
    const handed = link?.status.frames.handed ?? -1;
    return () => this.#isAlone || this.#link !== link || (link?.status.frames.acked ?? -1) >= handed;
  }

  get copy(): CopyStatus | undefined {
    return this.#course.status;
  }

  /** What the last attempt to have a backup came to nothing for; undefined while one is made, or there is one. */
  get fault(): string | undefined {
    return this.#isWanted ? this.#fault : UNWANTED;
  }

  /** Where the guest's backup is, or is being looked for. */
  get backup(): string | undefined {
    return this.#link === undefined ? undefined : endpointText(this.#link.parts.endpoint);
  }

  /** False: there is no link, and it may leave. */
  output(output: HeldOutput<Output>): boolean {
    this.#link?.tell({ kind: 'output', output });
    return this.#link !== undefined;
  }

  heard(report: Extract<Report, { kind: 'frame' | 'reads' | 'copying' }>): void {
    const link = this.#link;
    if (link === undefined || link.copy !== report.copy) return;
    if (report.kind === 'copying') {
      if (link.copy > 0) this.#course.progress(report.progress);
    } else if (report.kind === 'reads') {
      link.tell({ kind: 'reads', places: report.places });
    } else {
      const { sequence, bytes, last, commit } = report;
      link.tell({ kind: 'frame', sequence, bytes, last, ...(commit ? { commit } : {}) });
      if (commit) this.#isAlone = false;
    }
  }

  /** The guest is off. False: no link, and so nobody to tell. */
  ended(): boolean {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#link?.tell({ kind: 'ended' });
    return this.#link !== undefined;
  }

  stop(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#leaveNext();
    this.#link?.stop();
  }

  /** A backup is wanted, by a new order. */
  #seek(): void {
    this.#isWanted = true;
    this.#told.clear();
    if (this.#isAlone && this.#link?.state !== 'copying') this.#later(0);
  }

  #later(ms: number): void {
    clearTimeout(this.#timer);
    if (!this.#isOver && this.#isWanted) this.#timer = setTimeout(() => void this.#attempt(), ms);
  }

  async #attempt(): Promise<void> {
    if (this.#isAsking || this.#isOver) return;
    this.#isAsking = true;
    const next = this.#next;
    this.#next = undefined;
    const place = next ?? (await this.#places.next({ memoryBytes: this.#host.memoryBytes() }));
    this.#isAsking = false;
    if (this.#isOver || !this.#isWanted) place?.failed(false);
    else if (place === undefined) this.#later(RETRY_MS);
    else this.#open(place, ++this.#copies);
  }

  #open(place: Place, copy: number): void {
    this.#link?.stop();
    this.#leavePlace();
    this.#place = place;
    const { endpoint } = place;
    const settings = { ...this.#settings, epoch: this.#epoch };
    const surroundings = this.#host.surroundings(this.#places.besides(place));
    const link: PrimaryLink = new PrimaryLink(
      { settings, endpoint, key: this.#key, surroundings, copy },
      {
        effect: (effect) => this.#effect(link, effect),
        claim: (epoch, answer) => this.#host.claim(epoch, answer),
        truthful: (message) => this.#host.truthful(message),
        acked: (sequence) => {
          if (this.#link === link) this.#host.acknowledged(sequence + 1);
        },
        unreached: (reason) => {
          if (copy === 0 && this.#link === link) this.#failed(link, reason, '; it is waited for');
        },
        look: () => this.#host.look(),
      },
    );
    this.#link = link;
    link.tell(...(this.#linksUp === undefined ? [] : [{ kind: 'links', up: this.#linksUp } as const]));
  }

  #effect(link: PrimaryLink, effect: LinkEffect): void {
    switch (effect.kind) {
      case 'begin':
        this.#fault = undefined;
        if (link.copy === 0) this.#host.begin();
        else this.#begin(link);
        break;
      case 'abandon':
        this.#abandon(link, effect.reason, effect.refused);
        break;
      case 'share':
        this.#host.share(effect.share);
        break;
      case 'live':
        this.#host.acknowledged(ALL_FRAMES);
        this.#host.order({ kind: 'endCopy', copy: link.copy });
        this.#host.live(effect.epoch);
        // What it holds leaves through the link first.
        setImmediate(() => this.#rest(link, effect.epoch));
        break;
      default:
        this.#host.effect(effect);
    }
  }

  #rest(link: PrimaryLink, epoch: number): void {
    if (link.state !== 'alone') return;
    this.#resting = link.status;
    this.#leavePlace();
    this.alone(epoch);
  }

  #leaveNext(): void {
    this.#next?.failed(false);
    this.#next = undefined;
  }

  #leavePlace(refused = false): void {
    this.#place?.failed(refused);
    this.#place = undefined;
  }

  #begin(link: PrimaryLink): void {
    this.#course.begin(endpointText(link.parts.endpoint));
    this.#host.acknowledged(0);
    this.#host.copying(link.parts);
    this.#host.order({ kind: 'copy', copy: link.copy });
  }

  /** What goes with this copy cannot be had there. Nothing is held for it from now on. */
  giveUp(copy: number, reason: string): void {
    const link = this.#link;
    if (link?.copy !== copy) return;
    this.#abandon(link, reason, false);
    this.#drop(link);
  }

  /** The guest is slowed, as what it changes (`what`) is not copied as fast. */
  slower(what: string): void {
    this.#course.slower(what);
  }

  #abandon(link: PrimaryLink, reason: string, refused: boolean): void {
    // While its images are completed the guest has a state behind it that nobody will acknowledge.
    this.#host.acknowledged(ALL_FRAMES);
    this.#host.order({ kind: 'endCopy', copy: link.copy });
    this.#course.over();
    this.#failed(link, reason);
    setImmediate(() => this.#drop(link, refused));
  }

  /** The operator is told once of each reason. */
  #failed(link: PrimaryLink, reason: string, andNow = ''): void {
    const text = `no backup at ${endpointText(link.parts.endpoint)}: ${reason}`;
    if (!this.#told.has(text)) this.#host.notice(`${text}${andNow}`);
    this.#told.add(text);
    this.#fault = text;
  }

  #drop(link: PrimaryLink, refused = false): void {
    if (this.#link !== link) return;
    link.stop();
    this.#link = undefined;
    this.#leavePlace(refused);
    this.#later(RETRY_MS);
  }
}
