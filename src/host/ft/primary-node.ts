/**
 * The main thread of a primary: a guest that begins here, with a backup or alone, and its host ends. What happens
 * between it and its backups is the shield's.
 */

import type { Output } from '../../emu/machine/events.ts';
import type { Arbiter } from '../../ft/arbiter.ts';
import { METHOD_DEFAULTS, type MethodSettings } from '../../ft/guest/method.ts';
import { Primary } from '../../ft/protocol/primary.ts';
import type { PairSettings } from '../../ft/protocol/settings.ts';
import type { PrimaryStatus } from '../../ft/protocol/status.ts';
import { type GuestPlan, imageBytes } from '../guest-plan.ts';
import { portsOf } from '../guest-ports.ts';
import { closeImages, type KeptImages, keepImages } from '../kept-images.ts';
import { headerOf } from '../record-guest.ts';
import { newRecordingPaths } from '../recordings.ts';
import type { Endpoint } from './endpoint.ts';
import type { Membership } from './membership.ts';
import { NodeBase } from './node-base.ts';
import type { NodeUi, PrimaryOptions } from './pair-options.ts';
import { type Places, StaticPlaces } from './places.ts';
import type { Report } from './ring-messages.ts';
import { encodeSurroundings, insideOf } from './surroundings.ts';

export class PrimaryNode extends NodeBase {
  readonly #options: PrimaryOptions;
  readonly #plan: GuestPlan;
  readonly #settings: PairSettings;
  readonly #places: Places;
  /** Until the guest has begun, which closes them when it ends. */
  #kept: KeptImages | undefined;

  /** `settings.epoch` is claimed for this node. Uses up the plan. In no cluster its places are those of the options. */
  constructor(
    options: PrimaryOptions,
    settings: PairSettings,
    plan: GuestPlan,
    arbiter: Arbiter,
    ui: NodeUi,
    membership?: Membership,
  ) {
    super(settings, options.key, arbiter, ui, membership);
    this.#options = options;
    this.#settings = settings;
    this.#plan = plan;
    this.#places = membership?.places ?? new StaticPlaces(placesOf(options));
  }

  /** Of a guest that began without a backup. */
  protected override get firstStatus(): PrimaryStatus {
    const { status } = new Primary<Output>(this.#settings, performance.now(), new Uint8Array(0));
    return { ...status, state: 'alone' };
  }

  protected override get firstState(): PrimaryStatus['state'] {
    return 'alone';
  }

  protected override get lives(): boolean {
    return this.begun;
  }

  protected override surroundings(spares: readonly Endpoint[]): Uint8Array {
    const { guest, stay } = this.#options;
    return encodeSurroundings(guest, this.method, stay === undefined ? spares : [...spares, stay]);
  }

  protected override get method(): MethodSettings {
    return this.#options.method ?? METHOD_DEFAULTS;
  }

  override get memoryBytes(): number {
    return this.#options.guest.memoryBytes;
  }

  protected override leave(): string {
    return 'the guest lives here';
  }

  protected override get command(): string {
    return 'primary';
  }

  protected override async start(): Promise<void> {
    const { config, drives, images } = this.#plan;
    // Before anybody follows: putting large images away takes its time.
    this.#kept = keepImages(imageBytes(images));
    await this.devices.use(portsOf(config, this.#options.guest, drives, this.ui), drives);
    const { backup } = this.#options;
    if (backup !== undefined && this.#isFollowed) {
      this.shield.first(backup, this.#places);
      return;
    }
    this.begin();
    if (backup !== undefined) this.#places.prefer(backup);
    this.shield.alone(this.#settings.epoch, this.#places);
    this.look();
  }

  /** From power on. With images that must be made equal first, the guest begins alone and is copied with them. */
  get #isFollowed(): boolean {
    return this.#options.backup !== undefined && insideOf(this.#options.guest.drives).size === 0;
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
    if (this.heardLive(report)) return;
    if (report.kind !== 'output') throw new Error(`a ${report.kind} report from a primary's guest`);
    const { device, unit, output } = report;
    this.carryOutCommon({ kind: 'release', output: { device, unit, payload: output } });
  }

  protected override guestEnded(): void {
    // With a backup the core has the last frame, and says when that is known to the other side.
    if (!this.shield.ended()) this.carryOutCommon({ kind: 'off' });
  }

  protected override async shut(): Promise<void> {
    if (this.#kept !== undefined) closeImages(this.#kept);
    this.#kept = undefined;
  }

  protected override begin(): void {
    const { guest } = this.#options;
    const { config } = this.#plan;
    const images = this.#kept;
    const header = headerOf(this.#plan, guest);
    const log = this.makeLog(guest.output, newRecordingPaths(guest.kernel ?? guest.bios ?? 'guest'));
    if (log === undefined || images === undefined) return;
    this.#kept = undefined;
    const { engine, entropy } = guest;
    const followed = this.#isFollowed;
    const { method } = this;
    const inside = insideOf(guest.drives);
    const job = { role: 'primary', config, images, header, engine, entropy, log, inside, followed, method } as const;
    this.runGuest(() => this.guest.run(job).finally(() => closeImages(images)));
  }
}

/** The first backup may come back. */
const placesOf = ({ backup, spares = [] }: PrimaryOptions): readonly Endpoint[] => [
  ...spares,
  ...(backup === undefined ? [] : [backup]),
];
