/**
 * The process that follows: a backup's core, channels that it accepts, a guest that replays; and once that lives, the
 * backups that it gets in its turn.
 */

import type { Output } from '../../../src/emu/machine/events.ts';
import { Backup } from '../../../src/ft/protocol/backup.ts';
import type { BackupEffect, BackupEvent, ChannelEvent } from '../../../src/ft/protocol/io.ts';
import type { Heartbeat, Message, PrimaryMessage } from '../../../src/ft/protocol/message.ts';
import type { LogName } from '../monitors/primary-log.ts';
import type { Connection } from '../world/connection.ts';
import { BackupGuest, type BackupSaid } from './backup-guest.ts';
import { Channels } from './channels.ts';
import type { BackupCore } from './core.ts';
import { DiskClient, type DiskOutput } from './disk-client.ts';
import type { GuestParts } from './guest-parts.ts';
import { Node, type NodeGuest, type NodeParts, outputOf, type Standing } from './node.ts';
import { Seat } from './seat.ts';

/** Between two attempts to read. */
const READ_AGAIN_US = 1_000;

type Event = BackupEvent<Output>;
type Effect = BackupEffect<Output>;

export class BackupNode extends Node {
  readonly #guest: BackupGuest;
  readonly #channels: Channels;
  /** Reads disks for the guest while it replays. */
  readonly #reader: DiskClient;
  /** Of a core that has heard nobody yet it is made anew: whoever greets says which epoch the pair is in. */
  #seat: Seat<Event, Effect>;
  #connections = 0;
  /** The guest is handed over: until the claim it can go on where it stands. */
  #isInvited = false;
  /** Whom it follows: who greeted it last while it had nothing of a guest. */
  #source: LogName = { primary: '', copy: 0 };
  /** What the present message came for. */
  #from: LogName = { primary: '', copy: 0 };

