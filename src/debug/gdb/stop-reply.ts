/**
 * Why the guest stands where it stands, as gdb is told. gdb manual, "Stop Reply Packets".
 */

import type { Watchpoint } from '../timeline/stops.ts';

export type StopReason =
  /** A step is done, or nothing in particular: as after attaching. */
  | { readonly kind: 'step' }
  | { readonly kind: 'interrupted' }
  | { readonly kind: 'break'; readonly by: 'swbreak' | 'hwbreak' }
  /** `va`: of the object watched, as gdb gave it. */
  | { readonly kind: 'watch'; readonly on: Watchpoint['on']; readonly va: bigint }
  /** The recording goes no further in this direction. */
  | { readonly kind: 'no-history'; readonly at: 'begin' | 'end' };

const Signal = { int: '02', trap: '05' } as const;
const WATCH_WORDS = { write: 'watch', read: 'rwatch', access: 'awatch' } as const;

/** `registers`: `n:r;` pairs. gdb names threads from 1. */
export function stopReply(reason: StopReason, hart: number, registers: string): string {
  const signal = reason.kind === 'interrupted' ? Signal.int : Signal.trap;
  return `T${signal}${reasonText(reason)}thread:${threadOf(hart)};core:${hart.toString(16)};${registers}`;
}

export const threadOf = (hart: number): string => (hart + 1).toString(16);

function reasonText(reason: StopReason): string {
  switch (reason.kind) {
    case 'break':
      return `${reason.by}:;`;
    case 'watch':
      return `${WATCH_WORDS[reason.on]}:${reason.va.toString(16)};`;
    case 'no-history':
      return `replaylog:${reason.at};`;
    default:
      return '';
  }
}
