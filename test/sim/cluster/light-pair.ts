/**
 * A pair that is nothing but its sides: a primary, and a backup or not. It wants memory of the same hosts as the pair
 * whose guest is simulated, by the same steps.
 */

import { type PairReport, pairKeyOf, type Reservation } from '../../../src/ft/cluster/records.ts';
import { NODE_BYTES } from '../../../src/ft/cluster/view.ts';
import type { Random } from '../world/random.ts';
import type { ClusterHost, Side } from './cluster-host.ts';
import { LEASE_US } from './keeper.ts';
import type { FoundPlace, PairPlaces } from './pair-places.ts';
import type { ClusterParts } from './sim-cluster.ts';
import type { Caller, Wire } from './wire.ts';

/** Microseconds: until a loss is noticed, until a copy is whole, and between two attempts. */
const DETECT_US = [3_000, 30_000] as const;
const COPY_US = [1_000, 12_000] as const;
const RETRY_US = 8_000;
/** A planned switch. */
const SWITCH_US = 500;
/** A place that nobody comes to within this time ends. */
const PATIENCE_US = 60_000;

export interface LightParts extends Pick<ClusterParts, 'clockwork'> {
  readonly name: string;
  readonly version: string;
  readonly bytes: number;
  readonly random: Random;
  readonly wire: Wire;
  readonly hosts: readonly ClusterHost[];
  readonly places: (caller: Caller, pair: string, version: string) => PairPlaces;
  /** A side is there, which the cluster did not know until now. */
  readonly began: (host: ClusterHost, side: Side) => void;
  readonly ended: (host: ClusterHost) => void;
}

interface LightSide extends Side {
  readonly host: ClusterHost;
  isGone: boolean;
  /** Its guest is there. */
  isWhole: boolean;
}

export class LightPair {
  readonly #parts: LightParts;
  #primary: LightSide;
  #backup: LightSide | undefined;
  #place: FoundPlace | undefined;
  #places: PairPlaces;
  #epoch = 1;
  #isAsking = false;

  constructor(parts: LightParts, primary: ClusterHost, backup: ClusterHost, id: string) {
    this.#parts = parts;
    this.#primary = this.#side(primary, undefined);
    this.#primary.isWhole = true;
    this.#backup = this.#side(backup, id);
    this.#backup.isWhole = true;
    this.#places = this.#placesOf(this.#primary);
    this.#renew();
  }

  get name(): string {
    return this.#parts.name;
  }
  get bytes(): number {
    return this.#parts.bytes;
  }
  get version(): string {
    return this.#parts.version;
  }
  /** Undefined: it has come to its end. */
  get livesOn(): ClusterHost | undefined {
    return this.#primary.isGone ? undefined : this.#primary.host;
  }
  get isProtected(): boolean {
    return this.#backup?.isWhole === true && !this.#backup.isGone;
  }

  /** A place that an agent starts. */
  start(host: ClusterHost, { id }: Reservation): Side {
    const side = this.#side(host, id);
    this.#parts.clockwork.after(PATIENCE_US, () => {
      if (side !== this.#backup && side !== this.#primary) this.#end(side);
    });
    return side;
  }

  /** The backup is lost, and that is seen after `us`. */
  loseBackup(us = this.#parts.random.between(...DETECT_US)): void {
    if (this.#backup === undefined) return;
    this.#end(this.#backup, us);
  }

  /** The primary's process ends. */
  losePrimary(): void {
    this.#end(this.#primary);
  }

  /** What is on this host is to go. Why not; or nothing, when it does. */
  leave(host: ClusterHost): string | undefined {
    if (this.livesOn === host) return 'the guest lives here';
    const backup = this.#backup;
    // Its primary lets it go, if that is there.
    if (backup?.host === host && !this.#primary.isGone) this.#end(backup);
    return undefined;
  }

  /** The guest is to live where its backup is. Why not; or nothing. */
  handOver(host: ClusterHost): string | undefined {
    if (this.livesOn !== host) return 'the guest does not live here';
    if (!this.isProtected) return 'it has no backup';
    this.#end(this.#primary, SWITCH_US);
    return undefined;
  }

  #side(host: ClusterHost, id: string | undefined): LightSide {
    const { name: pair, bytes, began } = this.#parts;
    const side: LightSide = {
      pair,
      id,
      bytes,
      host,
      isGone: false,
      isWhole: false,
      isAlive: () => !side.isGone,
      isOfPair: () => side === this.#primary || side === this.#backup,
      kill: () => this.#end(side),
    };
    began(host, side);
    return side;
  }

  #end(side: LightSide, us = this.#parts.random.between(...DETECT_US)): void {
    if (side.isGone) return;
    side.isGone = true;
    this.#parts.ended(side.host);
    this.#parts.clockwork.after(us, () => this.#look());
  }

  /** What is left goes on. */
  #look(): void {
    const backup = this.#backup;
    if (this.#primary.isGone) {
      if (backup !== undefined && !backup.isWhole) this.#end(backup);
      if (backup === undefined || backup.isGone) return;
      const lost = this.#primary.host.name;
      this.#primary = backup;
      this.#backup = undefined;
      this.#place = undefined;
      this.#epoch++;
      this.#places = this.#placesOf(backup);
      this.#places.avoid(lost);
      this.#isAsking = false;
      this.#report();
    }
    if (this.#backup?.isGone === true) {
      this.#place?.failed(false);
      this.#place = undefined;
      this.#backup = undefined;
    }
    if (this.#backup === undefined) this.#ask();
  }

  #ask(): void {
    if (this.#isAsking || this.#primary.isGone || this.#backup !== undefined) return;
    this.#isAsking = true;
    const asker = this.#primary;
    this.#places.next(this.#parts.bytes, (place) => {
      if (this.#primary !== asker) return;
      this.#isAsking = false;
      if (place === undefined) this.#parts.clockwork.after(RETRY_US, () => this.#ask());
      else this.#copy(place);
    });
  }

  #copy(place: FoundPlace): void {
    const { clockwork, random, hosts } = this.#parts;
    const host = hosts.find(({ name }) => name === place.promised.host.name);
    const side = host?.side(place.promised.id) as LightSide | undefined;
    if (side === undefined) {
      place.failed(false);
      clockwork.after(RETRY_US, () => this.#ask());
      return;
    }
    this.#place = place;
    this.#backup = side;
    const source = this.#primary;
    clockwork.after(random.between(...COPY_US), () => {
      side.isWhole = !source.isGone && !side.isGone;
    });
  }

  #placesOf(side: LightSide): PairPlaces {
    const { places, name, version } = this.#parts;
    const post = (job: () => void): void => {
      if (!side.isGone) job();
    };
    return places({ host: side.host.name, isAlive: () => !side.isGone, post }, name, version);
  }

  #renew(): void {
    this.#report();
    this.#parts.clockwork.after(LEASE_US / 4, () => this.#renew());
  }

  #report(): void {
    const { name, wire, bytes } = this.#parts;
    const side = this.#primary;
    if (side.isGone) return;
    const primary = side.host.name;
    const backup = this.isProtected ? { backup: this.#backup!.host.name } : {};
    const state = this.isProtected ? 'protected' : 'alone';
    const memoryBytes = bytes - NODE_BYTES;
    const report: PairReport = { name, epoch: this.#epoch, state, primary, ...backup, memoryBytes };
    const caller: Caller = { host: primary, isAlive: () => !side.isGone, post: (job) => job() };
    wire.renew(caller, pairKeyOf(name, `${primary}-${this.#epoch}`), JSON.stringify(report));
  }
}