  constructor(parts: NodeParts, guest: Omit<GuestParts, 'nowNs'>) {
    super(parts);
    const { name, world, settings, main } = this;
    this.#reader = new DiskClient({
      storage: world.storage,
      host: name,
      who: settings.who,
      epoch: () => this.epoch,
      arrived: (take) => main.post(take),
      done: (output, status, data) => this.#readAnswered(output, status, data),
      did: (what) => world.did(what),
    });
    this.#channels = new Channels(this, 'listens', (event) => this.#fromChannel(event));
    this.#seat = this.#sit();
    this.#guest = new BackupGuest({ ...guest, nowNs: () => this.clock.nowNs }, (said) => this.#take(said));
  }

  get guest(): NodeGuest {
    return this.#guest;
  }
  get state(): string {
    return this.#seat.state;
  }
  get standing(): Standing {
    const { state } = this;
    if (this.isGone) return 'gone';
    if (state === 'waiting' || state === 'following') return state;
    if (state !== 'live') return 'undecided';
    return this.shield.standing;
  }
  get isListening(): boolean {
    return this.alive && this.final === undefined;
  }

  override leave(): boolean {
    if (this.standing !== 'following') return false;
    this.main.post(() => this.#seat.handle({ kind: 'leave' }));
    return true;
  }

  accept(connection: Connection): void {
    const id = ++this.#connections;
    this.#channels.add(id, connection);
  }
  connections(): Connection[] {
    const own = this.images?.connections ?? [];
    return [...this.#channels.connections(), ...(this.shield.link?.channels.connections() ?? []), ...own];
  }

  protected get followed(): LogName {
    return this.#source;
  }
  protected heartbeatOfPrimary(heartbeat: Heartbeat): void {
    this.#seat.handle({ kind: 'heartbeat', heartbeat });
  }
  protected get isDue(): boolean {
    return this.#seat.isDue || this.shield.link?.seat.isDue === true;
  }
  protected time(): void {
    this.#seat.handle({ kind: 'time' });
    this.shield.link?.seat.handle({ kind: 'time' });
  }

  protected clockChanged(): void {
    this.#seat.clockChanged();
    this.shield.link?.seat.clockChanged();
  }

  #sit(): Seat<Event, Effect> {
    const { name, world, main, clock } = this;
    const core: BackupCore = new Backup<Output>({ ...this.settings, epoch: this.epoch }, clock.nowMs);
    return new Seat<Event, Effect>(world.hooks.backup?.(core) ?? core, {
      name,
      world,
      main,
      clock,
      carryOut: (effect) => this.#carryOut(effect),
    });
  }

  #fromChannel(event: ChannelEvent<Message>): void {
    const hello = event.kind === 'message' && event.message.kind === 'hello' ? event.message : undefined;
    if (hello !== undefined && this.#seat.state === 'waiting' && hello.epoch !== this.epoch) {
      this.epoch = hello.epoch;
      this.#seat.leave();
      this.#seat = this.#sit();
      this.#seat.handle({ kind: 'connected', connection: event.connection });
    }
    if (hello !== undefined && this.#seat.state === 'waiting')
      this.#source = this.#channels.logOf(event.connection) ?? this.#source;
    if (event.kind === 'message' && event.message.kind === 'yield') this.#isInvited = true;
    if (event.kind === 'message') this.#from = this.#channels.logOf(event.connection) ?? this.#from;
    this.#seat.handle(event as ChannelEvent<PrimaryMessage>);
  }

  #carryOut(effect: Effect): void {
    const { world } = this;
    switch (effect.kind) {
      case 'send':
        this.#channels.send(effect.connection, effect.message);
        return;
      case 'disconnect':
        this.#channels.disconnect(effect.connection, effect.reason);
        return;
      case 'heartbeat':
        this.sendHeartbeat(effect.heartbeat, 'backup');
        return;
      case 'claim':
        this.#settled(this.#isInvited, () =>
          this.claim(effect.epoch, (result) => this.#seat.handle({ kind: 'claimed', epoch: effect.epoch, result })),
        );
        return;
      case 'feed':
        this.#feed(effect.sequence, effect.bytes);
        return;
      case 'follow':
        return;
      case 'reading':
        world.did(effect.reading ? 'backup reads again' : 'backup buffer full');
        this.#channels.setReading(effect.connection, effect.reading);
        return;
      case 'drain':
        this.toGuest(() => this.#guest.drain());
        return;
      case 'goLive':
        this.#settled(true, () => this.toGuest(() => this.#goLive()));
        return;
      default:
        this.carryOut(effect);
    }
  }

  /** What the guest that replays has asked for is read until it succeeds, or the guest lives. */
  #readAnswered(output: DiskOutput, status: number, data: Uint8Array): void {
    const { device, request } = output;
    if (this.#guest.live) return;
    if (status !== 0) this.#readAgain(output);
    else this.give({ kind: 'disk', device, request, status, data });
  }

  #readAgain(output: DiskOutput): void {
    this.world.probe(`${this.name}.read.again`);
    this.world.did('a backup reads again');
    this.world.clockwork.after(READ_AGAIN_US, () => this.main.post(() => this.#read(output)));
  }

  #read(output: DiskOutput): void {
    if (!this.#guest.live && !this.isGone) this.#reader.submit(output);
  }

  /** Where the guest is to live on it, the own image first holds what the guest has asked. */
  #settled(wanted: boolean, run: () => void): void {
    const { images, world } = this;
    if (images === undefined || !wanted) {
      run();
      return;
    }
    if (!images.isWhole) world.monitor.fail('D2', `${this.who} is to live on an image that is not whole`);
    if (images.follower.isBehind) world.did('a guest waits for its image before it lives');
    if (world.hooks.imagesSettle === false) run();
    else images.follower.idle(run);
  }

  #feed(sequence: number, bytes: Uint8Array): void {
    const { hooks, monitor } = this.world;
    monitor.buffered(this.who, this.#from, sequence, bytes);
    this.toGuest(() => {
      this.#guest.feed(hooks.fed?.(bytes) ?? bytes);
      if (this.#guest.machine !== undefined) hooks.backupMachine?.(this.#guest.machine);
      monitor.backlog(this.#guest.backlog);
    });
  }

  #goLive(): void {
    const { world } = this;
    world.probe(`${this.name}.before.reissue`);
    if (!this.alive) return;
    if (this.images?.follower.isBehind === true)
      world.monitor.fail('D3', `${this.who} lives, and its image is behind its guest`);
    const reissued = this.#guest.goLive(world.hooks.reissues ?? true);
    if (reissued > 0) world.did('requests given out again');
    this.main.post(() => this.shield.alone());
  }

  #take(said: BackupSaid): void {
    this.world.probe(`${this.name}.said.${said.kind}`);
    this.main.post(() => {
      this.#guest.taken();
      this.#heard(said);
    });
  }

  #heard(said: BackupSaid): void {
    switch (said.kind) {
      case 'output':
        if (this.#guest.live) this.heard(said);
        else this.#seat.handle({ kind: 'output', output: outputOf(said.numbered) });
        return;
      case 'frame':
      case 'copying':
      case 'quiet':
      case 'direct':
      case 'reads':
        this.heard(said);
        return;
      case 'follow':
        this.images?.take(said.output);
        return;
      case 'read':
        this.#read(said.output);
        return;
      case 'again':
        this.world.monitor.readDiffers(this.who, said.output.request);
        this.#readAgain(said.output);
        return;
      case 'off':
        this.inLine(() => {
          if (!this.#guest.live || !this.shield.ended()) this.#seat.handle(said);
        });
        return;
      case 'diverged':
        this.world.monitor.diverged(said.report);
        this.#seat.handle(said);
        return;
      default:
        this.#seat.handle(said);
    }
  }
}
