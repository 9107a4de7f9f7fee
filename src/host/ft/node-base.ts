/**
 * What both sides of a pair have on their main thread: the guest's thread, its devices, claims, the own log, the
 * operator's word, and one end. Sides add their protocol core, with its network, and what is special to them.
 *
 *     start ── the core's effects, the guest's reports ──> over (off, halt, failure, or stopped before) ── shut
 */

import type { Output } from '../../emu/machine/events.ts';
import type { Arbiter, ClaimResult } from '../../ft/arbiter.ts';
import { changedPlaceOf } from '../../ft/disk/place.ts';
import type { MethodSettings } from '../../ft/guest/method.ts';
import type { CommonEffect } from '../../ft/protocol/io.ts';
import type { Message, PrimaryMessage } from '../../ft/protocol/message.ts';
import type { PairSettings } from '../../ft/protocol/settings.ts';
import type { PairStatus } from '../../ft/protocol/status.ts';
import { ExitCode } from '../../lib/errors.ts';
import type { Voices } from '../live/input-line.ts';
import type { GuestEnd } from '../live/job.ts';
import type { RunningGuest } from '../live/live-guest.ts';
import type { ReadCounts } from '../mirror/disk-reader.ts';
import { ControlSocket } from './control-socket.ts';
import { Departure } from './departure.ts';
import type { Endpoint } from './endpoint.ts';
import { Handover } from './handover.ts';
import type { PairKey } from './key.ts';
import type { Membership } from './membership.ts';
import { type Halt, NodeEnd } from './node-end.ts';
import { OperatorOrders } from './operator-orders.ts';
import { OwnLog } from './own-log.ts';
import type { NodeUi, PairOutcome } from './pair-options.ts';
import type { Report } from './ring-messages.ts';
import { type NodeEffect, Shield } from './shield.ts';
import { SideDevices } from './side-devices.ts';
import { SideGuest } from './side-guest.ts';
import { SideImages } from './side-images.ts';

/** The effects that the sides have in common and that are done alike. */
type NetworkEffect = { kind: 'send' | 'disconnect' | 'heartbeat' };
type SharedEffect = Exclude<CommonEffect<Message, Output>, NetworkEffect | { kind: 'claim' | 'live' }>;

/** The pair goes on without this side. */
const ELSEWHERE: ReadonlySet<Halt['why']> = new Set(['handedOver', 'lost', 'letGo']);
/** The guest lives here and has no backup. */
const ALONE: ReadonlySet<PairStatus['state'] | undefined> = new Set(['alone', 'live']);

export abstract class NodeBase {
  protected readonly ui: NodeUi;
  protected readonly guest: SideGuest;
  /** The guest's thread runs, or has run. */
  protected begun = false;
  /** Backups of the guest, when it lives here. */
  protected readonly shield: Shield;
  /** Its part in a cluster; undefined for a trial on one host. */
  protected readonly membership: Membership | undefined;
  protected readonly devices: SideDevices;
  protected readonly images: SideImages;
  readonly #end: NodeEnd;
  readonly #handover: Handover;
  readonly #settings: PairSettings;
  protected readonly arbiter: Arbiter;
  readonly #orders: OperatorOrders;
  readonly #departure: Departure;
  /** The own recording. */
  protected readonly log: OwnLog;
  #guestRun: Promise<void> = Promise.resolve();
  /** What the protocol has halted this side for. */
  #why: Halt['why'] | undefined;
  #state = '';
  #control: ControlSocket | undefined;

