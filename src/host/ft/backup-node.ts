/**
 * The main thread of a backup: carries what happens (guest thread, arbiter, operator) to the protocol core, which has
 * the network in its link, and carries its effects out. It decides nothing about the pair itself.
 */

import type { Output } from '../../emu/machine/events.ts';
import type { MachineConfig } from '../../emu/machine/machine.ts';
import type { Arbiter } from '../../ft/arbiter.ts';
import type { MethodSettings } from '../../ft/guest/method.ts';
import type { PairSettings } from '../../ft/protocol/settings.ts';
import type { BackupStatus } from '../../ft/protocol/status.ts';
import { decodeHeader } from '../../logformat/header.ts';
import { monotonicNs } from '../clock.ts';
import type { Surroundings } from '../guest-options.ts';
import { openDrives, portsOf } from '../guest-ports.ts';
import type { GuestEnd } from '../live/job.ts';
import { BackupMirror } from '../mirror/backup-mirror.ts';
import type { ReadCounts } from '../mirror/disk-reader.ts';
import type { TargetFacts } from '../mirror/mirror-target.ts';
import { recordedConfig } from '../recorded-machine.ts';
import { newRecordingPaths } from '../recordings.ts';
import { zstd } from '../zstd.ts';
import { BackupLink, type BackupLinkEffect } from './backup-link.ts';
import { type Endpoint, isAnywhere } from './endpoint.ts';
import type { Membership } from './membership.ts';
import { NodeBase } from './node-base.ts';
import type { BackupOptions, NodeUi } from './pair-options.ts';
import { StaticPlaces } from './places.ts';
import type { Report } from './ring-messages.ts';
import type { GuestJob } from './side-guest.ts';
import {
  cardsOf,
  decodeSurroundings,
  encodeSurroundings,
  insideOf,
  requireCommon,
  type ToldSurroundings,
} from './surroundings.ts';

/** The guest does not live here, and could come to. */
const HEIRS: ReadonlySet<BackupStatus['state'] | undefined> = new Set(['following', 'claiming', 'draining']);

export class BackupNode extends NodeBase {
  readonly #options: BackupOptions;
  readonly #settings: PairSettings;
  readonly #link: BackupLink;
  #surroundings: ToldSurroundings | undefined;
  #memoryBytes = 0;
  #prepared: Promise<void> = Promise.resolve();
  /** Has this side lived. */
  #lived = false;
  readonly #mirror: BackupMirror;

