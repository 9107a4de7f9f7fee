/**
 * The main thread of a primary: carries what happens (network, guest thread, arbiter, operator) to the protocol core,
 * and carries its effects out. It decides nothing about the pair itself.
 */

import type { Output } from '../../emu/machine/events.ts';
import type { Arbiter } from '../../ft/arbiter.ts';
import type { PrimaryEffect, PrimaryEvent } from '../../ft/protocol/io.ts';
import { Primary } from '../../ft/protocol/primary.ts';
import type { PairSettings } from '../../ft/protocol/settings.ts';
import type { PrimaryStatus } from '../../ft/protocol/status.ts';
import { isFromBackup } from '../../ft/protocol/wire.ts';
import { type GuestPlan, imageBytes } from '../guest-plan.ts';
import { portsOf } from '../guest-ports.ts';
import { closeImages, type KeptImages, keepImages } from '../kept-images.ts';
import { reasonOf } from '../os-errors.ts';
import { headerOf } from '../record-guest.ts';
import { newRecordingPaths } from '../recordings.ts';
import { CoreDriver } from './core-driver.ts';
import { Heartbeats } from './heartbeats.ts';
import { NodeBase } from './node-base.ts';
import type { NodeUi, PrimaryOptions } from './pair-options.ts';
import type { Report } from './ring-messages.ts';
import { encodeSurroundings } from './surroundings.ts';
import { dial } from './transport.ts';

type Event = PrimaryEvent<Output>;
type Effect = PrimaryEffect<Output>;

export class PrimaryNode extends NodeBase {
  readonly #options: PrimaryOptions;
  readonly #plan: GuestPlan;
  readonly #core: Primary<Output>;
  readonly #driver: CoreDriver<Event, Effect>;
  readonly #heartbeats: Heartbeats;
  readonly #dialling = new Map<number, { dropped: boolean }>();
  readonly #settings: PairSettings;
  /** Until the guest has begun, which closes them when it ends. */
  #kept: KeptImages | undefined;

  /** `settings.epoch` is claimed for this node. Uses up the plan. */
  constructor(options: PrimaryOptions, settings: PairSettings, plan: GuestPlan, arbiter: Arbiter, ui: NodeUi) {
    super(settings, arbiter, ui);
    const { guest, backup, key } = options;
    this.#options = options;
    this.#settings = settings;
    this.#plan = plan;
    this.#core = new Primary<Output>(settings, performance.now(), encodeSurroundings(guest));
    this.#driver = new CoreDriver<Event, Effect>(this.#core, (effect) => this.#carryOut(effect));
    this.#heartbeats = Heartbeats.to(backup, key);
    this.#heartbeats.listen((heartbeat) => this.#driver.tell({ kind: 'heartbeat', heartbeat }));
  }

  override get status(): PrimaryStatus {
    return this.#core.status;
  }

  protected override get command(): string {
    return 'primary';
  }

  protected override async start(): Promise<void> {
    const { config, drives, images } = this.#plan;
    // Before anybody follows: putting large images away takes its time.
    this.#kept = keepImages(imageBytes(images));
    await this.useDevices(portsOf(config, this.#options.guest, drives, this.ui), drives);
    this.#driver.tell();
  }

  /** The guest ends where it stands, and the pair with it. */
  protected override stopGuest(): boolean {
    if (!this.begun) return false;
    this.guest.stop();
    return true;
  }

  protected override powerOff(): string | undefined {
    if (this.begun) this.guest.input({ kind: 'control', action: 'powerOff' });
    else this.endBefore();
    return undefined;
  }

  protected override heard(report: Report): void {
    switch (report.kind) {
      case 'frame': {
        const { sequence, bytes, last } = report;
        this.#driver.tell({ kind: 'frame', sequence, bytes, last });
        return;
      }
      case 'output': {
        const { device, unit, output } = report;
        this.#driver.tell({ kind: 'output', output: { device, unit, payload: output } });
        return;
      }
      default:
        throw new Error(`a ${report.kind} report from a primary's guest`);
    }
  }

  protected override guestEnded(): void {
    // The core has been told by the last frame, and says when that is known to the other side.
  }

  protected override async shut(): Promise<void> {
    this.#driver.stop();
    for (const attempt of this.#dialling.values()) attempt.dropped = true;
    this.#heartbeats.close();
    if (this.#kept !== undefined) closeImages(this.#kept);
    this.#kept = undefined;
  }

  #carryOut(effect: Effect): void {
    switch (effect.kind) {
      case 'dial':
        void this.#dial(effect.connection);
        break;
      case 'disconnect': {
        const attempt = this.#dialling.get(effect.connection);
        if (attempt !== undefined) attempt.dropped = true;
        this.connections.disconnect(effect.connection, effect.reason);
        break;
      }
      case 'heartbeat':
        this.#heartbeats.send(effect.heartbeat);
        break;
      case 'claim':
        this.claim(effect.epoch, (result) => this.#driver.tell({ kind: 'claimed', epoch: effect.epoch, result }));
        break;
      case 'begin':
        this.#begin();
        break;
      case 'stall':
        this.guest.stall('buffer', effect.stalled);
        break;
      case 'share':
        this.guest.share(effect.share);
        break;
      case 'live':
        this.raiseDrives(effect.epoch);
        break;
      default:
        this.carryOutCommon(effect);
    }
    this.look();
  }

  async #dial(connection: number): Promise<void> {
    const attempt = { dropped: false };
    this.#dialling.set(connection, attempt);
    try {
      const socket = await dial(this.#options.backup, this.#options.key, this.#settings.detectMs);
      if (attempt.dropped) {
        socket.destroy();
        return;
      }
      this.connections.add(connection, socket, {
        message: (message) => {
          if (isFromBackup(message)) this.#driver.tell({ kind: 'message', connection, message });
          else this.connections.disconnect(connection, 'it speaks as a primary');
        },
        closed: (reason) => this.#driver.tell({ kind: 'closed', connection, reason }),
      });
      this.#driver.tell({ kind: 'connected', connection });
    } catch (error) {
      if (!attempt.dropped) this.#driver.tell({ kind: 'closed', connection, reason: reasonOf(error) });
    } finally {
      this.#dialling.delete(connection);
    }
  }

  #begin(): void {
    const { guest } = this.#options;
    const { config } = this.#plan;
    const images = this.#kept;
    const header = headerOf(this.#plan, guest);
    const log = this.makeLog(guest.output, newRecordingPaths(guest.kernel ?? guest.bios ?? 'guest'));
    if (log === undefined || images === undefined) return;
    this.#kept = undefined;
    const { engine, entropy } = guest;
    const job = { role: 'primary', config, images, header, engine, entropy, log } as const;
    this.runGuest(() => this.guest.run(job).finally(() => closeImages(images)));
  }
}
