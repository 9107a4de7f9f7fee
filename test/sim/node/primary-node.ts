/** The primary's process: core, channel (which it dials), and the guest that it records. */

import type { Input, Output } from '../../../src/emu/machine/events.ts';
import type { PrimaryEffect } from '../../../src/ft/protocol/io.ts';
import { Primary } from '../../../src/ft/protocol/primary.ts';
import type { SimMachine } from '../guest/machine.ts';
import { Connection } from '../world/connection.ts';
import type { PrimaryCore } from './core.ts';
import { Node, type NodeParts } from './node.ts';
import { type GuestParts, PrimaryGuest, type Said } from './primary-guest.ts';

/** A host that does not answer is given up after so long. */
const DIAL_TIMEOUT_US = 25_000;

export class PrimaryNode extends Node {
  protected readonly core: PrimaryCore;
  readonly #guestParts: GuestParts;
  #guest: PrimaryGuest | undefined;

  constructor(parts: NodeParts, guest: Omit<GuestParts, 'nowNs'>) {
    super(parts);
    const { hooks } = this.world;
    this.#guestParts = { ...guest, nowNs: () => this.nowNs };
    const core: PrimaryCore = new Primary<Output>(this.settings, this.nowMs, Uint8Array.of(7));
    this.core = hooks.primary?.(core) ?? core;
    this.start();
  }

  get guest(): PrimaryGuest | undefined {
    return this.#guest;
  }
  get machine(): SimMachine | undefined {
    return this.#guest?.machine;
  }

  give(input: Input): void {
    if (this.alive) this.#guest?.give(input);
  }

  override stop(): void {
    super.stop();
    this.#guest?.stop();
  }
  override resume(): void {
    super.resume();
    this.#guest?.resume();
  }
  override slow(factor: number): void {
    super.slow(factor);
    if (this.#guest !== undefined) this.#guest.slowness = factor;
  }
  override kill(vanish: boolean): void {
    super.kill(vanish);
    this.#guest?.kill();
  }

  protected carryOut(effect: PrimaryEffect<Output>): void {
    switch (effect.kind) {
      case 'dial':
        this.#dial(effect.connection);
        return;
      case 'begin':
        this.world.monitor.begun();
        this.#guest = new PrimaryGuest(this.#guestParts, (said) => this.#take(said));
        return;
      case 'stall':
        this.world.did(effect.stalled ? 'primary stalled: buffer full' : 'primary goes on: buffer has room');
        this.#guest!.stalled = effect.stalled;
        return;
      case 'share':
        this.world.did(effect.share < (this.#guest?.share ?? 1) ? 'share cut' : 'share raised');
        if (this.#guest !== undefined) this.#guest.share = effect.share;
        return;
      default:
        throw new Error(`effect ${effect.kind} of the primary`);
    }
  }

  protected override common(effect: PrimaryEffect<Output>): boolean {
    if (effect.kind === 'halt') this.#guest?.kill();
    return super.common(effect);
  }

  #take(said: Said): void {
    const { world } = this;
    world.probe(`A.said.${said.kind}`);
    this.main.post(() => {
      this.#guest!.taken();
      if (said.kind === 'frame') this.handle(said);
      else if (said.kind === 'output') this.handle({ kind: 'output', output: this.outputOf(said.numbered) } as never);
      else this.submit(said.output);
    });
  }

  /** The other host takes the connection even where its process stands still. */
  #dial(id: number): void {
    const { network, clockwork } = this.world;
    let settled = false;
    const fail = (reason: string): void => {
      if (settled) return;
      settled = true;
      this.post({ kind: 'closed', connection: id, reason });
    };
    clockwork.after(DIAL_TIMEOUT_US, () => fail('no answer'));
    network.carry('A', 'B', () => {
      const other = this.world.node('B');
      if (!other.alive) {
        if (!this.world.vanished.has('B')) network.carry('B', 'A', () => fail('refused'));
        return;
      }
      network.carry('B', 'A', () => {
        if (settled || !this.alive) return;
        settled = true;
        const connection = new Connection(network, 'A', 'B');
        this.channels.add(id, connection);
        (other as Node & { accept(connection: Connection): void }).accept(connection);
      });
    });
  }
}
