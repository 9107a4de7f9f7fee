/**
 * The main thread of a primary: a guest that lived nowhere else before, and its host ends. How it comes to be here is
 * its subclasses'; what happens between it and its backups is the shield's.
 */

import type { Output } from '../../emu/machine/events.ts';
import type { Arbiter } from '../../ft/arbiter.ts';
import { METHOD_DEFAULTS, type MethodSettings } from '../../ft/guest/method.ts';
import { Primary } from '../../ft/protocol/primary.ts';
import type { PairSettings } from '../../ft/protocol/settings.ts';
import type { PrimaryStatus } from '../../ft/protocol/status.ts';
import type { RunningGuest } from '../live/live-guest.ts';
import { clockMs } from './clock.ts';
import type { Endpoint } from './endpoint.ts';
import type { Membership } from './membership.ts';
import { NodeBase } from './node-base.ts';
import type { NodeUi, PrimaryOptions } from './pair-options.ts';
import { type Places, StaticPlaces } from './places.ts';
import type { Report } from './ring-messages.ts';
import { encodeSurroundings } from './surroundings.ts';

export abstract class PrimaryNode extends NodeBase {
  protected readonly options: PrimaryOptions;
  protected readonly places: Places;
  readonly #settings: PairSettings;

  /**
   * `settings.epoch` is claimed for this node. In no cluster its places are those of the options. `running`: the guest
   * runs already.
   */
  constructor(
    options: PrimaryOptions,
    settings: PairSettings,
    arbiter: Arbiter,
    ui: NodeUi,
    membership: Membership | undefined,
    running?: RunningGuest,
  ) {
    super(settings, options.key, arbiter, ui, membership, running);
    this.options = options;
    this.#settings = settings;
    this.places = membership?.places ?? new StaticPlaces(placesOf(options));
  }

  /** Of a guest that began without a backup. */
  protected override get firstStatus(): PrimaryStatus {
    const { status } = new Primary<Output>(this.#settings, clockMs(), new Uint8Array(0));
    return { ...status, state: 'alone' };
  }

  protected override get firstState(): PrimaryStatus['state'] {
    return 'alone';
  }

  protected override get elsewhere(): string | undefined {
    return this.begun ? undefined : 'the guest has not begun: it waits for its backup';
  }

  protected override surroundings(spares: readonly Endpoint[]): Uint8Array {
    const { guest, stay } = this.options;
    return encodeSurroundings(guest, this.method, stay === undefined ? spares : [...spares, stay]);
  }

  protected override get method(): MethodSettings {
    return this.options.method ?? METHOD_DEFAULTS;
  }

  override get memoryBytes(): number {
    return this.options.guest.memoryBytes;
  }

  protected override leave(): Promise<string> {
    return Promise.resolve('the guest lives here');
  }

  protected override get command(): string {
    return 'primary';
  }

  protected override get isHeir(): boolean {
    return false;
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

  /** The guest is here, and has no backup. */
  protected livesAlone(): void {
    this.shield.alone(this.#settings.epoch, this.places);
    this.look();
  }
}

/** The first backup may come back. */
const placesOf = ({ backup, spares = [] }: PrimaryOptions): readonly Endpoint[] => [
  ...spares,
  ...(backup === undefined ? [] : [backup]),
];
