/**
 * What both nodes of a pair have in common: the main thread with its core, its clock, its end of the network, of the
 * arbiter and of the storage. Effects are carried out one by one, each a job of its own, so that a node can be stopped
 * or ended between any two; each job and each effect is a probe point.
 */

import type { Input, Output } from '../../../src/emu/machine/events.ts';
import type { ClaimResult } from '../../../src/ft/arbiter.ts';
import type { NumberedOutput } from '../../../src/ft/guest/units.ts';
import type { ChannelEvent, CommonEffect, CommonEvent, HeldOutput } from '../../../src/ft/protocol/io.ts';
import type { Heartbeat, Message } from '../../../src/ft/protocol/message.ts';
import type { PairSettings } from '../../../src/ft/protocol/settings.ts';
import { decodeHeartbeat, encodeHeartbeat } from '../../../src/ft/protocol/wire.ts';
import type { SimMachine } from '../guest/machine.ts';
import { NET } from '../guest/program.ts';
import { Actor } from '../world/actor.ts';
import type { Alarm } from '../world/clockwork.ts';
import type { Surroundings } from '../world/surroundings.ts';
import { Channels } from './channels.ts';
import type { Core } from './core.ts';
import { DiskClient } from './disk-client.ts';

/** Jobs of the main thread take so long, microseconds. */
const JOB_US = 2;
/** The network is told again where the guest is, after so long: a late frame of the old host must not mislead it. */
const ANNOUNCE_AGAIN_US = [20_000, 100_000, 300_000];

export interface NodeParts {
  readonly name: 'A' | 'B';
  readonly settings: PairSettings;
  readonly world: Surroundings;
  /** Seconds of this node's clock in a second, and where it began. */
  readonly drift: number;
  readonly clockStartMs: number;
}

type AnyEvent = CommonEvent | ChannelEvent<never> | { readonly kind: string };
type AnyEffect = CommonEffect<Message, Output> | { readonly kind: string };

export abstract class Node {
  readonly name: 'A' | 'B';
  readonly settings: PairSettings;
  readonly main: Actor;
  readonly world: Surroundings;
  protected readonly disk: DiskClient;
  readonly channels: Channels;
  protected abstract readonly core: Core<never, AnyEffect>;
  readonly #parts: NodeParts;
  #deadline: Alarm | undefined;
  #timeWanted = false;
  #epoch: number;
  #final: string | undefined;
  /** Of the host's main thread. */
  slowness = 1;

  constructor(parts: NodeParts) {
    const { name, settings, world } = parts;
    this.name = name;
    this.settings = settings;
    this.world = world;
    this.#parts = parts;
    this.#epoch = settings.epoch;
    this.main = new Actor(world.clockwork, () => JOB_US * this.slowness);
    this.channels = new Channels(name, this.main, world, (event) => this.handle(event));
    this.disk = new DiskClient({
      storage: world.storage,
      node: name,
      epoch: () => this.#epoch,
      arrived: (take) => this.main.post(take),
      done: (output, status, data) => {
        world.probe(`${name}.disk.answered`);
        const { device, request } = output;
        world.hooks.diskReply?.(this.machine!, output, { kind: 'done', id: request, status, data });
        this.give({ kind: 'disk', device, request, status, data });
      },
      did: (what) => world.did(what),
      racesFree: world.hooks.racesFree === true,
    });
    world.hub.attach(name, (frame) => {
      world.probe(`${name}.input.arrived`);
      this.main.post(() => this.give({ kind: 'packet', device: NET, frame }));
    });
  }

  abstract get machine(): SimMachine | undefined;
  /** To the guest thread, when it lives here. */
  abstract give(input: Input): void;
  protected abstract carryOut(effect: AnyEffect): void;

  get nowMs(): number {
    return this.#parts.clockStartMs + (this.world.clockwork.now * this.#parts.drift) / 1000;
  }
  get nowNs(): bigint {
    return BigInt(Math.floor(this.nowMs * 1e6));
  }
  get state(): string {
    return this.core.state;
  }
  get alive(): boolean {
    return this.main.state !== 'dead';
  }
  /** Why it has stopped for good: 'off', 'lost', … */
  get final(): string | undefined {
    return this.#final;
  }
  get epoch(): number {
    return this.#epoch;
  }

