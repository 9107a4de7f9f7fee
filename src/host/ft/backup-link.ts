/**
 * The primary of a guest that may come to live here: the protocol core of a backup, with the network on which it is
 * heard. The pair's epoch comes with the primary's hello: while nobody is followed each hello is the first of a core
 * made anew. It decides nothing.
 */

import type { Socket } from 'node:net';
import type { Output } from '../../emu/machine/events.ts';
import type { Arbiter } from '../../ft/arbiter.ts';
import { Backup } from '../../ft/protocol/backup.ts';
import type { BackupEffect, BackupEvent, ConnectionId } from '../../ft/protocol/io.ts';
import type { PrimaryMessage } from '../../ft/protocol/message.ts';
import type { PairSettings } from '../../ft/protocol/settings.ts';
import type { BackupStatus } from '../../ft/protocol/status.ts';
import { BackupDoor } from './backup-door.ts';
import { clockMs } from './clock.ts';
import { Connections } from './connections.ts';
import { CoreDriver } from './core-driver.ts';
import type { Endpoint } from './endpoint.ts';
import { Heartbeats } from './heartbeats.ts';
import type { PairKey } from './key.ts';
import { arbiterObjection } from './newcomer.ts';
import { onOnePort } from './one-port.ts';

type Event = BackupEvent<Output>;
type Effect = BackupEffect<Output>;
/** Effects that the link cannot carry out by itself. */
export type BackupLinkEffect = Exclude<Effect, { kind: 'send' | 'disconnect' | 'reading' | 'heartbeat' }>;

export interface BackupLinkParts {
  /** The epoch is not looked at. */
  readonly settings: PairSettings;
  readonly key: PairKey | undefined;
  readonly arbiter: Arbiter;
}

export interface BackupLinkEars {
  effect(effect: BackupLinkEffect): void;
  /** Who has connected to have an image made equal. */
  mirror(socket: Socket): void;
  notice(text: string): void;
  /** After every event, and every deadline that has passed. */
  look(): void;
}

export class BackupLink {
  readonly #parts: BackupLinkParts;
  readonly #ears: BackupLinkEars;
  readonly #connections = new Connections();
  readonly #door: BackupDoor;
  #core: Backup<Output> | undefined;
  #driver: CoreDriver<Event, Effect> | undefined;
  #heartbeats: Heartbeats | undefined;
  /** As in the hello of who is followed. */
  #copy: number | undefined;
  /** By whom a connection is heard. */
  readonly #greeted = new Map<ConnectionId, CoreDriver<Event, Effect>>();

  constructor(parts: BackupLinkParts, ears: BackupLinkEars) {
    this.#parts = parts;
    this.#ears = ears;
    this.#door = new BackupDoor(this.#connections, {
      objection: (first) => this.#objection(first),
      message: (connection, message) => this.#heard(connection, message),
      closed: (connection, reason) => this.#closed(connection, reason),
      mirror: (socket) => ears.mirror(socket),
      notice: (text) => ears.notice(text),
    });
  }

  /** Undefined while nobody has been heard, as is the state. */
  get status(): BackupStatus | undefined {
    return this.#core?.status;
  }
  get state(): BackupStatus['state'] | undefined {
    return this.#core?.state;
  }
  get copy(): number | undefined {
    return this.#copy;
  }
  /** Where it is listened; undefined while it is not. */
  get endpoint(): Endpoint | undefined {
    return this.#door.endpoint;
  }

  /** With the port that was taken. UserError when the address cannot be had. */
  async open(endpoint: Endpoint): Promise<Endpoint> {
    const { key } = this.#parts;
    const door = { open: (at: Endpoint) => this.#door.open(at, key), close: () => this.#door.close() };
    const { taken, opened } = await onOnePort(endpoint, door, (at) => Heartbeats.at(at, key));
    this.#heartbeats = opened;
    opened.listen((heartbeat, from) => this.tell({ kind: 'heartbeat', heartbeat, from }));
    return taken;
  }

  tell(event: Event): void {
    this.#driver?.tell(event);
  }

  /** Hears nobody any more; no event has an effect. */
  stop(): void {
    this.#driver?.stop();
    this.#door.close();
    this.#heartbeats?.close();
  }

  /** The last: what was said before has gone out. */
  hangUp(): void {
    this.#connections.closeAll('this side ends');
  }

  #heard(connection: ConnectionId, message: PrimaryMessage): void {
    let driver = this.#greeted.get(connection);
    if (driver === undefined) {
      driver = this.#driverFor(message);
      this.#greeted.set(connection, driver);
      driver.tell({ kind: 'connected', connection });
    }
    driver.tell({ kind: 'message', connection, message });
  }

  #closed(connection: ConnectionId, reason: string): void {
    const driver = this.#greeted.get(connection);
    this.#greeted.delete(connection);
    driver?.tell({ kind: 'closed', connection, reason });
  }

  #objection(first: PrimaryMessage): Promise<string | undefined> | undefined {
    const { settings, arbiter } = this.#parts;
    if (first.kind !== 'hello' || first.pair !== settings.pair || this.#isFollowing) return undefined;
    return arbiterObjection(arbiter, first, settings.detectMs / 2);
  }

  get #isFollowing(): boolean {
    return this.#core !== undefined && this.#core.state !== 'waiting';
  }

  #driverFor(message: PrimaryMessage): CoreDriver<Event, Effect> {
    if (this.#driver !== undefined && this.#isFollowing) return this.#driver;
    const { settings } = this.#parts;
    const { epoch, copy } = message.kind === 'hello' ? message : { epoch: settings.epoch, copy: undefined };
    this.#copy = copy;
    this.#core = new Backup<Output>({ ...settings, epoch }, clockMs());
    this.#driver?.stop();
    this.#driver = new CoreDriver<Event, Effect>(
      this.#core,
      (effect) => this.#carryOut(effect),
      () => this.#ears.look(),
    );
    return this.#driver;
  }

  #carryOut(effect: Effect): void {
    switch (effect.kind) {
      case 'send':
        this.#connections.send(effect.connection, effect.message);
        break;
      case 'disconnect':
        this.#connections.disconnect(effect.connection, effect.reason);
        break;
      case 'reading':
        this.#connections.reading(effect.connection, effect.reading);
        break;
      case 'heartbeat':
        this.#heartbeats?.send(effect.heartbeat, effect.to);
        break;
      default:
        this.#ears.effect(effect);
    }
  }
}
