/**
 * The in-door of a simulated machine that lives: what has come for it, and the clock's anchors, as the host's live
 * source does it. Where that would block, this says 'starved': who drives the session waits in its place.
 */

import type { Input, Output } from '../../../src/emu/machine/events.ts';
import type { Machine } from '../../../src/emu/machine/machine.ts';
import { HostClock } from '../../../src/session/host-clock.ts';
import type { Grant, InputSource, Moment } from '../../../src/session/source.ts';
import type { Random } from '../world/random.ts';

export class SimLiveSource implements InputSource {
  readonly #nowNs: () => bigint;
  readonly #random: Random;
  readonly #clock: HostClock;
  #arrived: Input[] = [];
  #waitNs: bigint | undefined;

  constructor(machine: Machine, nowNs: () => bigint, random: Random, sliceNs: bigint) {
    this.#nowNs = nowNs;
    this.#random = random;
    this.#clock = new HostClock({ mode: 'host', time: machine.time, hostNs: nowNs(), sliceNs });
  }

  /** After 'starved': how long until the guest's timer is due; undefined: until something comes. */
  get waitNs(): bigint | undefined {
    return this.#waitNs;
  }

  put(input: Input): void {
    this.#arrived.push(input);
  }

  /** Random bytes are given here. */
  answer({ device, request, length }: Output & { readonly kind: 'entropy' }): void {
    this.put({ kind: 'entropy', device, request, bytes: this.#random.bytes(length) });
  }

  next(now: Moment): Grant | 'end' | 'starved' {
    const nowNs = this.#nowNs();
    this.#clock.measure(now, nowNs);
    if (now.state === 'halted') return 'end';
    if (now.state === 'waiting' && this.#arrived.length === 0) {
      this.#waitNs = this.#clock.waitNs(now, nowNs);
      if (this.#waitNs !== 0n) return 'starved';
    }
    const arrived = this.#arrived;
    this.#arrived = [];
    const { anchor, until } = this.#clock.plan(now, nowNs);
    return { inputs: anchor === undefined ? arrived : [anchor, ...arrived], until };
  }

  nondet(): bigint {
    return BigInt(this.#random.below(0x10000));
  }
}
