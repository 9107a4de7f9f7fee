/**
 * The in-door of a machine that lives on this host: what arrived from the main thread, the clock's anchors, and random
 * bits. It decides when, never what: order of arrival is kept for each device.
 *
 * Invariant: it blocks the thread only while every hart waits; before it does, everything said so far is out of this
 * thread (outputs in the ring, records in the file).
 */

import { Nondet } from '../../emu/isa/vocabulary.ts';
import type { Input, Output } from '../../emu/machine/events.ts';
import type { Machine } from '../../emu/machine/machine.ts';
import { minOf } from '../../lib/bigint.ts';
import { type Tick, tick } from '../../lib/brands.ts';
import type { OutputPort } from '../../session/gate.ts';
import { HostClock } from '../../session/host-clock.ts';
import type { Grant, InputSource, Moment } from '../../session/source.ts';
import { monotonicNs } from '../clock.ts';
import { type EntropySource, SEED_READ_BYTES } from '../entropy.ts';
import type { ConsoleQueue } from './console-queue.ts';
import { PacketQueue } from './packet-queue.ts';
import type { RingInputs } from './ring-ports.ts';

/**
 * With the virtual clock a run ends at multiples of this, so that what a slice's end decides is the same every time.
 */
const VIRTUAL_SLICE_TICKS = 1n << 16n;
const LONG_WAIT_NS = 200_000_000n;

/** What else the thread does. */
export interface ThreadWork {
  /** Called at the end of each slice, and before the thread blocks. `longWait`: it may block for long. */
  readonly between: (longWait: boolean) => void;
  /** There is other work for the thread: it does not block. */
  readonly busy?: () => boolean;
  /** Host time (monotonic, nanoseconds) of other work for the thread: it blocks no longer. */
  readonly dueNs?: () => bigint | undefined;
}

export interface LiveParts {
  readonly machine: Machine;
  readonly inputs: RingInputs;
  readonly consoles: ConsoleQueue;
  readonly entropy: Pick<EntropySource, 'bytes'>;
  readonly work: ThreadWork;
  /** Host time (monotonic, nanoseconds) at which guest time was what the machine says; now when left out. */
  readonly timeNs?: bigint;
  /** As in HostClockOptions. */
  readonly runTicks?: bigint;
}

export class LiveSource implements InputSource {
  readonly #parts: LiveParts;
  readonly #clock: HostClock;
  readonly #virtual: boolean;
  #work: ThreadWork;
  readonly #packets = new PacketQueue();
  #asked: (Output & { readonly kind: 'entropy' })[] = [];
  #idleNs = 0n;

  /** Guest time goes on from where the machine stands, or with `timeNs` from where it would stand by now. */
  constructor(parts: LiveParts) {
    const { machine, timeNs = monotonicNs(), runTicks = 0n } = parts;
    this.#parts = parts;
    this.#work = parts.work;
    this.#virtual = machine.config.clock === 'ticks';
    this.#clock = new HostClock({ mode: machine.config.clock, time: machine.time, hostNs: timeNs, runTicks });
  }

  /** Host time spent blocked, nanoseconds. */
  get idleNs(): bigint {
    return this.#idleNs;
  }

  /** From now on that is what else the thread does. */
  set work(work: ThreadWork) {
    this.#work = work;
  }

  /** Puts this source between a gate and the world's side: requests for random bytes are answered here. */
  answering(port: OutputPort): OutputPort {
    return {
      deliver: (output) => {
        if (output.kind === 'entropy') this.#asked.push(output);
        else port.deliver(output);
      },
    };
  }

  next(now: Moment): Grant | 'end' {
    this.#clock.measure(now, monotonicNs());
    this.#work.between(false);
    if (this.#parts.inputs.stopAsked || now.state === 'halted') return 'end';
    const arrived = this.#arrived(now);
    if (now.state === 'waiting' && arrived.length === 0) {
      this.#block(now);
      if (this.#parts.inputs.stopAsked) return 'end';
      arrived.push(...this.#arrived(now));
    }
    if (this.#parts.machine.operator?.suspended === true) return this.#standingStill(now, arrived);
    const { anchor, until } = this.#clock.plan(now, monotonicNs());
    return {
      inputs: anchor === undefined ? arrived : [anchor, ...arrived],
      until: this.#virtual ? sliceEnd(now.tick) : until,
    };
  }

  nondet(kind: number): bigint {
    if (kind === Nondet.time) return this.#clock.timeAt(monotonicNs());
    if (kind !== Nondet.seed) throw new Error(`a read of unknown kind ${kind}`);
    const [low, high] = this.#parts.entropy.bytes(SEED_READ_BYTES);
    return BigInt(low! | (high! << 8));
  }

  /** Of a suspended guest: its devices take what comes, its time stands still. */
  #standingStill(now: Moment, inputs: readonly Input[]): Grant {
    if (inputs.some(({ kind }) => kind === 'resume')) this.#clock.goOn(now.time, monotonicNs());
    return { inputs, until: sliceEnd(now.tick) };
  }

  #arrived(now: Moment): Input[] {
    const { inputs, consoles, machine, entropy } = this.#parts;
    const arrived: Input[] = this.#asked.map(({ device, request, length }) => ({
      kind: 'entropy',
      device,
      request,
      bytes: entropy.bytes(length),
    }));
    this.#asked = [];
    while (!this.#packets.isFull) {
      const input = inputs.take();
      if (input === undefined) break;
      if (input.kind === 'console') consoles.put(input.device, input.bytes);
      else if (input.kind === 'packet') this.#packets.put(input);
      else arrived.push(input);
    }
    arrived.push(...this.#packets.take((device) => this.#packetRoom(device, now)));
    arrived.push(...consoles.take((device) => machine.consoleRoom(device)));
    return arrived;
  }

  /** A guest that waits and has no buffer free makes none by itself: it gets the frames, and loses them. */
  #packetRoom(device: string, { state }: Moment): number | undefined {
    const room = this.#parts.machine.packetRoom(device);
    return room === 0 && state === 'waiting' ? undefined : room;
  }

  #block(now: Moment): void {
    const from = monotonicNs();
    const ns = this.#clock.waitNs(now, from);
    const dueNs = this.#work.dueNs?.();
    this.#work.between((ns === undefined || ns > LONG_WAIT_NS) && dueNs === undefined);
    if (this.#work.busy?.() === true) return;
    const until = ns === undefined ? undefined : from + ns;
    this.#parts.inputs.wait(until !== undefined && dueNs !== undefined ? minOf(until, dueNs) : (until ?? dueNs));
    this.#idleNs += monotonicNs() - from;
  }
}

function sliceEnd(now: Tick): Tick {
  return tick((now / VIRTUAL_SLICE_TICKS + 1n) * VIRTUAL_SLICE_TICKS);
}