  /** In a job of the main thread: to the core, and what comes of it. */
  protected handle(event: AnyEvent): void {
    const { world } = this;
    world.probe(`${this.name}.on.${nameOf(event)}`);
    if (this.main.state === 'dead') return;
    const effects = this.core.handle(event as never, this.nowMs);
    for (let i = effects.length - 1; i >= 0; i--) {
      const effect = effects[i]!;
      this.main.again(() => this.#effect(effect));
    }
    this.#setDeadline();
  }

  post(event: AnyEvent): void {
    this.main.post(() => this.handle(event));
  }

  heartbeatCame(bytes: Uint8Array): void {
    this.main.post(() => {
      let heartbeat: Heartbeat;
      try {
        heartbeat = decodeHeartbeat(bytes);
      } catch {
        this.world.did('damaged heartbeat dropped');
        return;
      }
      this.handle({ kind: 'heartbeat', heartbeat });
    });
  }

  stop(): void {
    this.main.stop();
  }
  /** Timers come before what arrived, or after it. */
  resume(): void {
    if (this.world.random.chance(0.5) && this.core.deadline !== undefined && this.core.deadline <= this.nowMs)
      this.main.first(() => this.handle({ kind: 'time' }));
    this.main.resume();
  }
  slow(factor: number): void {
    this.slowness = factor;
  }
  kill(vanish: boolean): void {
    if (!this.alive) return;
    this.main.kill();
    this.channels.end(vanish);
  }

  /** What all nodes do alike; true when that was all. */
  protected common(effect: AnyEffect): boolean {
    const { world } = this;
    const known = effect as CommonEffect<Message, Output>;
    switch (known.kind) {
      case 'send':
        this.channels.send(known.connection, known.message);
        return true;
      case 'disconnect':
        this.channels.disconnect(known.connection, known.reason);
        return true;
      case 'heartbeat': {
        const other = this.name === 'A' ? 'B' : 'A';
        const bytes = encodeHeartbeat(known.heartbeat);
        world.network.datagram(this.name, other, bytes, (arrived) => world.node(other).heartbeatCame(arrived));
        return true;
      }
      case 'claim':
        this.#claim(known.epoch);
        return true;
      case 'release':
        this.release(known.output);
        return true;
      case 'live':
        this.#epoch = known.epoch;
        world.monitor.live(this.name);
        this.announce();
        for (const us of ANNOUNCE_AGAIN_US) world.clockwork.after(us, () => this.main.post(() => this.announce()));
        return true;
      case 'halt':
        this.#final = known.why;
        world.monitor.halted(this.name, known.why);
        return true;
      case 'off':
        this.#final = 'off';
        world.monitor.off(this.name);
        return true;
      case 'notice':
        if (known.text.includes('waiting')) world.did('waits for the storage');
        return true;
      default:
        return false;
    }
  }

  announce(): void {
    if (this.#final !== undefined) return;
    this.world.monitor.announced(this.name);
    this.world.hub.fromHost(this.name, new Uint8Array(0));
  }

  release({ device, unit, payload }: HeldOutput<Output>): void {
    if (this.#final !== undefined && this.#final !== 'off') return;
    this.world.monitor.left(this.name, device, unit, payload);
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
    this.main.post(() => {
      this.world.probe(`${this.name}.disk.submit`);
      if (this.alive && this.#final !== 'lost') this.disk.submit(output);
    });
  }

  protected outputOf({ device, unit, output }: NumberedOutput): HeldOutput<Output> {
    return { device, unit, payload: output };
  }

  #effect(effect: AnyEffect): void {
    const { world, name } = this;
    const what = nameOf(effect);
    world.trace.note(name, what);
    world.probe(`${name}.before.${what}`);
    if (this.main.state === 'dead') return;
    if (this.main.state === 'stopped') this.main.again(() => this.#effectNow(effect, what));
    else this.#effectNow(effect, what);
  }

  #effectNow(effect: AnyEffect, what: string): void {
    if (!this.common(effect)) this.carryOut(effect);
    this.world.probe(`${this.name}.after.${what}`);
  }

  #claim(epoch: number): void {
    const { world, settings } = this;
    let settled = false;
    const settle = (result: ClaimResult): void => {
      if (settled) return;
      settled = true;
      const taken = world.hooks.claimResult?.(result) ?? result;
      world.did(`claim ${taken.kind}`);
      this.post({ kind: 'claimed', epoch, result: taken });
    };
    if (world.hooks.announcesEarly === true) this.announce();
    world.storage.claim(this.name, epoch, settings.who, settle);
    world.clockwork.after(world.options.claimTimeoutUs, () => settle({ kind: 'unknown', reason: 'no answer' }));
  }

  #setDeadline(): void {
    const { deadline } = this.core;
    const at =
      deadline === undefined ? undefined : ((deadline - this.#parts.clockStartMs) * 1000) / this.#parts.drift + 0.01;
    if (this.#deadline?.run !== undefined && this.#deadline.time === at) return;
    this.#deadline?.cancel();
    if (at === undefined) return;
    this.#deadline = this.world.clockwork.at(at, () => {
      this.#deadline = undefined;
      if (this.#timeWanted) return;
      this.#timeWanted = true;
      this.main.post(() => {
        this.#timeWanted = false;
        this.handle({ kind: 'time' });
      });
    });
  }

  protected start(): void {
    this.#setDeadline();
    this.post({ kind: 'time' });
  }
}

/** For probes: the kind, and of a message its own kind too. */
function nameOf(what: { readonly kind: string; readonly message?: unknown; readonly output?: unknown }): string {
  const { kind, message, output } = what;
  if (message !== undefined) return `${kind}.${(message as Message).kind}`;
  if (output !== undefined) return `${kind}.${(output as HeldOutput<Output>).device}`;
  return kind;
}
