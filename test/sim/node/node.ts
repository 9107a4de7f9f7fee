/**
 * What all nodes have in common: the main thread with its clock, its end of the network, of the arbiter and of the
 * storage, and its guest thread; what effects of protocol cores do to them. Effects are carried out one by one, each a
 * job of its own, so that a node can be stopped or ended between any two; each job and each effect is a probe point.
 */

import type { Input, Output } from '../../../src/emu/machine/events.ts';
import type { ClaimResult } from '../../../src/ft/arbiter.ts';
import { changedPlaceOf } from '../../../src/ft/disk/place.ts';
import type { NumberedOutput } from '../../../src/ft/guest/units.ts';
import type { CommonEffect, HeldOutput } from '../../../src/ft/protocol/io.ts';
import type { Heartbeat, Message } from '../../../src/ft/protocol/message.ts';
import type { PairSettings } from '../../../src/ft/protocol/settings.ts';
import { decodeHeartbeat, encodeHeartbeat } from '../../../src/ft/protocol/wire.ts';
import { NodeImages } from '../disk/node-images.ts';
import { type Disk, OwnDisk, type OwnDiskParts } from '../disk/own-disk.ts';
import type { SimMachine } from '../guest/machine.ts';
import { NET } from '../guest/program.ts';
import type { LogName } from '../monitors/primary-log.ts';
import { Actor } from '../world/actor.ts';
import type { Connection } from '../world/connection.ts';
import type { Surroundings } from '../world/surroundings.ts';
import { DiskClient, type DiskOutput } from './disk-client.ts';
import type { GuestThread } from './guest-thread.ts';
import type { LiveSaid, Order } from './live-side.ts';
import { NodeClock } from './node-clock.ts';
import { Shield } from './shield.ts';

/** Jobs of the main thread take so long, microseconds. */
const JOB_US = 2;
/** From the main thread to the guest thread, microseconds. */
const BELL_US = 5;
/** The network is told again where the guest is, after so long: a late frame of the old host must not mislead it. */
const ANNOUNCE_AGAIN_US = [20_000, 100_000, 300_000];
const LATE_US = 3_000;

/** It serves with a backup or without, follows, waits for a primary, is none of these for now, or gone. */
export type Standing = 'protected' | 'alone' | 'following' | 'waiting' | 'undecided' | 'gone';

export interface NodeParts {
  readonly name: 'A' | 'B';
  readonly settings: PairSettings;
  readonly world: Surroundings;
  /** Seconds of this node's clock in a second, and where it began. */
  readonly drift: number;
  readonly clockStartMs: number;
}

/** The guest of a node, on its own thread. */
export type NodeGuest = Pick<GuestThread<never>, 'slowness' | 'share' | 'stop' | 'resume' | 'kill'> & {
  stalled: boolean;
  readonly machine: SimMachine | undefined;
  /** State digests compared while it replayed. */
  readonly digests?: number;
  give(input: Input): void;
  order(order: Order): void;
  flush(): void;
};

type NodeEffect = Exclude<CommonEffect<Message, Output>, { kind: 'send' | 'disconnect' | 'claim' | 'heartbeat' }>;

export abstract class Node {
  readonly name: 'A' | 'B';
  readonly settings: PairSettings;
  readonly main: Actor;
  readonly clock: NodeClock;
  readonly world: Surroundings;
  protected readonly disk: Disk;
  /** Where each side has an image of its own. */
  readonly images: NodeImages | undefined;
  readonly shield: Shield;
  #epoch: number;
  #final: string | undefined;
  /** Requests on their way to the disk client. */
  #submitting = 0;
  /** Of the host's main thread. */
  slowness = 1;
  /** Its recording cannot be written to any more. */
  logIsFull = false;

  constructor(parts: NodeParts) {
    const { name, settings, world } = parts;
    this.name = name;
    this.settings = settings;
    this.world = world;
    this.clock = new NodeClock(world.clockwork, parts.clockStartMs, parts.drift);
    this.#epoch = settings.epoch;
    this.main = new Actor(world.clockwork, () => JOB_US * this.slowness);
    this.shield = new Shield(this);
    const image = world.images?.[name];
    this.images =
      image &&
      new NodeImages(this, image, {
        near: (copy) => this.toGuest(() => this.guest?.order({ kind: 'imagesNear', copy })),
        slow: (copy) => this.shield.progress({ kind: 'copying', copy, slow: true, done: false }),
        giveUp: (copy) => this.shield.giveUp(copy),
        facts: () => ({ epoch: this.epoch, source: this.followed }),
      });
    const answered = (output: DiskOutput, status: number, data: Uint8Array): void => {
      world.probe(`${name}.disk.answered`);
      const { device, request } = output;
      if (world.options.reads && status !== 0 && output.operation.op === 'read') world.did('a read fails');
      world.hooks.diskReply?.(this.machine!, output, { kind: 'done', id: request, status, data });
      this.give({ kind: 'disk', device, request, status, data });
    };
    const arrived = (take: () => void): void => this.main.post(take);
    this.disk = image ? new OwnDisk({ image, world, arrived, done: answered }) : this.#client(arrived, answered);
    world.hub.attach(name, (frame) => {
      world.probe(`${name}.input.arrived`);
      this.main.post(() => this.give({ kind: 'packet', device: NET, frame }));
    });
  }

