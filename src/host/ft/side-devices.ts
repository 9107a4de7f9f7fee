/**
 * The devices of one side over its whole life: before there are any, while only drives and quiet cards are open, and
 * when the world has the guest here. What is released early is given out when the devices are made, in order.
 */

import type { Output } from '../../emu/machine/events.ts';
import type { HeldOutput } from '../../ft/protocol/io.ts';
import type { Released } from '../../ft/protocol/message.ts';
import type { DriveFile } from '../ports/drive-file.ts';
import type { HostPort, Inbox } from '../ports/port.ts';
import { Devices } from './devices.ts';

export interface SideDevicesHost {
  inbox(): Inbox;
  /** Much waits for devices, or no more. */
  congested(congested: boolean): void;
  /** A port broke. */
  failed(error: unknown): void;
  /** All network cards have their peer, or one has lost it. */
  linksChanged(up: boolean): void;
  /** It is certain that the guest lives here. */
  isAlone(): boolean;
}

/** Between two looks at the network cards. */
const LINKS_EVERY_MS = 50;

export class SideDevices {
  readonly #host: SideDevicesHost;
  #devices: Devices | undefined;
  #drives: readonly DriveFile[] = [];
  #cards: ReadonlyMap<string, Uint8Array> = new Map();
  #early: HeldOutput<Output>[] = [];
  #watching: NodeJS.Timeout | undefined;
  #linksUp: boolean | undefined;

  constructor(host: SideDevicesHost) {
    this.#host = host;
  }

  get drives(): readonly DriveFile[] {
    return this.#drives;
  }

  /** Opens everything. UserError when a host end cannot be had. */
  async use(ports: readonly HostPort[], drives: readonly DriveFile[]): Promise<void> {
    const devices = this.#make(ports, drives);
    await devices.open(this.#host.inbox());
    devices.begin();
  }

  /** Those of a guest that runs already: all is open, and delivers to it. */
  adopt(ports: readonly HostPort[], drives: readonly DriveFile[]): void {
    this.#make(ports, drives).adopt();
  }

  /** Opens drives and `cards` (which stay quiet), and leaves the rest for `open`. UserError as `use`. */
  async prepare(
    ports: readonly HostPort[],
    drives: readonly DriveFile[],
    cards: ReadonlyMap<string, Uint8Array>,
  ): Promise<void> {
    const early = new Set([...drives.map(({ device }) => device), ...cards.keys()]);
    this.#cards = cards;
    await this.#make(ports, drives).open(this.#host.inbox(), early);
  }

  /** The world has the guest here from now on. */
  async open(): Promise<void> {
    await this.#devices?.open(this.#host.inbox());
    this.#devices?.begin(this.#cards, () => this.#host.isAlone());
  }

  release(output: HeldOutput<Output>): void {
    if (this.#devices === undefined) this.#early.push(output);
    else this.#devices.release(output);
  }

  /** An output that is done at once. */
  direct(output: Output): void {
    this.#devices?.direct(output);
  }

  /** Of these counts, what cannot be lost with this process. */
  left(released: Released): Released {
    return this.#devices?.left(released) ?? released;
  }

  /** All that devices were given has left this process, and no request is under way. */
  get atRest(): boolean {
    return this.#devices?.atRest ?? true;
  }

  /** Nobody is told of links any more. */
  unwatch(): void {
    clearInterval(this.#watching);
  }

  async close(): Promise<void> {
    this.unwatch();
    await this.#devices?.close();
  }

  #make(ports: readonly HostPort[], drives: readonly DriveFile[]): Devices {
    const { congested, failed } = this.#host;
    this.#drives = drives;
    this.#devices = new Devices(ports, congested, failed);
    for (const output of this.#early) this.#devices.release(output);
    this.#early = [];
    this.#watching = setInterval(() => this.#watchLinks(), LINKS_EVERY_MS).unref();
    return this.#devices;
  }

  /** Whether the network cards of this side have their peers is looked at now and then. */
  #watchLinks(): void {
    const up = this.#devices?.linksUp;
    if (up === undefined || up === this.#linksUp) return;
    this.#linksUp = up;
    this.#host.linksChanged(up);
  }
}