  constructor(
    settings: PairSettings,
    key: PairKey | undefined,
    arbiter: Arbiter,
    ui: NodeUi,
    membership: Membership | undefined,
    running?: RunningGuest,
  ) {
    this.#settings = settings;
    this.membership = membership;
    this.arbiter = arbiter;
    this.ui = ui;
    const notice = (text: string): void => ui.notice(text);
    this.log = new OwnLog(ui);
    this.guest = new SideGuest(
      {
        report: (report) => this.images.report(report, () => this.heard(report)),
        direct: (output) => this.direct(output),
        live: () => this.look(),
      },
      running,
    );
    this.devices = new SideDevices({
      inbox: () => this.guest.inbox(this.voices),
      congested: (congested) => this.guest.stall('devices', congested),
      failed: (error) => this.failed(error),
      linksChanged: (up) => this.linksChanged(up),
      isAlone: () => this.shield.isAlone,
    });
    this.images = new SideImages(settings, {
      drives: () => this.devices.drives,
      near: (copy) => this.guest.order({ kind: 'imagesNear', copy }),
      slow: () => this.shield.slower('disks'),
      giveUp: (copy, reason) => this.shield.giveUp(copy, reason),
      notice,
    });
    this.shield = new Shield(settings, key, {
      effect: (effect) => this.#carryOutOfShield(effect),
      claim: (epoch, answer) => this.claim(epoch, answer),
      truthful: (message) => this.#truthful(message),
      order: (order) => {
        if (order.kind === 'endCopy') this.images.stop(order.copy);
        this.guest.order(order);
      },
      copying: (link) => this.images.begin(link),
      share: (share) => this.guest.share(share),
      acknowledged: (frames) => this.guest.acknowledged(frames),
      begin: () => this.begin(),
      live: (epoch) => void this.images.raise(epoch),
      surroundings: (spares) => this.surroundings(spares),
      memoryBytes: () => this.memoryBytes,
      notice,
      look: () => this.look(),
    });
    const storageFault = (): Promise<string | undefined> => this.storageFault();
    this.#handover = new Handover({
      quiesce: (number) => this.guest.quiesce(number),
      resume: () => this.guest.resume(),
      isAtRest: () => this.devices.atRest,
      storageFault,
      tell: (answer) => this.shield.tell(answer),
    });
    this.#orders = new OperatorOrders({
      guest: this.guest,
      shield: this.shield,
      handover: this.#handover,
      membership,
      key,
      memoryBytes: () => this.memoryBytes,
      patienceMs: settings.detectMs,
      elsewhere: () => this.elsewhere,
      told: () => this.told(),
      powerOff: () => this.powerOff(),
      leave: () => this.leave(),
      storageFault,
      about: () => this.#about(),
      failed: (error) => this.failed(error),
    });
    this.#end = new NodeEnd({
      pair: settings.pair,
      recording: () => this.log.path,
      progress: () => this.guest.progress,
      interrupted: () => this.#departure.isInterrupted,
      notice,
    });
    this.#departure = new Departure(ui.stop, {
      lives: () => this.elsewhere === undefined,
      isHeir: () => this.isHeir,
      hasBackup: () => !ALONE.has(this.shield.state ?? this.firstState),
      leave: () => this.leave(),
      switchOver: (reason) => this.#orders.switchOver(reason),
      endGuest: () => this.guest.stop(),
      endBefore: (exitCode) => this.endBefore(exitCode),
      notice,
      failed: (error) => this.failed(error),
    });
  }

  /** As the core tells it that the node began with; undefined before there is one. */
  protected abstract get firstStatus(): PairStatus | undefined;
  protected abstract get firstState(): PairStatus['state'] | undefined;
  /** 'primary' or 'backup', as it was started. */
  protected abstract get command(): string;
  /** What this side has read of disks for a guest that it replays; undefined where none is. */
  protected get reads(): ReadCounts | undefined {
    return undefined;
  }
  /** How the pair is kept in step; undefined while a backup does not know. */
  protected abstract get method(): MethodSettings | undefined;
  protected abstract start(): Promise<void>;
  /** Where the guest lives; undefined: here, as far as is known. */
  protected abstract get elsewhere(): string | undefined;
  /** Of a guest that lives here: its thread takes what is said to it. */
  protected told(): Promise<void> {
    return Promise.resolve();
  }
  /** It does not live here, and could come to. */
  protected abstract get isHeir(): boolean;
  /** The operator powers the guest off; why not, when this is not the side for it. */
  protected abstract powerOff(): string | undefined;
  /** Ends this side, if the guest cannot live in it; why not. */
  protected abstract leave(): Promise<string | undefined>;
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
    this.#departure.heed();
    try {
      this.#control = await ControlSocket.listen(this.#settings.pair, this.command, (line) =>
        this.#orders.answer(line),
      );
      await this.start();
      this.#departure.heed();
      const outcome = await this.#end.over;
      const { status } = this;
      return { ...outcome, pair: status };
    } finally {
      this.#departure.over();
      await this.#close();
    }
  }

  /** Where the pair stands, as this side knows it. */
  get status(): PairStatus | undefined {
    return this.shield.status ?? this.firstStatus;
  }

  /** What concerns both sides, or a guest that lives here; false: nobody follows it, and it may leave. */
  protected heardLive(report: Report): boolean {
    if (report.kind === 'frame' || report.kind === 'reads' || report.kind === 'copying') {
      this.shield.heard(report);
      return true;
    }
    if (report.kind === 'quiet') {
      this.#handover.quiet(report.number);
      return true;
    }
    if (report.kind === 'covered') {
      this.#orders.covered(report.number);
      return true;
    }
    if (report.kind === 'unrecorded') {
      this.log.lost(report.why);
      return true;
    }
    if (report.kind !== 'output') return false;
    const { device, unit, output } = report;
    return this.shield.output({ device, unit, payload: output, place: changedPlaceOf(output) });
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
      case 'release':
        this.devices.release(effect.output);
        break;
      case 'notice':
        this.ui.notice(effect.text);
        break;
      case 'off':
        void this.#guestRun.then(() => this.#end.off());
        break;
      case 'halt':
        this.guest.stop();
        this.#why = effect.why;
        void this.#guestRun.then(() => this.#halted(effect));
        break;
    }
  }

  protected claim(epoch: number, answer: (result: ClaimResult) => void): void {
    const { pair, who } = this.#settings;
    void this.arbiter.claim(pair, epoch, who).then(answer);
  }

  /** An output that is done at once. */
  protected direct(output: Output): void {
    this.devices.direct(output);
  }

  /** What `begin` gives; undefined when it cannot, and the node has failed. */
  protected try<T>(begin: () => T): T | undefined {
    try {
      return begin();
    } catch (error) {
      this.failed(error);
      return undefined;
    }
  }

  protected runGuest(run: () => Promise<GuestEnd>): void {
    this.begun = true;
    this.#guestRun = run().then(
      (end) => {
        if (!this.#end.guestEnded(end)) this.images.after(() => this.guestEnded(end));
      },
      (error: unknown) => this.failed(error),
    );
  }

  /** The node cannot go on: its end is this error. The other side sees a node that is gone. */
  protected failed(error: unknown): void {
    this.#end.failed(error);
  }

  /** The operator's end before there is a guest to end. */
  protected endBefore(exitCode: ExitCode = ExitCode.done): void {
    this.#end.before(exitCode);
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
  #truthful(message: PrimaryMessage): PrimaryMessage {
    return message.kind === 'released' ? { ...message, released: this.devices.left(message.released) } : message;
  }

  /** What the ports of its devices say. */
  protected get voices(): Voices {
    return {
      notice: (text) => this.ui.notice(text),
      quit: () => this.#departure.quit(),
      fail: (error) => this.failed(error),
    };
  }

  /** What `ft status` and others hear of this node. */
  #about(): object {
    const { ticks, operator } = this.guest.progress;
    const { backup, fault } = this.shield;
    const images = this.images.progress === undefined ? {} : { images: this.images.progress };
    const copy = this.shield.copy === undefined ? undefined : { ...this.shield.copy, ...images };
    const { command, method, status, reads } = this;
    const side = { pid: process.pid, host: this.#settings.host, command, method, reads, ticks, ...operator };
    return { ...side, ...this.log.about, status, copy, backup, fault };
  }

  #halted(halt: Halt): void {
    if (halt.why === 'handedOver') this.#handover.over({ to: halt.holder, stoodStillMs: halt.stoodStillMs });
    this.#end.halted(halt);
  }

  /** Why the arbiter could not answer a claim of the pair's next epoch. */
  protected async storageFault(): Promise<string | undefined> {
    const holding = await this.arbiter.read(this.#settings.pair);
    return holding.kind === 'unknown' ? `the storage cannot be reached (${holding.reason})` : undefined;
  }

  async #close(): Promise<void> {
    this.devices.unwatch();
    this.#handover.over({ refused: 'the guest is off' });
    this.#orders.over();
    this.#control?.close();
    this.shield.stop();
    this.images.stop();
    await this.shut();
    if (this.begun) this.guest.stop();
    else await this.guest.dismiss();
    await this.#guestRun;
    await this.devices.close();
    if (this.#why !== undefined && ELSEWHERE.has(this.#why)) await this.images.leave();
    this.log.close(this.#why !== 'forgotten');
    await this.arbiter.close();
  }
}
