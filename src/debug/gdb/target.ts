/**
 * What the protocol needs of a recording: a view of the guest at the present moment, and movement in time. The gdb side
 * knows the guest by this alone.
 */

import type { Tick } from '../../lib/brands.ts';
import type { Pace } from '../timeline/pace.ts';
import type { Stop, StopRequests, Watchpoint } from '../timeline/stops.ts';

/**
 * Movement, as Timeline has it. Operations reject with Interrupted when the pace gives up; `now` is then some moment on
 * the way, and the guest's state is that of `now`.
 */
export interface TimeTravel {
  readonly now: Tick;
  readonly start: Tick;
  /** Last tick that the recording reaches. */
  readonly end: Tick;
  seek(to: Tick, pace?: Pace): Promise<void>;
  /** First stop after now, at most `limit` and never past the end, whatever the limit. */
  forward(stops: StopRequests, limit: Tick, pace?: Pace): Promise<Stop>;
  /** Last stop before now, not before `limit` and never before the start, whatever the limit. */
  backward(stops: StopRequests, limit: Tick, pace?: Pace): Promise<Stop>;
}

/** Bytes of guest RAM, by physical address. */
export type Range = Pick<Watchpoint, 'pa' | 'length'>;

export interface Register {
  readonly name: string;
  readonly group: 'cpu' | 'fpu' | 'csr' | 'virtual';
  readonly bits: 32 | 64;
}

/** The guest at the present moment. Reading leaves no trace in it. */
export interface GuestView {
  readonly harts: number;
  /** `cpu` are x0 to x31 and pc, in this order. */
  readonly registers: readonly Register[];
  /** Zero-extended. */
  readRegister(hart: number, name: string): bigint;
  /** As far as mapped. */
  readMemory(hart: number, va: bigint, length: number): Uint8Array;
  /** As far as it is RAM. */
  readPhysical(pa: bigint, length: number): Uint8Array;
  /** The bytes of RAM that a range of virtual addresses means now; undefined when not all of it is mapped to RAM. */
  physicalRanges(hart: number, va: bigint, length: number): readonly Range[] | undefined;
  /** `count_one+0x12`; undefined where no symbol is known. */
  nameOf(address: bigint): string | undefined;
  addressOf(symbol: string): bigint | undefined;
}

export interface DebugTarget extends TimeTravel, GuestView {
  /**
   * The hart has taken an interrupt and stands at the handler's first instruction, at a breakpoint; no step is made
   * since `now`. Any movement leaves that moment.
   */
  readonly entered: boolean;
  /** Back to the same tick without the interrupt. */
  leaveEntry(): void;
  /** Looks again how far a recording goes that is still written. */
  refresh(): void;
  /** Makes the present moment quick to come back to. */
  checkpoint(): Tick;
  /** How long going to any tick takes at most, in lines. */
  seekCostText(): string;
  /** Guest time now, nanoseconds since power on. */
  readonly elapsedNs: bigint;
  /** The last `count` events of the recording up to now, one line each, oldest first. */
  events(count: number): readonly string[];
}