  /** The epoch of `settings` is not looked at. In no cluster its places are those that the primary tells. */
  constructor(options: BackupOptions, settings: PairSettings, arbiter: Arbiter, ui: NodeUi, membership?: Membership) {
    super(settings, options.key, arbiter, ui, membership);
    this.#options = options;
    this.#settings = settings;
    this.#mirror = new BackupMirror({
      facts: () => this.#mirrorFacts,
      stall: (stalled) => this.guest.stall('images', stalled),
      read: (device, request, data) => this.guest.input({ kind: 'disk', device, request, status: 0, data }),
      notice: (text) => ui.notice(text),
      follows: () => this.#link.state === 'following',
      failed: (error) => this.failed(error),
    });
    const { key } = options;
    this.#link = new BackupLink(
      { settings, key, arbiter },
      {
        effect: (effect) => this.#carryOut(effect),
        mirror: (socket) => this.#mirror.accept(socket),
        notice: (text) => ui.notice(text),
        look: () => this.look(),
      },
    );
  }

  protected override get firstStatus(): BackupStatus | undefined {
    return this.#link.status;
  }

  protected override get firstState(): BackupStatus['state'] | undefined {
    return this.#link.state;
  }

  protected override get elsewhere(): string | undefined {
    if (this.#link.state === 'live') return undefined;
    const primary = this.#link.status?.peer;
    const where = primary === undefined ? 'it has no primary yet' : `its primary is ${primary.who} on ${primary.host}`;
    return `this is the backup of the pair ${this.#settings.pair}; ${where}`;
  }

  protected override told(): Promise<void> {
    return this.#prepared.catch(() => {});
  }

  protected override get isHeir(): boolean {
    return HEIRS.has(this.#link.state);
  }

  protected override surroundings(spares: readonly Endpoint[]): Uint8Array {
    const own = this.#options.stay === true ? this.#link.endpoint : undefined;
    const told = this.#surroundings!;
    return encodeSurroundings(told, told.method, own === undefined || isAnywhere(own) ? spares : [...spares, own]);
  }

  protected override get reads(): ReadCounts {
    return this.#mirror.reads;
  }

  protected override get method(): MethodSettings | undefined {
    return this.#surroundings?.method;
  }

  protected override begin(): void {
    throw new Error('the guest of a backup does not begin');
  }

  override get memoryBytes(): number {
    return this.#memoryBytes;
  }

  protected override async leave(): Promise<string | undefined> {
    const follows = (): boolean => this.#link.state === 'following';
    // While the primary waits for the storage's verdict nothing of the guest leaves.
    const fault = follows() ? await this.storageFault() : undefined;
    if (fault !== undefined) return fault;
    const state = this.#link.state ?? 'waiting';
    if (state !== 'waiting' && state !== 'following') return 'the guest lives here, or may';
    // Of a primary that may be lost already this is the only one to take over.
    if (follows()) this.#link.tell({ kind: 'leave' });
    else this.endBefore();
    return undefined;
  }

  protected override get command(): string {
    return 'backup';
  }

  protected override async start(): Promise<void> {
    this.guest.prepare();
    const taken = await this.#link.open(this.#options.listen);
    this.ui.listening?.(taken);
    this.ui.input.on('data', this.#refuseTyped);
  }

  /** The console is where the guest lives; what is typed here before goes nowhere. */
  readonly #refuseTyped = (): void => {
    this.ui.input.off('data', this.#refuseTyped);
    const primary = this.#link.status?.peer?.who;
    this.ui.notice(`the guest's console is at its primary${primary === undefined ? '' : ` ${primary}`}, not here`);
  };

  protected override powerOff(): string | undefined {
    const { elsewhere } = this;
    if (elsewhere === undefined) void this.told().then(() => this.guest.input({ kind: 'control', action: 'powerOff' }));
    return elsewhere;
  }

  protected override heard(report: Report): void {
    if (this.heardLive(report)) return;
    switch (report.kind) {
      case 'executed': {
        const { sequence, tick, digests } = report;
        this.#link.tell({ kind: 'executed', sequence, tick, digests });
        return;
      }
      case 'output': {
        const { device, unit, output } = report;
        this.#link.tell({ kind: 'output', output: { device, unit, payload: output } });
        return;
      }
      case 'again':
        if (report.output.kind === 'disk') void this.#mirror.again(report.output);
        return;
      case 'drained':
        this.#link.tell({ kind: 'drained' });
        return;
      default:
        throw new Error(`a ${report.kind} report from a backup's guest`);
    }
  }

  protected override guestEnded(end: GuestEnd): void {
    if (end.kind === 'diverged') {
      const { tick, expected, found, explanation } = end.divergence;
      const report = `at tick ${tick}: expected ${expected}, found ${found}; ${explanation}`;
      this.#link.tell({ kind: 'diverged', report });
    } else if (!this.shield.ended()) this.#link.tell({ kind: 'off' });
  }

  protected override linksChanged(up: boolean): void {
    super.linksChanged(up);
    this.#link.tell({ kind: 'links', up });
  }

  protected override async shut(): Promise<void> {
    this.ui.input.off('data', this.#refuseTyped);
    this.ui.input.pause();
    this.#link.stop();
    await this.#prepared.catch(() => {});
    if (this.#link.state === 'off' && !this.#lived) await this.#mirror.ended(this.#mirrorFacts);
    await this.#mirror.close();
    this.#link.hangUp();
  }

  protected override direct(output: Output): void {
    if (this.#lived) super.direct(output);
    else this.#mirror.take(output);
  }

  get #mirrorFacts(): TargetFacts {
    const { pair, who, host } = this.#settings;
    const { epoch = 0, peer } = this.#link.status ?? {};
    return { pair, epoch, who, host, source: peer?.who, copy: this.#link.copy };
  }

  /** Of a guest that is handed over the images are settled before: until the claim it can go on where it stands. */
  async #claim(epoch: number): Promise<void> {
    if (this.#link.status?.detected === 'yielded') await this.#mirror.settled();
    this.claim(epoch, (result) => this.#link.tell({ kind: 'claimed', epoch, result }));
  }

  #carryOut(effect: BackupLinkEffect): void {
    switch (effect.kind) {
      case 'claim':
        this.#claim(effect.epoch).catch((error: unknown) => this.failed(error));
        break;
      case 'follow':
        this.#follow(effect.surroundings);
        break;
      case 'feed':
        this.#feed(effect.bytes);
        break;
      case 'drain':
        this.guest.order({ kind: 'drain' });
        break;
      case 'live':
        this.#live(effect.epoch);
        break;
      case 'goLive':
        void this.#prepared.then(() => this.guest.order({ kind: 'goLive' }));
        break;
      default:
        this.carryOutCommon(effect);
    }
  }

  #follow(bytes: Uint8Array): void {
    try {
      this.#surroundings = decodeSurroundings(bytes, this.#options.given);
      requireCommon(this.#surroundings.drives, this.#surroundings.method);
    } catch (error) {
      this.failed(error);
    }
  }

  #feed(bytes: Uint8Array): void {
    if (!this.begun) this.#begin(bytes);
    this.guest.order({ kind: 'feed', receivedNs: monotonicNs(), bytes });
  }

  /** The first frame is the header: now it is known what the machine is. */
  #begin(headerBytes: Uint8Array): void {
    const surroundings = this.#surroundings;
    const job = surroundings === undefined ? undefined : this.#jobFor(surroundings);
    if (surroundings === undefined || job === undefined) return;
    const config = this.#configOf(headerBytes);
    if (config === undefined) return;
    this.#memoryBytes = config.memoryBytes;
    this.#prepared = this.#prepare(config, surroundings);
    this.#prepared.catch((error: unknown) => this.failed(error));
    this.runGuest(() => this.guest.run(job));
  }

  /** Undefined when the node has failed: it cannot have the primary's machine. */
  #configOf(headerBytes: Uint8Array): MachineConfig | undefined {
    return this.try(() => recordedConfig({ header: decodeHeader(headerBytes, zstd) }));
  }

  /** Undefined when the node has failed. */
  #jobFor({ engine, entropy, method, drives }: ToldSurroundings): GuestJob | undefined {
    if (method.name === 'checkpoints') {
      this.ui.notice('the primary sends checkpoints and no log: nothing is recorded here');
      return { role: 'state', engine, entropy, method };
    }
    const paths = newRecordingPaths(`${this.#settings.pair}-backup`);
    const log = this.try(() => this.log.make(this.#options.output, paths));
    if (log === undefined) return undefined;
    const { injectFaultTick } = this.#options;
    const fault = injectFaultTick === undefined ? {} : { injectFaultTick };
    return { role: 'backup', engine, entropy, method, log, inside: insideOf(drives), ...fault };
  }

  /** Shows early what would be missing; nothing is written and no card speaks before this side is live. */
  async #prepare(config: MachineConfig, surroundings: Surroundings): Promise<void> {
    const { pair, epoch } = this.#link.status!;
    const sizes = config.devices.flatMap((device) => (device.type === 'block' ? [device.sizeBytes] : []));
    const { key } = this.#options;
    const drives = await openDrives(surroundings.drives, { pair, epoch, key }, sizes);
    this.#mirror.begin(drives);
    const ports = portsOf(config, surroundings, drives, this.ui, true);
    await this.devices.prepare(ports, drives, cardsOf(config));
  }

  #live(epoch: number): void {
    this.ui.input.off('data', this.#refuseTyped);
    this.#lived = true;
    this.#mirror.dropReads();
    this.#prepared = this.#prepared.then(async () => {
      await this.#mirror.settled();
      const raised = this.images.raise(epoch);
      if (insideOf(this.#surroundings?.drives ?? []).size > 0) await raised;
      await this.devices.open();
      this.shield.alone(epoch, this.membership?.places ?? new StaticPlaces(this.#surroundings?.spares ?? []));
    });
    this.#prepared.catch((error: unknown) => this.failed(error));
  }
}
