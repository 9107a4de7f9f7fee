/** The main thread of a primary whose guest begins here, at power on: with its first backup, or alone. */

import type { Arbiter } from '../../ft/arbiter.ts';
import type { PairSettings } from '../../ft/protocol/settings.ts';
import { type GuestPlan, imageBytes } from '../guest-plan.ts';
import { portsOf } from '../guest-ports.ts';
import { closeImages, type KeptImages, keepImages } from '../kept-images.ts';
import { headerOf } from '../recording-header.ts';
import { newRecordingPaths } from '../recordings.ts';
import type { Membership } from './membership.ts';
import type { NodeUi, PrimaryOptions } from './pair-options.ts';
import { PrimaryNode } from './primary-node.ts';
import { insideOf } from './surroundings.ts';

export class PowerOnNode extends PrimaryNode {
  readonly #plan: GuestPlan;
  /** Until the guest has begun, which closes them when it ends. */
  #kept: KeptImages | undefined;

  /** As PrimaryNode. Uses up the plan. */
  constructor(
    options: PrimaryOptions,
    settings: PairSettings,
    plan: GuestPlan,
    arbiter: Arbiter,
    ui: NodeUi,
    membership?: Membership,
  ) {
    super(options, settings, arbiter, ui, membership);
    this.#plan = plan;
  }

  protected override async start(): Promise<void> {
    const { config, drives, images } = this.#plan;
    // Before anybody follows: putting large images away takes its time.
    this.#kept = keepImages(imageBytes(images));
    await this.devices.use(portsOf(config, this.options.guest, drives, this.ui), drives);
    const { backup } = this.options;
    if (backup !== undefined && this.#isFollowed) {
      this.shield.first(backup, this.places);
      return;
    }
    this.begin();
    if (backup !== undefined) this.places.prefer(backup);
    this.livesAlone();
  }

  /** From power on. With images that must be made equal first, the guest begins alone and is copied with them. */
  get #isFollowed(): boolean {
    return this.options.backup !== undefined && insideOf(this.options.guest.drives).size === 0;
  }

  protected override async shut(): Promise<void> {
    if (this.#kept !== undefined) closeImages(this.#kept);
    this.#kept = undefined;
  }

  protected override begin(): void {
    const { guest } = this.options;
    const { config } = this.#plan;
    const images = this.#kept;
    const header = headerOf(this.#plan, guest);
    const paths = newRecordingPaths(guest.kernel ?? guest.bios ?? 'guest');
    const log = this.try(() => this.log.make(guest.output, paths));
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
