/**
 * Guest time: time = anchorTime + ((tick - anchorTick) * rate >> 24), units of 100 ns. The anchor is in the harts'
 * blocks, where engines compute `time` from it; here it is moved, and read on behalf of devices.
 *
 * Two origins: machine time counts from power on and is what sessions and the RTC speak of; hart time, which `time` and
 * mtime show, is machine time plus `offset`, what the guest added by writing mtime.
 */

import { maxOf } from '../../lib/bigint.ts';
import { NEVER } from '../cpu/hart-layout.ts';
import type { Plain } from '../devices/device.ts';
import type { HartBlock } from './hart-block.ts';
import type { MachineConfig } from './machine.ts';

const FRACTION_BITS = 24n;
/** Time units per tick: 10 ticks a unit, the nominal 100 MIPS, rounded up so that exactly 10 ticks make the unit. */
const NOMINAL_RATE = ((1n << FRACTION_BITS) + 9n) / 10n;

export type ClockState = { readonly offset: bigint };

export interface ClockPorts {
  /** Host time for `--clock exact`, machine time. */
  readonly ask: () => bigint;
  /** The anchor has moved: timers are to be looked at. */
  readonly moved: () => void;
}

export class GuestClock {
  readonly #harts: readonly HartBlock[];
  readonly #exact: boolean;
  readonly #ports: ClockPorts;
  #offset = 0n;

  /** Sets the clock's fields of every hart: time 0 at tick 0. */
  constructor(harts: readonly HartBlock[], mode: MachineConfig['clock'], ports: ClockPorts) {
    this.#harts = harts;
    this.#exact = mode === 'exact';
    this.#ports = ports;
    for (const hart of harts) {
      hart.set('rate', this.#exact ? 0n : NOMINAL_RATE);
      hart.set('exactClock', this.#exact ? 1n : 0n);
    }
  }

  get offset(): bigint {
    return this.#offset;
  }
  /** The anchor is saved with the harts. */
  save(): ClockState {
    return { offset: this.#offset };
  }
  restore(state: Plain): void {
    this.#offset = BigInt((state as ClockState).offset);
  }

  /** Hart time at the present tick. */
  get hartTime(): bigint {
    const [hart] = this.#harts;
    const ticks = hart!.get('tick') - hart!.get('anchorTick');
    return BigInt.asUintN(64, hart!.get('anchorTime') + ((ticks * hart!.get('rate')) >> FRACTION_BITS));
  }
  /** Machine time at the present tick. */
  get time(): bigint {
    return BigInt.asUintN(64, this.hartTime - this.#offset);
  }

  /** Moves the anchor to (this tick, machine time `time`). The exact clock keeps its rate of 0. */
  moveTo(time: bigint, rate = this.#harts[0]!.get('rate')): void {
    for (const hart of this.#harts) {
      hart.set('anchorTick', this.#harts[0]!.get('tick'));
      hart.set('anchorTime', BigInt.asUintN(64, time + this.#offset));
      hart.set('rate', this.#exact ? 0n : rate);
    }
    this.#ports.moved();
  }

  /** Hart time for the guest's reading of a device: under the exact clock it is asked of the host, once a tick. */
  read(): bigint {
    const [hart] = this.#harts;
    if (this.#exact && hart!.get('anchorTick') !== hart!.get('tick')) {
      this.moveTo(maxOf(this.time, this.#ports.ask()));
    }
    return this.hartTime;
  }

  /** The guest sets mtime. */
  setHartTime(value: bigint): void {
    const time = this.time;
    this.#offset = BigInt.asUintN(64, value - time);
    this.moveTo(time);
  }

  /** The first tick from the anchor on at which machine time reaches `time`; NEVER when that is out of reach. */
  dueTick(time: bigint): bigint {
    const [hart] = this.#harts;
    const rate = hart!.get('rate');
    const distance = time + this.#offset - hart!.get('anchorTime');
    if (distance <= 0n) return hart!.get('anchorTick');
    if (rate === 0n) return NEVER;
    const due = hart!.get('anchorTick') + ((distance << FRACTION_BITS) + rate - 1n) / rate;
    return due < NEVER ? due : NEVER;
  }
}
