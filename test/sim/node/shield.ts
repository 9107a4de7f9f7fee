/**
 * The backups of a guest that lives on a node, one after the other, as src/host/ft/shield.ts has them: the one it began
 * with, if any, and after each that is lost a new one made from the running guest.
 */

import type { Output } from '../../../src/emu/machine/events.ts';
import type { HeldOutput } from '../../../src/ft/protocol/io.ts';
import type { FoundPlace, PairPlaces } from '../cluster/pair-places.ts';
import type { SimCluster } from '../cluster/sim-cluster.ts';
import { Link, type LinkEffect } from './link.ts';
import type { LiveSaid } from './live-side.ts';
import type { Node } from './node.ts';

/** Between two attempts, microseconds. */
const RETRY_US = 8_000;
/** What a guest that outruns its copy keeps of its share with each round, and the least. */
const SLOWER = 0.7;
const SHARE_LEAST = 0.05;
/** Between two looks whether the disk is at rest. */
const SETTLE_US = 200;

export class Shield {
  readonly #node: Node;
  #link: Link | undefined;
  #copies = 0;
  #share = 1;
  #acked = -1;
  /** Of planned switches. */
  #attempt = 0;
  /** Where the guest finds places on the hosts of a cluster. */
  #places: PairPlaces | undefined;
  /** Of the link. */
  #place: FoundPlace | undefined;
  #isAsking = false;

  constructor(node: Node) {
    this.#node = node;
  }

  get link(): Link | undefined {
    return this.#link;
  }

  /** Undefined: there is no backup and none is being made. */
  get state(): string | undefined {
    return this.#link?.state;
  }

  /** The backup that the guest begins with. */
  first(): void {
    const { cluster } = this.#node.world;
    this.#place = cluster && this.#placesIn(cluster).place(cluster.first);
    this.#open(0);
  }

  /** The guest lives here without a backup. */
  alone(): void {
    if (this.#node.world.options.clones) this.#later();
  }

  /** As far as backups go, of a node whose guest lives. */
  get standing(): 'protected' | 'alone' | 'undecided' {
    const link = this.#link;
    if (link === undefined || link.state === 'alone') return 'alone';
    if (link.state === 'protected') return 'protected';
    const isAlone = !link.isCommitted && ['seeking', 'copying', 'abandoned'].includes(link.state);
    return isAlone ? 'alone' : 'undecided';
  }

  /** The operator wants the guest on the other host, or the backup elsewhere. */
  ordered(what: 'switch' | 'letGo'): void {
    const { world } = this.#node;
    if (this.#link === undefined) return;
    world.did(what === 'switch' ? 'a switch is ordered' : 'a backup is let go');
    if (what === 'switch') this.#link.seat.handle({ kind: 'switch', reason: 'it was ordered' });
    else this.#link.seat.handle({ kind: 'letGo' });
  }

  /** The guest has come to a stop. */
  quiet(number: number): void {
    if (number === this.#attempt) this.#link?.seat.handle({ kind: 'quiet' });
  }

  /** False: there is no link, and it may leave. */
  output(output: HeldOutput<Output>): boolean {
    this.#tell((link) => {
      const before = output.place === undefined ? 0 : link.heldBehindReads;
      link.seat.handle({ kind: 'output', output });
      if (output.place === undefined || link.heldBehindReads === before) return;
      this.#node.world.did('a write waits for a read of the backup');
      this.#node.world.probe(`${this.#node.name}.write.waits`);
    });
    return this.#link !== undefined;
  }

  frame({ copy, sequence, bytes, last, commit }: LiveSaid & { readonly kind: 'frame' }): void {
    if (this.#link?.copy !== copy) return;
    if (commit) this.#node.world.probe(`${this.#node.name}.copy.commit`);
    this.#tell((link) => {
      link.isCommitted ||= commit;
      link.seat.handle({ kind: 'frame', sequence, bytes, last, ...(commit ? { commit } : {}) });
    });
  }

