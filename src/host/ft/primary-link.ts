/**
 * One backup of a guest that lives here: the protocol core of a primary, with the network to that backup. Made anew for
 * each backup; it decides nothing.
 */

import type { Output } from '../../emu/machine/events.ts';
import type { ClaimResult } from '../../ft/arbiter.ts';
import type { PrimaryEffect, PrimaryEvent } from '../../ft/protocol/io.ts';
import type { PrimaryMessage } from '../../ft/protocol/message.ts';
import { Primary } from '../../ft/protocol/primary.ts';
import type { PairSettings } from '../../ft/protocol/settings.ts';
import type { PrimaryStatus } from '../../ft/protocol/status.ts';
import { isFromBackup } from '../../ft/protocol/wire.ts';
import { reasonOf } from '../os-errors.ts';
import { clockMs } from './clock.ts';
import { Connections } from './connections.ts';
import { CoreDriver } from './core-driver.ts';
import type { Endpoint } from './endpoint.ts';
import { Heartbeats } from './heartbeats.ts';
import type { PairKey } from './key.ts';
import { dial } from './transport.ts';

type Event = PrimaryEvent<Output>;
type Effect = PrimaryEffect<Output>;
/** Effects that the link cannot carry out by itself. */
export type LinkEffect = Exclude<Effect, { kind: 'dial' | 'send' | 'disconnect' | 'heartbeat' | 'claim' }>;

export interface LinkParts {
  /** With the epoch that the guest is in. */
  readonly settings: PairSettings;
  readonly endpoint: Endpoint;
  readonly key: PairKey | undefined;
  readonly surroundings: Uint8Array;
  /** As in hello: 0 for a guest that begins with this backup. */
  readonly copy: number;
}

export interface LinkEars {
  effect(effect: LinkEffect): void;
  claim(epoch: number, answer: (result: ClaimResult) => void): void;
  /** What is to be said instead. */
  truthful(message: PrimaryMessage): PrimaryMessage;
  /** Frames up to this are acknowledged. */
  acked(sequence: number): void;
  /** Its backup has never answered, and this attempt came to nothing either. */
  unreached(reason: string): void;
  /** After every event, and every deadline that has passed. */
  look(): void;
}

/** A connection, from when it is dialled until it is closed. */
interface Attempt {
  /** This side has no more use for it. */
  dropped: boolean;
  /** The other side has said something. */
  heard: boolean;
}

export class PrimaryLink {
  readonly parts: LinkParts;
  readonly #ears: LinkEars;
  readonly #core: Primary<Output>;
  readonly #driver: CoreDriver<Event, Effect>;
  readonly #heartbeats: Heartbeats;
  readonly #connections = new Connections();
  readonly #attempts = new Map<number, Attempt>();
  #acked = -1;
  #stopped = false;

  constructor(parts: LinkParts, ears: LinkEars) {
    const { settings, endpoint, key, surroundings, copy } = parts;
    this.parts = parts;
    this.#ears = ears;
    this.#core = new Primary<Output>(settings, clockMs(), surroundings, copy === 0 ? undefined : copy);
    this.#driver = new CoreDriver<Event, Effect>(
      this.#core,
      (effect) => this.#carryOut(effect),
      () => this.#handled(),
    );
    this.#heartbeats = Heartbeats.to(endpoint, key);
    this.#heartbeats.listen((heartbeat) => this.tell({ kind: 'heartbeat', heartbeat }));
  }

  get copy(): number {
    return this.parts.copy;
  }

  get state(): PrimaryStatus['state'] {
    return this.#core.state;
  }

  /** Highest frame that the backup is known to hold; -1 for none. */
  get acked(): number {
    return this.#core.acked;
  }

  get status(): PrimaryStatus {
    return this.#core.status;
  }

  /** A planned switch; why it has not begun. The core alone says: what is against it may come with the time. */
  switchOver(reason: string): string | undefined {
    const refused = this.#core.switchObjection;
    if (refused !== undefined) return refused;
    this.tell({ kind: 'switch', reason });
    if (this.state === 'switching' || this.state === 'yielded') return undefined;
    return this.#core.switchObjection ?? 'it has not begun';
  }

  tell(...events: readonly Event[]): void {
    this.#driver.tell(...events);
  }

  /** Lets go of the network; no event has an effect any more. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#driver.stop();
    for (const attempt of this.#attempts.values()) attempt.dropped = true;
    this.#heartbeats.close();
    this.#connections.closeAll('this side has no use for it');
  }

  #handled(): void {
    if (this.#core.acked > this.#acked) {
      this.#acked = this.#core.acked;
      this.#ears.acked(this.#acked);
    }
    this.#ears.look();
  }

  #carryOut(effect: Effect): void {
    switch (effect.kind) {
      case 'dial':
        void this.#dial(effect.connection);
        break;
      case 'send':
        this.#connections.send(effect.connection, this.#ears.truthful(effect.message));
        break;
      case 'disconnect': {
        const attempt = this.#attempts.get(effect.connection);
        if (attempt !== undefined) attempt.dropped = true;
        this.#connections.disconnect(effect.connection, effect.reason);
        this.#unreached(effect.reason);
        break;
      }
      case 'heartbeat':
        this.#heartbeats.send(effect.heartbeat);
        break;
      case 'claim':
        this.#ears.claim(effect.epoch, (result) => this.tell({ kind: 'claimed', epoch: effect.epoch, result }));
        break;
      default:
        this.#ears.effect(effect);
    }
  }

  async #dial(connection: number): Promise<void> {
    const attempt: Attempt = { dropped: false, heard: false };
    this.#attempts.set(connection, attempt);
    const { endpoint, key, settings } = this.parts;
    try {
      const socket = await dial(endpoint, key, settings.detectMs);
      if (attempt.dropped) {
        this.#attempts.delete(connection);
        socket.destroy();
        return;
      }
      this.#connections.add(connection, socket, {
        message: (message) => {
          attempt.heard = true;
          if (isFromBackup(message)) this.tell({ kind: 'message', connection, message });
          else this.#connections.disconnect(connection, 'it speaks as a primary');
        },
        closed: (reason) => this.#closed(connection, attempt.heard ? reason : this.#unheard(reason)),
      });
      this.tell({ kind: 'connected', connection });
    } catch (error) {
      if (attempt.dropped) this.#attempts.delete(connection);
      else this.#closed(connection, reasonOf(error));
    }
  }

  #closed(connection: number, reason: string): void {
    const dropped = this.#attempts.get(connection)?.dropped ?? true;
    this.#attempts.delete(connection);
    this.tell({ kind: 'closed', connection, reason });
    if (!dropped) this.#unreached(reason);
  }

  /** Who holds a key has no answer to a greeting without one. */
  #unheard(reason: string): string {
    return this.parts.key === undefined ? `${reason}; if it was started with --key, give the same key here` : reason;
  }

  #unreached(reason: string): void {
    if (this.state === 'seeking') this.#ears.unreached(reason);
  }
}
