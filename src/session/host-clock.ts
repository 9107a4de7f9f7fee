/**
 * Makes guest time follow host time by few anchors. Pure: host time is an argument. Guest time is linear in ticks
 * between anchors; this decides where the next anchor goes, its rate, and how long a slice is.
 *
 *     target  = start + host time elapsed
 *     running: no anchor while guest time is within the tolerance of the target; else one at the present guest time,
 *              with the rate that meets the target CATCH_UP slices ahead at the speed measured
 *     after a wait, or far behind: an anchor at the target
 *
 * With clock 'ticks' there are no anchors; with 'exact' time stands still between them and the reads that are logged.
 *
 * Invariant: an anchor's time is never below the guest time at its tick. Design: time is piecewise linear.
 */

import type { Input } from '../emu/machine/events.ts';
import { type Tick, tick } from '../lib/brands.ts';
import type { Moment } from './source.ts';

/** Nanoseconds in a unit of guest time. */
const UNIT_NS = 100n;
const RATE_ONE = 1n << 24n;
/** Units of guest time that it may be off: 0.2 ms. */
const TOLERANCE = 2_000n;
/** Slices over which an error is made good. */
const CATCH_UP = 4n;
/** Behind by more than this (0.1 s; the host slept): time moves at once. */
const JUMP = 1_000_000n;
/** Rates and slices have this many significant bits: their records are short. */
const SIGNIFICANT_BITS = 7;
const MIN_SLICE_TICKS = 1 << 10;
const MAX_SLICE_TICKS = 1 << 26;
/** Share of a new measurement in the estimate of speed. */
const SMOOTHING = 0.25;

export interface HostClockOptions {
  readonly mode: 'host' | 'ticks' | 'exact';
  /** Guest time at `hostNs`. */
  readonly time: bigint;
  readonly hostNs: bigint;
  /** Host time a slice is to take; 1 ms when left out. */
  readonly sliceNs?: bigint;
  /** Whoever runs the machine asks for anchors no more often than this: they are to hold for so long. */
  readonly runTicks?: bigint;
}

export interface Plan {
  readonly anchor: (Input & { readonly kind: 'clock' }) | undefined;
  readonly until: Tick;
}

export class HostClock {
  readonly #mode: HostClockOptions['mode'];
  #startTime: bigint;
  #startNs: bigint;
  readonly #sliceNs: bigint;
  readonly #runTicks: number;
  #ticksPerSlice = 1 << 16;
  #anchored = false;
  #spanTick: bigint | undefined;
  #spanNs = 0n;

  constructor({ mode, time, hostNs, sliceNs = 1_000_000n, runTicks = 0n }: HostClockOptions) {
    this.#mode = mode;
    this.#startTime = time;
    this.#startNs = hostNs;
    this.#sliceNs = sliceNs;
    this.#runTicks = Number(runTicks);
  }

  /** Guest time that host time `hostNs` stands for. */
  timeAt(hostNs: bigint): bigint {
    return this.#startTime + (hostNs - this.#startNs) / UNIT_NS;
  }

  /** The guest has stood still by the operator's word, and its time with it: both go on from here. */
  goOn(time: bigint, hostNs: bigint): void {
    this.#startTime = time;
    this.#startNs = hostNs;
  }

  /** First thing when a run has come back: takes the speed down. */
  measure(now: Moment, hostNs: bigint): void {
    if (this.#spanTick === undefined) return;
    const ticks = Number(now.tick - this.#spanTick);
    const ns = Number(hostNs - this.#spanNs);
    this.#spanTick = undefined;
    // A span cut short by idleness or an early event says little about speed.
    if (ticks < this.#ticksPerSlice / 4 || ns <= 0) return;
    const measured = (ticks * Number(this.#sliceNs)) / ns;
    const smoothed = this.#ticksPerSlice + (measured - this.#ticksPerSlice) * SMOOTHING;
    this.#ticksPerSlice = Math.min(Math.max(smoothed, MIN_SLICE_TICKS), MAX_SLICE_TICKS);
  }

  /** How long a wait for input may last, nanoseconds; undefined: until there is some. */
  waitNs(now: Moment, hostNs: bigint): bigint | undefined {
    if (this.#mode === 'ticks' || now.nextTimer === undefined) return undefined;
    const due = (now.nextTimer - this.timeAt(hostNs)) * UNIT_NS;
    return due > 0n ? due : 0n;
  }

  /** Last thing before a grant. `now.state` 'waiting': the wait is over. */
  plan(now: Moment, hostNs: bigint): Plan {
    this.#spanTick = now.tick;
    this.#spanNs = hostNs;
    const ticks = significant(BigInt(Math.round(Math.max(this.#ticksPerSlice, this.#runTicks))));
    return { anchor: this.#anchor(now, this.timeAt(hostNs), ticks), until: tick(now.tick + ticks) };
  }

  #anchor(now: Moment, target: bigint, sliceTicks: bigint): Plan['anchor'] {
    if (this.#mode === 'ticks') return undefined;
    const behind = target - now.time;
    if (this.#mode === 'exact') return this.#exactAnchor(now, target);
    const jump = behind > 0n && (now.state === 'waiting' || behind > JUMP || !this.#anchored);
    const close = behind >= -TOLERANCE && behind <= TOLERANCE;
    if (this.#anchored && close && !jump) return undefined;
    this.#anchored = true;
    const slices = Math.max(1, this.#runTicks / this.#ticksPerSlice);
    const nominal = (CATCH_UP * BigInt(Math.round(slices * Number(this.#sliceNs)))) / UNIT_NS;
    const advance = jump ? nominal : clamp(nominal + behind, nominal / 4n, nominal * 4n);
    const rate = significant((advance * RATE_ONE) / (CATCH_UP * sliceTicks));
    return { kind: 'clock', time: jump ? target : now.time, rate };
  }

  /**
   * Time stands still between reads. An anchor brings the timer that waiting harts wait for; harts that run do not say
   * what is armed, so they get one in each slice.
   */
  #exactAnchor(now: Moment, target: bigint): Plan['anchor'] {
    const wanted = now.state === 'running' || (now.nextTimer !== undefined && target >= now.nextTimer);
    return wanted && target > now.time ? { kind: 'clock', time: target, rate: 0n } : undefined;
  }
}

const clamp = (value: bigint, low: bigint, high: bigint): bigint => {
  if (value < low) return low;
  return value > high ? high : value;
};

/** `value` with all but its highest bits cleared; at least 1. */
function significant(value: bigint): bigint {
  if (value <= 0n) return 1n;
  const drop = BigInt(Math.max(0, value.toString(2).length - SIGNIFICANT_BITS));
  return (value >> drop) << drop;
}
