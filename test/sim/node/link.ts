/**
 * One backup of a guest that lives on a node: a primary's core, and its end of the channel, which it dials. Made anew
 * for each backup.
 */

import type { Output } from '../../../src/emu/machine/events.ts';
import type { PrimaryEffect, PrimaryEvent } from '../../../src/ft/protocol/io.ts';
import { Primary } from '../../../src/ft/protocol/primary.ts';
import { Connection } from '../world/connection.ts';
import { Channels } from './channels.ts';
import type { PrimaryCore } from './core.ts';
import type { Node } from './node.ts';
import { Seat } from './seat.ts';

/** A host that does not answer is given up after so long. */
const DIAL_TIMEOUT_US = 25_000;

/** Effects that are not the link's own. */
export type LinkEffect = Exclude<PrimaryEffect<Output>, { kind: 'dial' | 'send' | 'disconnect' }>;

export class Link {
  /** 0: of a guest that begins with this backup. Else the number of the attempt. */
  readonly copy: number;
  readonly channels: Channels;
  readonly seat: Seat<PrimaryEvent<Output>, PrimaryEffect<Output>>;
  readonly #node: Node;
  readonly #core: PrimaryCore;
  readonly #primary: Primary<Output>;
  #open = true;
  /** The state of the guest has been handed over for it: it may come to live there. */
  isCommitted: boolean;

  /** In the node's present epoch. */
  constructor(node: Node, copy: number, carryOut: (link: Link, effect: LinkEffect) => void) {
    const { name, world, main, clock } = node;
    this.copy = copy;
    this.isCommitted = copy === 0;
    this.#node = node;
    const settings = { ...node.settings, epoch: node.epoch };
    const core = new Primary<Output>(settings, clock.nowMs, Uint8Array.of(7), copy === 0 ? undefined : copy);
    this.#primary = core;
    this.#core = world.hooks.primary?.(core) ?? core;
    this.seat = new Seat<PrimaryEvent<Output>, PrimaryEffect<Output>>(this.#core, {
      name,
      world,
      main,
      clock,
      carryOut: (effect) => {
        if (effect.kind === 'dial') this.#dial(effect.connection);
        else if (effect.kind === 'send') this.channels.send(effect.connection, effect.message);
        else if (effect.kind === 'disconnect') this.channels.disconnect(effect.connection, effect.reason);
        else carryOut(this, effect);
      },
      handled: () => {
        if (this.state === 'protected') world.monitor.saysProtected({ primary: node.who, copy });
      },
    });
    this.channels = new Channels(node, 'dials', (event) => this.seat.handle(event as PrimaryEvent<Output>));
    this.seat.post({ kind: 'time' });
  }

  get state(): string {
    return this.seat.state;
  }
  /** Highest frame that the backup is known to hold. */
  get acked(): number {
    return this.#core.acked ?? -1;
  }

  /** Writes that waited for a read of the backup. */
  get heldBehindReads(): number {
    return this.#primary.heldBehindReads;
  }

  /** Lets go of the network. */
  close(): void {
    this.#open = false;
    this.seat.leave();
    this.channels.closeAll('this side has no use for it');
  }

  /** The other host takes the connection even where its process stands still. */
  #dial(id: number): void {
    const { world, name, main } = this.#node;
    const { network, clockwork } = world;
    const there = name === 'A' ? 'B' : 'A';
    let settled = false;
    const fail = (reason: string): void => {
      if (settled) return;
      settled = true;
      this.seat.post({ kind: 'closed', connection: id, reason });
    };
    clockwork.after(DIAL_TIMEOUT_US, () => fail('no answer'));
    network.carry(name, there, () => {
      const other = world.node(there);
      if (!other.isListening) {
        if (!world.vanished.has(there)) network.carry(there, name, () => fail('refused'));
        return;
      }
      network.carry(there, name, () => {
        if (settled || main.state === 'dead' || !this.#open) return;
        settled = true;
        const connection = new Connection(network, name, there, { primary: this.#node.who, copy: this.copy });
        this.channels.add(id, connection);
        if (other.isListening) other.accept(connection);
        else connection.reset(1);
      });
    });
  }
}
