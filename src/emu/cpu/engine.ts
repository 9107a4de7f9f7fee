/**
 * What an engine is: something that makes the steps of a hart in linear memory, exactly.
 *
 * At each step boundary, in this order: raise STIP/MTIP if the tick has reached `timerDue`; leave if `exitRequest` is
 * set or tick = untilTick; if the hart waits (WFI) and nothing enabled is pending, leave as idle; take an interrupt if
 * one is pending and enabled (no tick passes); then make one step (tick + 1, also when it traps).
 * Engines look at interrupts when `attention` is set, after `contextChanged`, at entry and at `timerDue`, which is when
 * anything about them can change; the result is the same as looking at every boundary.
 */

import type { HostAddr } from '../../lib/brands.ts';
import type { Width } from '../isa/vocabulary.ts';
import type { MemoryLayout } from './memory-layout.ts';

/**
 * Why `run` came back. `limit`: tick = untilTick; `idle`: the hart waits; `exit`: a device set exitRequest; `alert`:
 * the next step would do something that was asked for.
 */
export type ExitReason = 'limit' | 'idle' | 'exit' | 'alert';

/** Bytes of guest RAM. */
export interface Watched {
  readonly pa: bigint;
  readonly length: number;
  readonly on: 'read' | 'write' | 'access';
}
/** What a debugger wants to be called for, always before the step. */
export interface AlertRequests {
  /** Virtual addresses of instructions. */
  readonly breakpoints: ReadonlySet<bigint>;
  /** Accesses of instructions; also each store to a device, as that may let the device write to memory. */
  readonly memory: readonly Watched[];
  readonly traps: ReadonlySet<'interrupt' | 'exception' | 'syscall' | 'privilege'>;
}
export interface Alerts {
  /** Replaces what was asked for. */
  ask(requests: AlertRequests): void;
  /** Alerts are given only while armed; a run without them makes the step that an alert was about. */
  arm(on: boolean): void;
}

/** What a hart reaches outside linear memory. Addresses are guest physical, below 4 GiB. Values are zero-extended. */
export interface Bus {
  /** Whether a device answers at this address. */
  has(pa: number): boolean;
  load(pa: number, width: Width): bigint;
  store(pa: number, width: Width, value: bigint): void;
  /** A logged read (Nondet kinds). */
  nondet(kind: number): bigint;
}

export interface Engine {
  readonly name: 'interpreter' | 'reference' | 'translator';
  /** Makes steps of the hart at this address until its `untilTick` field, or less. */
  run(hart: HostAddr): ExitReason;
  /** Recomputes timerDue, STIP and MTIP after the anchor, mtimecmp or stimecmp changed from outside. */
  updateTimer(hart: HostAddr): void;
  /** Recomputes every `derived` field and the fast TLB arrays: after a restore or reset. */
  rederive(hart: HostAddr): void;
  /**
   * Brings `pageHash` up to date for dirty pages, clears their flag, and gives the digest of all RAM. Other fields of
   * state are digested by name elsewhere.
   */
  digestRam(): bigint;
  /** A device or a restore has changed bytes of a page of RAM, by number, that has PageFlag.code. */
  codeWritten(page: number): void;
  /** Left out where the engine gives no alerts. */
  readonly alerts?: Alerts;
}

export type EngineFactory = (memory: WebAssembly.Memory, layout: MemoryLayout, bus: Bus) => Engine;
