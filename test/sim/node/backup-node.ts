/** The backup's process: core, channel (which it accepts), and the guest that replays. */

import type { Input, Output } from '../../../src/emu/machine/events.ts';
import { Backup } from '../../../src/ft/protocol/backup.ts';
import type { BackupEffect } from '../../../src/ft/protocol/io.ts';
import type { SimMachine } from '../guest/machine.ts';
import type { Connection } from '../world/connection.ts';
import { BackupGuest, type BackupSaid } from './backup-guest.ts';
import type { BackupCore } from './core.ts';
import { Node, type NodeParts } from './node.ts';
import type { GuestParts } from './primary-guest.ts';

/** From the main thread to the guest thread, microseconds. */
const BELL_US = 5;

export class BackupNode extends Node {
  protected readonly core: BackupCore;
  readonly #guest: BackupGuest;
  #connections = 0;

  constructor(parts: NodeParts, guest: Omit<GuestParts, 'nowNs'>) {
    super(parts);
    const { hooks } = this.world;
    const core: BackupCore = new Backup<Output>(this.settings, this.nowMs);
    this.core = hooks.backup?.(core) ?? core;
    this.#guest = new BackupGuest({ ...guest, nowNs: () => this.nowNs }, (said) => this.#take(said));
    this.start();
  }

  get guest(): BackupGuest {
    return this.#guest;
  }
  get machine(): SimMachine | undefined {
    return this.#guest.machine;
  }

  accept(connection: Connection): void {
    if (this.alive) this.channels.add(++this.#connections, connection);
  }

  give(input: Input): void {
    if (this.alive) this.#guest.give(input);
  }

  override stop(): void {
    super.stop();
    this.#guest.stop();
  }
  override resume(): void {
    super.resume();
    this.#guest.resume();
  }
  override slow(factor: number): void {
    super.slow(factor);
    this.#guest.slowness = factor;
  }
  override kill(vanish: boolean): void {
    super.kill(vanish);
    this.#guest.kill();
  }

  protected override common(effect: BackupEffect<Output>): boolean {
    if (effect.kind === 'halt') this.#guest.kill();
    return super.common(effect);
  }

  protected carryOut(effect: BackupEffect<Output>): void {
    switch (effect.kind) {
      case 'feed': {
        const { sequence, bytes } = effect;
        this.world.monitor.buffered(sequence, bytes);
        this.#toGuest(() => {
          const { hooks, monitor } = this.world;
          this.#guest.feed(hooks.fed?.(bytes) ?? bytes);
          hooks.backupMachine?.(this.#guest.machine);
          monitor.backlog(this.#guest.backlog);
        });
        return;
      }
      case 'follow':
        return;
      case 'reading':
        this.world.did(effect.reading ? 'backup reads again' : 'backup buffer full');
        this.channels.setReading(effect.connection, effect.reading);
        return;
      case 'drain':
        this.#toGuest(() => this.#guest.drain());
        return;
      case 'goLive':
        this.#toGuest(() => {
          this.world.probe('B.before.reissue');
          if (!this.alive) return;
          const reissued = this.#guest.goLive(this.world.hooks.reissues ?? true);
          if (reissued > 0) this.world.did('requests given out again');
        });
        return;
      default:
        throw new Error(`effect ${effect.kind} of the backup`);
    }
  }

  #toGuest(run: () => void): void {
    this.world.clockwork.after(BELL_US, () => {
      if (this.alive) run();
    });
  }

  #take(said: BackupSaid): void {
    this.world.probe(`B.said.${said.kind}`);
    this.main.post(() => {
      this.#guest.taken();
      this.#heard(said);
    });
  }

  #heard(said: BackupSaid): void {
    switch (said.kind) {
      case 'output': {
        const output = this.outputOf(said.numbered);
        if (this.#guest.live) this.release(output);
        else this.handle({ kind: 'output', output } as never);
        return;
      }
      case 'direct':
        this.submit(said.output);
        return;
      case 'diverged':
        this.world.monitor.diverged(said.report);
        this.handle(said);
        return;
      default:
        this.handle(said);
    }
  }
}
