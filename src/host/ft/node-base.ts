/**
 * What both sides of a pair have on their main thread: the guest's thread, its devices, connections, claims, the own
 * log, the operator's word, and one end. Sides add their protocol core and what is special to them.
 *
 *     start ── the core's effects, the guest's reports ──> over (off, halt, failure, or stopped before) ── shut
 */

import { rmSync } from 'node:fs';
import type { Output } from '../../emu/machine/events.ts';
import type { Arbiter, ClaimResult } from '../../ft/arbiter.ts';
import type { MethodSettings } from '../../ft/guest/method.ts';
import type { CommonEffect, HeldOutput } from '../../ft/protocol/io.ts';
import type { Message } from '../../ft/protocol/message.ts';
import type { PairSettings } from '../../ft/protocol/settings.ts';
import type { PairStatus } from '../../ft/protocol/status.ts';
import { ExitCode, UserError } from '../../lib/errors.ts';
import type { GuestEnd } from '../live/job.ts';
import { LogFileSink } from '../log-file-sink.ts';
import { CommitLine } from '../mirror/commit-line.ts';
import { ImageCopy, type ImagesProgress } from '../mirror/image-copy.ts';
import { leaveBehind } from '../mirror/image-mark.ts';
import { reasonOf } from '../os-errors.ts';
import { NO_TOTALS, type Outcome, outcomeOf } from '../outcome.ts';
import type { DriveFile } from '../ports/drive-file.ts';
import type { HostPort, Inbox } from '../ports/port.ts';
import { Connections } from './connections.ts';
import { ControlSocket } from './control-socket.ts';
import { Devices } from './devices.ts';
import { type Endpoint, endpointText, parseEndpoint } from './endpoint.ts';
import { Handover, type SwitchAnswer } from './handover.ts';
import type { LogFile } from './job.ts';
import type { PairKey } from './key.ts';
import type { Membership } from './membership.ts';
import type { NodeUi, PairOutcome } from './pair-options.ts';
import type { LinkParts } from './primary-link.ts';
import type { Report } from './ring-messages.ts';
import { type NodeEffect, Shield } from './shield.ts';
import { SideGuest } from './side-guest.ts';
import { dial } from './transport.ts';

/** The effects that the sides have in common and that are done alike. */
type SharedEffect = Exclude<CommonEffect<Message, Output>, { kind: 'disconnect' | 'heartbeat' | 'claim' | 'live' }>;

type NodeEnd = Omit<PairOutcome, 'pair'>;

/** Between two looks at the network cards. */
const LINKS_EVERY_MS = 50;

const REMEDIES = {
  lost: 'nothing more has left it',
  diverged: 'see: lockstep ft --help',
  refused: 'see: lockstep ft --help',
  forgotten: 'start the backup again; the primary goes on alone',
} as const;

const imagesText = ({ compared, copied }: ImagesProgress): string => {
  const [all, some] = [compared, copied].map((bytes) => `${(bytes / 2 ** 20).toFixed(1)} MiB`);
  return `the images are equal: ${all} compared, ${some} copied`;
};

export abstract class NodeBase {
  protected readonly ui: NodeUi;
  protected readonly guest: SideGuest;
  protected readonly connections = new Connections();
  /** The guest's thread runs, or has run. */
  protected begun = false;
  /** Backups of the guest, when it lives here. */
  protected readonly shield: Shield;
  readonly #handover: Handover;
  readonly #settings: PairSettings;
  readonly #key: PairKey | undefined;
  readonly #arbiter: Arbiter;
  /** Undefined: it can be in no cluster. */
  protected readonly membership: Membership | undefined;
  #devices: Devices | undefined;
  #drives: readonly DriveFile[] = [];
  #cards: ReadonlyMap<string, Uint8Array> = new Map();
  /** Released before there were devices. */
  readonly #early: HeldOutput<Output>[] = [];
  #sink: LogFileSink | undefined;
  readonly #line = new CommitLine();
  /** Of the last backup that was given images. */
  #images: ImageCopy | undefined;
  #guestRun: Promise<void> = Promise.resolve();
  #end: GuestEnd | undefined;
  #quit = false;
  #watching: NodeJS.Timeout | undefined;
  #linksUp: boolean | undefined;
  #forgotten = false;
  /** The pair goes on without this side. */
  #elsewhere = false;
  #state = '';
  #control: ControlSocket | undefined;
  readonly #over: Promise<NodeEnd>;
  #finish: (end: NodeEnd) => void = () => {};
  #fail: (error: unknown) => void = () => {};