  #client(arrived: (take: () => void) => void, done: OwnDiskParts['done']): DiskClient {
    const { world, name, settings } = this;
    return new DiskClient({
      storage: world.storage,
      host: name,
      who: settings.who,
      epoch: () => this.#epoch,
      arrived,
      done,
      did: (what) => world.did(what),
    });
  }

  abstract get guest(): NodeGuest | undefined;
  /** Of its first core, for reports. */
  abstract get state(): string;
  abstract get standing(): Standing;
  /** Whether connections that are dialled come to it. */
  abstract get isListening(): boolean;
  abstract accept(connection: Connection): void;
  abstract connections(): Connection[];
  /** Whom it follows, and which of the copies. */
  protected abstract get followed(): LogName;
  protected abstract heartbeatOfPrimary(heartbeat: Heartbeat): void;
  /** A core has a deadline that has passed. */
  protected abstract get isDue(): boolean;
  protected abstract time(): void;
  protected abstract clockChanged(): void;

  get who(): string {
    return this.settings.who;
  }
  get machine(): SimMachine | undefined {
    return this.guest?.machine;
  }
  get alive(): boolean {
    return this.main.state !== 'dead';
  }
  /** Why it has stopped for good: 'off', 'lost', … */
  get final(): string | undefined {
    return this.#final;
  }
  /** Nothing that was given to the disk is under way. */
  get isAtRest(): boolean {
    return this.#submitting === 0 && this.disk.outstanding === 0;
  }
  get isGone(): boolean {
    return !this.alive || this.#final !== undefined;
  }
  /** Of a process that runs, and where the guest lives: what it tells of itself. */
  get living(): { readonly who: string; readonly epoch: number; readonly isProtected: boolean } | undefined {
    const { standing, who, epoch, main } = this;
    const lives = standing === 'protected' || standing === 'alone';
    return lives && main.state === 'running' ? { who, epoch, isProtected: standing === 'protected' } : undefined;
  }
  get epoch(): number {
    return this.#epoch;
  }
  set epoch(epoch: number) {
    this.#epoch = epoch;
    this.disk.raised();
  }

  /** To the guest thread, when it lives here. */
  give(input: Input): void {
    if (this.alive) this.guest?.give(input);
  }

  /** Its host is to be empty. False: it is no backup that its primary can let go. */
  leave(): boolean {
    return false;
  }

  heartbeatCame(bytes: Uint8Array, of: 'primary' | 'backup'): void {
    this.main.post(() => {
      let heartbeat: Heartbeat;
      try {
        heartbeat = decodeHeartbeat(bytes);
      } catch {
        this.world.did('damaged heartbeat dropped');
        return;
      }
      if (of === 'primary') this.heartbeatOfPrimary(heartbeat);
      else this.shield.link?.seat.handle({ kind: 'heartbeat', heartbeat });
    });
  }

  stop(): void {
    this.main.stop();
    this.guest?.stop();
  }
  /** Timers come before what arrived, or after it. */
  resume(): void {
    if (this.world.random.chance(0.5) && this.isDue) this.main.first(() => this.time());
    this.main.resume();
    this.guest?.resume();
  }
  /** Seconds of its clock in a second. */
  pace(rate: number): void {
    this.clock.rate = rate;
    this.clockChanged();
  }
  leap(ms: number): void {
    this.clock.leap(ms);
    this.clockChanged();
  }
  slow(factor: number): void {
    this.slowness = factor;
    if (this.guest !== undefined) this.guest.slowness = factor;
  }
  kill(vanish: boolean): void {
    if (!this.alive) return;
    this.main.kill();
    for (const connection of this.connections()) {
      const end = connection.endAt(this.name);
      if (vanish) connection.vanish(end);
      else connection.reset(end);
    }
    this.guest?.kill();
    // What it has recorded, for the monitors: its file may hold less.
    this.guest?.flush();
    this.world.gone(this);
  }

  /** What all cores want done alike. */
  carryOut(effect: NodeEffect): void {
    const { world } = this;
    switch (effect.kind) {
      case 'release':
        this.release(effect.output);
        return;
      case 'live':
        this.#epoch = effect.epoch;
        this.disk.raised();
        world.monitor.live(this.who);
        this.announce();
        for (const us of ANNOUNCE_AGAIN_US) this.#announceAgain(us);
        return;
      case 'halt':
        this.guest?.kill();
        this.#end(effect.why);
        world.monitor.halted(this.who, effect.why);
        return;
      case 'off':
        this.#end('off');
        world.monitor.off(this.who);
        return;
      case 'notice':
        if (effect.text.includes('waiting')) world.did('waits for the storage');
    }
  }

  sendHeartbeat(heartbeat: Heartbeat, of: 'primary' | 'backup'): void {
    const { world, name } = this;
    const other = name === 'A' ? 'B' : 'A';
    const bytes = encodeHeartbeat(heartbeat);
    world.network.datagram(name, other, bytes, (arrived) => world.node(other).heartbeatCame(arrived, of));
  }

  /** Asks the arbiter; `answer` is called in a job of the main thread. */
  claim(epoch: number, answer: (result: ClaimResult) => void): void {
    const { world, settings } = this;
    let settled = false;
    const settle = (result: ClaimResult): void => {
      if (settled) return;
      settled = true;
      const taken = world.hooks.claimResult?.(result) ?? result;
      world.did(`claim ${taken.kind}`);
      this.main.post(() => answer(taken));
    };
    if (world.hooks.announcesEarly === true) this.announce(true);
    if (world.majority === undefined) world.storage.claim(this.name, epoch, settings.who, settle);
    else {
      const isOpen = (): boolean => !settled && this.alive;
      world.majority.claim({ node: this.name, epoch, who: settings.who, isOpen, answer: settle });
    }
    world.clockwork.after(world.options.claimTimeoutUs, () => settle({ kind: 'unknown', reason: 'no answer' }));
  }

  /** Only who serves tells the network where the guest is. */
  announce(anyhow = false): void {
    if (this.standing !== 'alone' && this.standing !== 'protected' && !anyhow) return;
    this.world.monitor.announced(this.who);
    this.world.hub.fromHost(this.name, new Uint8Array(0));
  }

  /** Not when it comes too late: others may have the guest by then. */
  #announceAgain(us: number): void {
    const { clockwork } = this.world;
    const due = clockwork.now + us;
    clockwork.at(due, () =>
      this.main.post(() => {
        if (clockwork.now < due + LATE_US) this.announce();
      }),
    );
  }

  toGuest(run: () => void): void {
    this.world.clockwork.after(BELL_US, () => {
      if (this.alive) run();
    });
  }

  /** What the guest says that lives here: behind the state of a copy nothing is done before its images are whole. */
  protected heard(said: LiveSaid): void {
    if (said.kind === 'frame' && said.commit) this.images?.hold(said.copy);
    this.inLine(() => this.#heardNow(said));
  }

  /** Behind everything that the guest has said. */
  protected inLine(run: () => void): void {
    if (this.images === undefined) run();
    else this.images.after(run);
  }

  #heardNow(said: LiveSaid): void {
    switch (said.kind) {
      case 'frame':
        this.shield.frame(said);
        return;
      case 'reads':
        this.shield.reads(said);
        return;
      case 'copying':
        this.shield.progress(said);
        return;
      case 'quiet':
        this.shield.quiet(said.number);
        return;
      case 'direct':
        this.submit(said.output);
        return;
      case 'output': {
        const output = outputOf(said.numbered);
        if (!this.shield.output(output)) this.release(output);
      }
    }
  }

  release({ device, unit, payload }: HeldOutput<Output>): void {
    if (this.#final !== undefined && this.#final !== 'off') return;
    this.world.monitor.left(this.who, device, unit, payload);
    switch (payload.kind) {
      case 'packet':
        this.world.hub.fromHost(this.name, payload.frame);
        return;
      case 'disk':
        this.submit(payload);
        return;
      default:
    }
  }

  /** To the storage: with the main thread's next free moment, which may be late. */
  protected submit(output: Output): void {
    if (output.kind !== 'disk') return;
    this.#submitting++;
    this.main.post(() => {
      this.#submitting--;
      this.world.probe(`${this.name}.disk.submit`);
      if (this.alive && this.#final !== 'lost') this.disk.submit(output);
    });
  }

  #end(why: string): void {
    this.#final = why;
    this.world.gone(this);
  }
}

export const outputOf = ({ device, unit, output }: NumberedOutput): HeldOutput<Output> => ({
  device,
  unit,
  place: changedPlaceOf(output),
  payload: output,
});
