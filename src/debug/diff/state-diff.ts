/**
 * In what the states of two boards differ, by name: registers, devices field by field, bytes of RAM, and what else is
 * machine state (the clock's anchor, the TLB's entries, which a guest can see by what they still map).
 */

import { TLB_ENTRIES } from '../../emu/cpu/hart-layout.ts';
import type { Plain } from '../../emu/devices/device.ts';
import { fNames, xNames } from '../../emu/isa/register-names.ts';
import type { Board } from '../../emu/machine/board.ts';
import { saveHart } from '../../emu/machine/snapshot.ts';
import { compareMemory, type MemoryDifference } from './memory-diff.ts';
import { comparePlain, type PlainDifference } from './plain-diff.ts';

/**
 * 'register': what code reads and writes: pc, privilege, integer and floating-point registers, CSRs. 'clock': where
 * guest time stands. 'hart': the rest of a hart (a reservation, waiting).
 */
export interface RegisterDifference {
  readonly kind: 'register' | 'clock' | 'hart';
  readonly hart: number;
  /** ABI names and the manual's. */
  readonly name: string;
  readonly a: bigint;
  readonly b: bigint;
}

/** Entries of a translation buffer that are not alike. */
export interface TlbDifference {
  readonly hart: number;
  readonly tlb: 'fetch' | 'load' | 'store';
  readonly entries: number;
}

export interface StateDifference {
  readonly registers: readonly RegisterDifference[];
  readonly tlb: readonly TlbDifference[];
  /** Paths begin with the device's name; 'halt' is whether and how the machine has stopped. */
  readonly devices: readonly PlainDifference[];
  readonly memory: MemoryDifference;
}

const CLOCK: ReadonlySet<string> = new Set(['anchorTick', 'anchorTime', 'rate', 'exactClock', 'tick']);
const HART: ReadonlySet<string> = new Set(['reservation', 'waiting', 'superpageLow', 'superpageHigh', 'lines']);

type HartState = { readonly [field: string]: Plain };

/** Whether the states are equal; by digests, dear parts last. */
export function sameState(a: Board, b: Board): boolean {
  return a.digest('small') === b.digest('small') && a.engine.digestRam() === b.engine.digestRam();
}

export function compareStates(a: Board, b: Board): StateDifference {
  const memory = compareMemory(a, b);
  const [x, y] = [a.save(), b.save()];
  const harts = x.harts.flatMap((hart, i) => (y.harts[i] === undefined ? [] : [[hart, y.harts[i]] as const]));
  return {
    registers: harts.flatMap(([p, q], hart) => registersOf(hart, p, q)),
    tlb: harts.flatMap(([p, q], hart) => compareTlbs(hart, p, q)),
    devices: [...comparePlain(x.halt, y.halt, 'halt'), ...comparePlain(x.devices, y.devices, '')],
    memory,
  };
}

/** The harts' registers alone: cheap. */
export function compareRegisters(a: Board, b: Board): RegisterDifference[] {
  return a.harts.flatMap((hart, i) =>
    b.harts[i] === undefined ? [] : registersOf(i, saveHart(hart), saveHart(b.harts[i])),
  );
}

/** In the order of a snapshot, pc first. */
function registersOf(hart: number, a: HartState, b: HartState): RegisterDifference[] {
  return Object.keys(a).flatMap((field) => {
    const [x, y] = [a[field], b[field]];
    if (typeof x !== 'bigint' || typeof y !== 'bigint' || x === y) return [];
    const kind = CLOCK.has(field) ? 'clock' : HART.has(field) ? 'hart' : 'register';
    return [{ kind, hart, name: registerName(field), a: x, b: y } as const];
  });
}

/** `x10` -> `a0`; others keep their name. */
function registerName(field: string): string {
  const [, file, number] = /^([xf])(\d+)$/.exec(field) ?? [];
  if (file === undefined) return field;
  return (file === 'x' ? xNames : fNames)[Number(number)]!;
}

function compareTlbs(hart: number, a: HartState, b: HartState): TlbDifference[] {
  return (['fetch', 'load', 'store'] as const).flatMap((tlb) => {
    const [tags, pages] = [`${tlb}TlbTags`, `${tlb}TlbPages`];
    let entries = 0;
    for (let entry = 0; entry < TLB_ENTRIES; entry++) {
      const alike = sameSlice(a[tags], b[tags], entry, 8) && sameSlice(a[pages], b[pages], entry, 4);
      if (!alike) entries++;
    }
    return entries === 0 ? [] : [{ hart, tlb, entries }];
  });
}

function sameSlice(a: Plain | undefined, b: Plain | undefined, index: number, bytes: number): boolean {
  if (!(a instanceof Uint8Array && b instanceof Uint8Array)) return a === b;
  for (let at = index * bytes; at < (index + 1) * bytes; at++) if (a[at] !== b[at]) return false;
  return true;
}
