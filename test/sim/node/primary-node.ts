/** The process that begins with the guest: dials its backup, and records from power on. */

import type { Connection } from '../world/connection.ts';
import type { GuestParts } from './guest-parts.ts';
import { Node, type NodeGuest, type NodeParts, type Standing } from './node.ts';
import { PrimaryGuest, type PrimarySaid } from './primary-guest.ts';

export class PrimaryNode extends Node {
  readonly #guestParts: GuestParts;
  #guest: PrimaryGuest | undefined;

  constructor(parts: NodeParts, guest: Omit<GuestParts, 'nowNs'>) {
    super(parts);
    this.#guestParts = { ...guest, nowNs: () => this.clock.nowNs };
    if (this.world.options.own) this.main.post(() => this.#beginAlone());
    else this.shield.first();
  }

  get guest(): NodeGuest | undefined {
    return this.#guest;
  }
  get state(): string {
    return this.shield.state ?? 'alone';
  }
  get standing(): Standing {
    return this.isGone ? 'gone' : this.shield.standing;
  }
  get isListening(): boolean {
    return false;
  }
  accept(): void {
    throw new Error('nobody listens here');
  }
  connections(): Connection[] {
    return [...(this.shield.link?.channels.connections() ?? []), ...(this.images?.connections ?? [])];
  }

  /** The first backup follows. */
  begin(): void {
    this.world.monitor.begun();
    this.#guest = new PrimaryGuest(this.#guestParts, (said) => this.#take(said));
  }

  /** On an image of its own: the first backup, too, is made from the running guest. */
  #beginAlone(): void {
    this.world.monitor.begunAlone();
    this.#guest = new PrimaryGuest(this.#guestParts, (said) => this.#take(said));
    this.shield.alone();
  }

  protected get followed(): never {
    throw new Error('it follows nobody');
  }
  protected heartbeatOfPrimary(): void {}
  protected get isDue(): boolean {
    return this.shield.link?.seat.isDue === true;
  }
  protected time(): void {
    this.shield.link?.seat.handle({ kind: 'time' });
  }

  protected clockChanged(): void {
    this.shield.link?.seat.clockChanged();
  }

  #take(said: PrimarySaid): void {
    this.world.probe(`${this.name}.said.${said.kind}`);
    this.main.post(() => {
      this.#guest!.taken();
      if (said.kind !== 'off') this.heard(said);
      else
        this.inLine(() => {
          if (!this.shield.ended()) this.carryOut({ kind: 'off' });
        });
    });
  }
}