  constructor(
    settings: PairSettings,
    key: PairKey | undefined,
    arbiter: Arbiter,
    ui: NodeUi,
    membership: Membership | undefined,
  ) {
    this.#settings = settings;
    this.membership = membership;
    this.#key = key;
    this.#arbiter = arbiter;
    this.ui = ui;
    this.guest = new SideGuest({
      report: (report) => this.#reported(report),
      direct: (output) => this.direct(output),
      live: () => this.look(),
    });
    this.shield = new Shield(settings, key, {
      effect: (effect) => this.#carryOutOfShield(effect),
      claim: (epoch, answer) => this.claim(epoch, answer),
      truthful: (message) => this.#truthful(message),
      order: (order) => {
        if (order.kind === 'endCopy' && order.copy === this.#images?.parts.copy) this.#images.stop();
        this.guest.order(order);
      },
      copying: (link) => this.#copyImages(link),
      share: (share) => this.guest.share(share),
      acknowledged: (frames) => this.guest.acknowledged(frames),
      begin: () => this.begin(),
      live: (epoch) => void this.raiseDrives(epoch),
      surroundings: (spares) => this.surroundings(spares),
      memoryBytes: () => this.memoryBytes,
      notice: (text) => this.ui.notice(text),
      look: () => this.look(),
    });
    this.#handover = new Handover({
      quiesce: (number) => this.guest.quiesce(number),
      resume: () => this.guest.resume(),
      isAtRest: () => this.#devices?.atRest ?? true,
      storageFault: () => this.#storageFault(),
      tell: (answer) => this.shield.tell(answer),
    });
    this.#over = new Promise((finish, fail) => {
      this.#finish = finish;
      this.#fail = fail;
    });
    this.#over.catch(() => {});
  }

  /** As the core tells it that the node began with; undefined before there is one. */
  protected abstract get firstStatus(): PairStatus | undefined;
  protected abstract get firstState(): PairStatus['state'] | undefined;
  /** 'primary' or 'backup', as it was started. */
  protected abstract get command(): string;
  /** How the pair is kept in step; undefined while a backup does not know. */
  protected abstract get method(): MethodSettings | undefined;
  protected abstract start(): Promise<void>;
  /** The guest lives here, and not elsewhere as far as is known. */
  protected abstract get lives(): boolean;
  /** The operator ends the guest where it stands; false: there is none that this node may end. */
  protected abstract stopGuest(): boolean;
  /** The operator powers the guest off; why not, when this is not the side for it. */
  protected abstract powerOff(): string | undefined;
  /** Ends this side, if the guest cannot live in it; why not. */
  protected abstract leave(): string | undefined;
  protected abstract heard(report: Report): void;
  protected abstract guestEnded(end: GuestEnd): void;
  /** RAM of the guest; 0 while it is not known. */
  abstract get memoryBytes(): number;
  /** What a backup needs to know of this side. */
  protected abstract surroundings(spares: readonly Endpoint[]): Uint8Array;
  /** The first backup follows. */
  protected abstract begin(): void;
  /** All network cards of this side have their peer, or one has lost it. */
  protected linksChanged(up: boolean): void {
    this.shield.links(up);
  }
  /** Lets go of what the side has opened itself. */
  protected abstract shut(): Promise<void>;

  /** Runs to the end of the node. UserError when it cannot begin; what happens later is in the outcome. */
  async run(): Promise<PairOutcome> {
    const stop = (): void => this.#stopped();
    this.ui.stop?.addEventListener('abort', stop);
    try {
      this.#control = await ControlSocket.listen(this.#settings.pair, this.command, (command) => this.#told(command));
      await this.start();
      if (this.ui.stop?.aborted === true) stop();
      const outcome = await this.#over;
      const { status } = this;
      return { ...outcome, pair: status };
    } finally {
      this.ui.stop?.removeEventListener('abort', stop);
      await this.#close();
    }
  }

  /** Where the pair stands, as this side knows it. */
  get status(): PairStatus | undefined {
    return this.shield.status ?? this.firstStatus;
  }

  /** Of a guest that lives here; false: nobody follows it, and it may leave. */
  protected heardLive(report: Report): boolean {
    if (report.kind === 'frame' || report.kind === 'copying') {
      this.shield.heard(report);
      return true;
    }
    if (report.kind === 'quiet') {
      this.#handover.quiet(report.number);
      return true;
    }
    if (report.kind !== 'output') return false;
    const { device, unit, output } = report;
    return this.shield.output({ device, unit, payload: output });
  }

  #carryOutOfShield(effect: NodeEffect): void {
    switch (effect.kind) {
      case 'stall':
        this.guest.stall('buffer', effect.stalled);
        break;
      case 'quiesce':
      case 'settle':
      case 'resume':
        this.#handover.carryOut(effect);
        break;
      default:
        this.carryOutCommon(effect);
    }
  }

  protected carryOutCommon(effect: SharedEffect): void {
    switch (effect.kind) {
      case 'send':
        this.connections.send(effect.connection, this.#truthful(effect.message));
        break;
      case 'release':
        if (this.#devices === undefined) this.#early.push(effect.output);
        else this.#devices.release(effect.output);
        break;
      case 'notice':
        this.ui.notice(effect.text);
        break;
      case 'off':
        void this.#guestRun.then(() => this.#finish(this.#ended()));
        break;
      case 'halt':
        this.guest.stop();
        this.#forgotten = effect.why === 'forgotten';
        this.#elsewhere = effect.why === 'handedOver' || effect.why === 'lost';
        void this.#guestRun.then(() => this.#finish(this.#halted(effect)));
        break;
    }
  }

  protected claim(epoch: number, answer: (result: ClaimResult) => void): void {
    const { pair, who } = this.#settings;
    void this.#arbiter.claim(pair, epoch, who).then(answer);
  }

  /** Opens the host ends. UserError when one cannot be had. */
  protected async useDevices(ports: readonly HostPort[], drives: readonly DriveFile[]): Promise<void> {
    const devices = this.#makeDevices(ports, drives);
    await devices.open(this.#inbox());
    devices.begin();
  }

  /** Opens drives and `cards` (which stay quiet), and leaves the rest for `openDevices`. */
  protected async prepareDevices(
    ports: readonly HostPort[],
    drives: readonly DriveFile[],
    cards: ReadonlyMap<string, Uint8Array>,
  ): Promise<void> {
    const early = new Set([...drives.map(({ device }) => device), ...cards.keys()]);
    this.#cards = cards;
    await this.#makeDevices(ports, drives).open(this.#inbox(), early);
  }

  /** The world has the guest here from now on. */
  protected async openDevices(): Promise<void> {
    await this.#devices?.open(this.#inbox());
    this.#devices?.begin(this.#cards, () => this.shield.isAlone);
  }

  /** The guest lives here in this epoch: resolves when the drives' storage knows. */
  protected async raiseDrives(epoch: number): Promise<void> {
    const { pair, who } = this.#settings;
    const raised = this.#drives.map(async (drive) => {
      try {
        await drive.raise(epoch);
        await drive.image?.mark('live', { pair, epoch, who });
      } catch (error) {
        this.ui.notice(`drive ${drive.device}: ${reasonOf(error)}`);
      }
    });
    await Promise.all(raised);
  }

  /** The guest that lived here goes on elsewhere, and with it what the images are to hold. */
  async #leaveImages(): Promise<void> {
    for (const { device, image } of this.#drives) {
      try {
        if (image !== undefined) await leaveBehind(image.path, this.#settings.who);
      } catch (error) {
        this.ui.notice(`the mark of the image of ${device}: ${reasonOf(error)}`);
      }
    }
  }

  /** An output that is done at once. */
  protected direct(output: Output): void {
    this.#devices?.direct(output);
  }

  /** At the state of a copy the images are held still before anything is done that the guest has asked later. */
  #reported(report: Report): void {
    if (report.kind === 'frame' && report.commit && report.copy === this.#images?.parts.copy) {
      this.#line.hold(this.#images.finish());
    }
    this.#line.pass(() => this.heard(report));
  }

  /** A backup is made there: it is given what the own images hold. */
  #copyImages({ settings, endpoint, key, copy }: LinkParts): void {
    const drives = this.#drives.flatMap(({ device, image }) => (image === undefined ? [] : [{ device, image }]));
    if (drives.length === 0) return;
    const images: ImageCopy = new ImageCopy(
      { settings, endpoint, key, copy, drives },
      {
        near: () => this.guest.order({ kind: 'imagesNear', copy }),
        slow: () => this.shield.slower('disks'),
        done: () => this.ui.notice(imagesText(images.progress)),
        failed: (reason) => this.shield.giveUp(copy, `its images cannot be made equal: ${reason}`),
      },
    );
    this.#images = images;
  }

  /** The file of the own log: `path`, or the first of `otherwise` that is free. Undefined when the node has failed. */
  protected makeLog(path: string | undefined, otherwise: Iterable<string>): LogFile | undefined {
    try {
      this.#sink = path === undefined ? LogFileSink.createFirst(otherwise) : LogFileSink.create(path);
      this.ui.recording?.(this.#sink.path);
      return { fd: this.#sink.fd, path: this.#sink.path };
    } catch (error) {
      this.failed(error);
      return undefined;
    }
  }

  protected runGuest(run: () => Promise<GuestEnd>): void {
    this.begun = true;
    this.#guestRun = run().then(
      (end) => {
        this.#end = end;
        if (end.kind === 'failed') this.#finish(this.#ended());
        else this.#line.pass(() => this.guestEnded(end));
      },
      (error: unknown) => this.failed(error),
    );
  }

  /** The node cannot go on: its end is this error. The other side sees a node that is gone. */
  protected failed(error: unknown): void {
    if (!(error instanceof UserError)) {
      this.#fail(error);
      return;
    }
    const { ticks, time, consoleBytes, idleNs } = this.guest.progress;
    const totals = { ...NO_TOTALS, ticks, time, consoleBytes, idleNs };
    this.#finish({ ending: 'failed', exitCode: error.exitCode, error, ...this.#recording(), totals, mips: 0 });
  }

  /** The operator's end before there is a guest to end. */
  protected endBefore(exitCode: ExitCode = ExitCode.done): void {
    this.#finish({ ending: 'stopped', exitCode, totals: NO_TOTALS, mips: 0 });
  }

  /** Tells of a state that is new. Called after every event: a whole status would cost more than the event. */
  protected look(): void {
    const state = this.shield.state ?? this.firstState;
    if (state === undefined || state === this.#state) return;
    this.#state = state;
    const { status } = this;
    if (status !== undefined) this.ui.changed?.(status);
  }

  /** The core counts what it has released; the other side may forget only what cannot be lost with this process. */
  #truthful<M extends Message>(message: M): M {
    if (message.kind !== 'released' || this.#devices === undefined) return message;
    return { ...message, released: this.#devices.left(message.released) };
  }

  #makeDevices(ports: readonly HostPort[], drives: readonly DriveFile[]): Devices {
    this.#drives = drives;
    this.#devices = new Devices(
      ports,
      (congested) => this.guest.stall('devices', congested),
      (error) => this.failed(error),
    );
    for (const output of this.#early.splice(0)) this.#devices.release(output);
    this.#watching = setInterval(() => this.#watchLinks(), LINKS_EVERY_MS).unref();
    return this.#devices;
  }

  /** Whether the network cards of this side have their peers is looked at now and then. */
  #watchLinks(): void {
    const up = this.#devices?.linksUp;
    if (up === undefined || up === this.#linksUp) return;
    this.#linksUp = up;
    this.linksChanged(up);
  }

  #inbox(): Inbox {
    return this.guest.inbox({
      notice: (text) => this.ui.notice(text),
      quit: () => {
        this.#quit = true;
        this.#stopped();
      },
      fail: (error) => this.failed(error),
    });
  }

  #stopped(): void {
    if (!this.stopGuest()) this.endBefore(this.#quit ? ExitCode.done : ExitCode.interrupted);
  }

  /** The operator wants a backup there; why not. */
  protect(endpoint: Endpoint): string | undefined {
    return this.lives ? this.shield.protect(endpoint) : 'the guest does not live on this side';
  }

  /** The guest is to live where its backup is. Settles when it does, or does not. */
  switchOver(reason: string): Promise<SwitchAnswer> {
    const objection = this.lives ? this.shield.switchObjection : 'the guest does not live on this side';
    if (objection !== undefined) return Promise.resolve({ refused: objection });
    return this.#handover.ordered(() => this.shield.tell({ kind: 'switch', reason }));
  }

  /** Somebody who listens there is looked for before the present backup is let go. */
  async #moveBackup(endpoint: Endpoint): Promise<{ readonly refused?: string }> {
    const objection = (): string | undefined =>
      this.lives ? this.shield.moveObjection(endpoint) : 'the guest does not live on this side';
    let refused = objection() ?? (await this.#storageFault());
    if (refused === undefined) {
      try {
        (await dial(endpoint, this.#key, this.#settings.detectMs)).destroy();
      } catch (error) {
        refused = `nobody waits at ${endpointText(endpoint)}: ${reasonOf(error)}`;
      }
    }
    refused ??= objection();
    if (refused !== undefined) return { refused };
    this.shield.move(endpoint);
    return {};
  }

  /** The guest's backups are to be on the hosts of a cluster. */
  async #join(registry: string): Promise<{ readonly refused?: string }> {
    if (!this.lives) return { refused: 'the guest does not live on this side' };
    if (this.membership === undefined) return { refused: 'a pair on one host, for a trial, is in no cluster' };
    try {
      this.shield.join(await this.membership.join(registry));
      return {};
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return { refused: error.what };
    }
  }

  #told(command: string): unknown {
    if (command === 'switch') return this.switchOver('the operator wants it');
    if (command === 'stop') {
      const refused = this.powerOff();
      return refused === undefined ? {} : { refused };
    }
    const [, word, where] = /^(\S+)(?: (.+))?$/.exec(command) ?? [];
    if (word === 'leave') {
      const refused = this.leave();
      return refused === undefined ? {} : { refused };
    }
    if (word === 'join' && where !== undefined) return this.#join(where);
    if (word === 'move' && where !== undefined) return this.#moveBackup(parseEndpoint('--to', where));
    if (word === 'protect' && where !== undefined) {
      const refused = this.protect(parseEndpoint('--backup', where));
      return refused === undefined ? {} : { refused };
    }
    const { ticks } = this.guest.progress;
    const { backup } = this.shield;
    const images = this.#images === undefined ? {} : { images: this.#images.progress };
    const copy = this.shield.copy === undefined ? undefined : { ...this.shield.copy, ...images };
    const { command: startedAs, method, status } = this;
    const { host } = this.#settings;
    return { pid: process.pid, host, command: startedAs, method, ticks, ...this.#recording(), status, copy, backup };
  }

  /** How it ended when the guest is off. */
  #ended(): Outcome {
    const interrupted = this.ui.stop?.aborted === true && !this.#quit;
    return outcomeOf(this.#end!, this.#sink?.path, !interrupted);
  }

  #halted(effect: Extract<SharedEffect, { kind: 'halt' }>): NodeEnd {
    const outcome = this.#end === undefined ? undefined : this.#ended();
    if (effect.why === 'handedOver') return this.#handedOver(effect.holder, effect.stoodStillMs);
    if (effect.why === 'diverged' && outcome?.ending === 'diverged') return outcome;
    const what =
      effect.why === 'lost'
        ? `the pair ${this.#settings.pair} goes on at ${effect.holder}, which has the next epoch; this side has stopped`
        : effect.detail;
    const remedy = REMEDIES[effect.why];
    const error = new UserError(`pair-${effect.why}`, what, remedy, ExitCode.lost);
    const { totals = NO_TOTALS, mips = 0 } = outcome ?? {};
    return { ending: 'failed', exitCode: error.exitCode, error, ...this.#recording(), totals, mips };
  }

  #handedOver(to: string, stoodStillMs: number | undefined): NodeEnd {
    this.#handover.over({ to, stoodStillMs });
    const gap = stoodStillMs === undefined ? '' : `; it stood still for ${stoodStillMs.toFixed(0)} ms`;
    this.ui.notice(`the guest of the pair ${this.#settings.pair} lives at ${to} now${gap}`);
    const outcome = outcomeOf(this.#end ?? { kind: 'stopped', totals: NO_TOTALS }, this.#sink?.path, true);
    return { ...outcome, handedOver: to };
  }

  /** Why the arbiter could not answer a claim of the pair's next epoch. */
  async #storageFault(): Promise<string | undefined> {
    const holding = await this.#arbiter.read(this.#settings.pair);
    return holding.kind === 'unknown' ? `the storage cannot be reached (${holding.reason})` : undefined;
  }

  #recording(): { readonly recording?: string } {
    return this.#sink === undefined ? {} : { recording: this.#sink.path };
  }

  async #close(): Promise<void> {
    clearInterval(this.#watching);
    this.#handover.over({ refused: 'the guest is off' });
    this.#control?.close();
    this.shield.stop();
    this.#images?.stop();
    await this.shut();
    this.connections.closeAll('this side ends');
    if (this.begun) this.guest.stop();
    else await this.guest.dismiss();
    await this.#guestRun;
    await this.#devices?.close();
    if (this.#elsewhere) await this.#leaveImages();
    this.#sink?.close();
    if (this.#forgotten && this.#sink !== undefined) rmSync(this.#sink.path, { force: true });
    await this.#arbiter.close();
  }
}