  reads({ copy, places }: LiveSaid & { readonly kind: 'reads' }): void {
    if (this.#link?.copy === copy) this.#tell((link) => link.seat.handle({ kind: 'reads', places }));
  }

  progress({ copy, slow, done }: LiveSaid & { readonly kind: 'copying' }): void {
    const { world } = this.#node;
    if (this.#link?.copy !== copy) return;
    if (slow) {
      world.did('a guest outruns its copy');
      this.#setShare(Math.max(SHARE_LEAST, this.#share * SLOWER));
    }
    if (!done) return;
    world.did('a copy is made');
    this.#setShare(1);
  }

  /** The guest is off. False: no link, and so nobody to tell. */
  ended(): boolean {
    this.#link?.seat.handle({ kind: 'ended' });
    return this.#link !== undefined;
  }

  #tell(what: (link: Link) => void): void {
    const link = this.#link;
    if (link === undefined) return;
    what(link);
    this.#passAcks(link);
  }

  /** The guest's side of a copy goes by what the backup has. */
  #passAcks(link: Link): void {
    if (link.state !== 'copying' || link.acked <= this.#acked) return;
    const { acked: sequence, copy } = link;
    this.#acked = sequence;
    this.#node.toGuest(() => this.#node.guest?.order({ kind: 'acked', copy, sequence }));
  }

  #later(): void {
    const { world, main } = this.#node;
    world.clockwork.after(RETRY_US, () =>
      main.post(() => {
        if (this.#link !== undefined || this.#node.isGone) return;
        if (world.cluster === undefined) this.#open(++this.#copies);
        else this.#ask(world.cluster);
      }),
    );
  }

  #ask(cluster: SimCluster): void {
    if (this.#isAsking) return;
    this.#isAsking = true;
    cluster.next(this.#placesIn(cluster), (place) => {
      this.#isAsking = false;
      if (this.#node.isGone) place?.failed(false);
      else if (place === undefined) this.#later();
      else {
        this.#place = place;
        this.#open(++this.#copies);
      }
    });
  }

  #placesIn(cluster: SimCluster): PairPlaces {
    const node = this.#node;
    const caller = { isAlive: () => !node.isGone, post: (job: () => void) => node.main.post(job) };
    this.#places ??= cluster.placesOf(caller, node.name);
    return this.#places;
  }

  #leavePlace(refused: boolean): void {
    this.#place?.failed(refused);
    this.#place = undefined;
  }

  #open(copy: number): void {
    this.#acked = -1;
    const link: Link = new Link(this.#node, copy, (from, effect) => this.#carryOut(from, effect));
    this.#link = link;
  }

  #carryOut(link: Link, effect: LinkEffect): void {
    const node = this.#node;
    const { world } = node;
    this.#passAcks(link);
    switch (effect.kind) {
      case 'heartbeat':
        node.sendHeartbeat(effect.heartbeat, 'primary');
        return;
      case 'claim':
        node.claim(effect.epoch, (result) => link.seat.handle({ kind: 'claimed', epoch: effect.epoch, result }));
        return;
      case 'begin':
        if (link.copy > 0) {
          this.#order({ kind: 'copy', copy: link.copy });
          node.images?.begin(link.copy);
        } else (node as Node & { begin(): void }).begin();
        return;
      case 'abandon':
        this.#abandon(link, effect.refused);
        return;
      case 'stall':
        world.did(effect.stalled ? 'primary stalled: buffer full' : 'primary goes on: buffer has room');
        if (node.guest !== undefined) node.guest.stalled = effect.stalled;
        return;
      case 'share':
        world.did(effect.share < this.#share ? 'share cut' : 'share raised');
        this.#setShare(effect.share);
        return;
      case 'live':
        node.carryOut(effect);
        if (!world.options.clones) return;
        this.#order({ kind: 'endCopy', copy: link.copy });
        // What it holds leaves first: those effects are jobs before this one.
        node.main.post(() => {
          if (link.state === 'alone') this.#drop(link);
        });
        return;
      case 'quiesce':
        this.#order({ kind: 'quiesce', number: ++this.#attempt });
        return;
      case 'settle':
        this.#settle(link, this.#attempt);
        return;
      case 'resume':
        world.did('a switch comes to nothing');
        this.#attempt++;
        this.#order({ kind: 'resume' });
        return;
      default:
        if (effect.kind === 'halt' && effect.why === 'handedOver') world.did('a switch is made');
        node.carryOut(effect);
    }
  }

  /** What goes with the copy of that number cannot be completed. */
  giveUp(copy: number): void {
    if (this.#link?.copy === copy) this.#abandon(this.#link);
  }

  #abandon(link: Link, refused = false): void {
    const { world, who } = this.#node;
    world.did('a copy is abandoned');
    world.monitor.abandoned({ primary: who, copy: link.copy });
    this.#order({ kind: 'endCopy', copy: link.copy });
    this.#setShare(1);
    this.#drop(link, refused);
  }

  #settle(link: Link, attempt: number): void {
    const { world, main } = this.#node;
    if (attempt !== this.#attempt) return;
    if (this.#node.isAtRest) link.seat.handle({ kind: 'settled' });
    else world.clockwork.after(SETTLE_US, () => main.post(() => this.#settle(link, attempt)));
  }

  #drop(link: Link, refused = false): void {
    if (this.#link !== link) return;
    link.close();
    this.#leavePlace(refused);
    this.#link = undefined;
    this.alone();
  }

  #order(order: Parameters<NonNullable<Node['guest']>['order']>[0]): void {
    if (order.kind === 'endCopy') this.#node.images?.stop(order.copy);
    this.#node.toGuest(() => this.#node.guest?.order(order));
  }

  #setShare(share: number): void {
    this.#share = share;
    if (this.#node.guest !== undefined) this.#node.guest.share = share;
  }
}
