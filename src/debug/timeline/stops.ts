/**
 * What a run over a recording may stop at, and what it stopped at.
 *
 * Time goes in transitions: that from tick `t` to `t + 1` takes the inputs of tick `t`, an interrupt if one is due, and
 * makes one step. A stop belongs to a transition, and going forwards or backwards ends on different sides of it:
 *
 *     kind                                     forwards     backwards
 *     breakpoint, input, interrupt             t            t         about to happen
 *     watchpoint, register, exception,
 *     syscall, privilege                       t + 1        t         has happened; has not happened yet
 *     console                                  t + 1        t + 1     the line is complete
 */

import type { Tick } from '../../lib/brands.ts';

/** Bytes of guest RAM. `write` counts when the value stays the same too; page walks by the hardware do not count. */
export interface Watchpoint {
  readonly pa: bigint;
  readonly length: number;
  readonly on: 'write' | 'read' | 'access';
}

/**
 * `input`: console, packet, disk, entropy or control, not the clock's anchors. `exception`: any but environment calls,
 * which are `syscall`, from whatever mode. `privilege`: the mode changes, by trap or return.
 */
export type StopEvent = 'input' | 'interrupt' | 'exception' | 'syscall' | 'privilege';

export interface StopRequests {
  /** Virtual addresses: the step that begins here is about to be made. */
  readonly breakpoints?: ReadonlySet<bigint>;
  readonly watchpoints?: readonly Watchpoint[];
  /** `pc`, `x1` … `x31`, `f0` … `f31` and the fields of hart-layout.ts: the value changes. */
  readonly registers?: readonly { readonly field: string }[];
  readonly events?: ReadonlySet<StopEvent>;
  /** A line of the terminal's console, without its end, matches. */
  readonly consoleMatch?: RegExp;
}

export type StopReason =
  | { readonly kind: 'breakpoint'; readonly pc: bigint }
  /** `pc`: of the instruction whose step accessed it; of the next one when an input brought it. */
  | { readonly kind: 'watchpoint'; readonly watch: Watchpoint; readonly pc: bigint }
  | { readonly kind: 'register'; readonly field: string }
  | { readonly kind: 'event'; readonly event: StopEvent; readonly detail: string }
  | { readonly kind: 'console'; readonly line: string };

/** `tick` is where the timeline is now. 'limit': nothing was met up to there. */
export type Stop = (StopReason | { readonly kind: 'limit' }) & { readonly tick: Tick };

/** A stop and where either direction ends at it. */
export interface Hit {
  readonly reason: StopReason;
  readonly forwards: Tick;
  readonly backwards: Tick;
}
