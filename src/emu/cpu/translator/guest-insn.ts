/**
 * Guest instructions as the translator sees them: what an instruction word says by itself, wherever it stands. All of
 * it is derived from the instruction table, once for each word that is met.
 */

import { extract, type Field } from '../../isa/format.ts';
import type { Insn } from '../../isa/insn.ts';
import { type Recording, type RegisterOperand, recordBody } from '../../isa/recorder.ts';
import { decode, expandCompressed, isWide } from '../../isa/table.ts';
import { constantTarget, type Word } from './constant-target.ts';

export interface GuestInsn extends Word {
  readonly flow: Flow;
  readonly registers: RegisterSets;
}

/**
 * Where control goes after an instruction; targets by their distance from it in bytes. `link`: the return address goes
 * to x1 or x5, which makes it a call by the manual's hint. `stop`: it traps, or changes what the next step depends on.
 */
export type Flow =
  | { readonly kind: 'next' }
  | { readonly kind: 'jump'; readonly distance: number; readonly link: boolean }
  | { readonly kind: 'branch'; readonly distance: number }
  | { readonly kind: 'dynamic'; readonly link: boolean; readonly isReturn: boolean }
  | { readonly kind: 'stop' };

/** Sets of registers: bit i is register i; x0 is in none. */
export interface RegisterSets {
  readonly xReads: number;
  readonly xWrites: number;
  readonly fReads: number;
  readonly fWrites: number;
}

const NEXT: Flow = { kind: 'next' };
const STOP: Flow = { kind: 'stop' };

const recordings = new Map<Insn, Recording>();
function recordingOf(row: Insn): Recording {
  const known = recordings.get(row) ?? recordBody(row.body);
  recordings.set(row, known);
  return known;
}

/** By what is in memory; forgotten when it has grown. */
let known = new Map<number, GuestInsn | undefined>();
const MAX_KNOWN = 1 << 16;

/** `upper` gives the second halfword of a long instruction. Undefined for what no row claims. */
export function decodeGuest(low: number, upper: () => number): GuestInsn | undefined {
  const raw = isWide(low) ? (low | (upper() << 16)) >>> 0 : low;
  const found = known.get(raw);
  if (found !== undefined) return found;
  if (known.size >= MAX_KNOWN) known = new Map();
  const made = describe(raw);
  known.set(raw, made);
  return made;
}

function describe(raw: number): GuestInsn | undefined {
  const wide = isWide(raw);
  const word = wide ? raw : expandCompressed(raw);
  const row = word === 0 ? undefined : decode(word);
  if (row === undefined) return undefined;
  const insn = { length: wide ? 4 : 2, raw, word, row } as const;
  return { ...insn, flow: flowOf(insn), registers: registersOf(insn) };
}

type Bare = Omit<GuestInsn, 'flow' | 'registers'>;

function flowOf(insn: Bare): Flow {
  const { words } = recordingOf(insn.row);
  if (words.has('contextChanged') || words.has('alwaysRaise')) return STOP;
  if (words.has('branch')) {
    const distance = constantTarget(insn);
    return distance === undefined ? STOP : { kind: 'branch', distance };
  }
  if (!words.has('jump')) return NEXT;
  const link = isLinkRegister(registerOf(insn, 'rd'));
  const distance = constantTarget(insn);
  if (distance !== undefined) return { kind: 'jump', distance, link };
  return { kind: 'dynamic', link, isReturn: !link && isLinkRegister(registerOf(insn, 'rs1')) };
}

const isLinkRegister = (register: number | undefined): boolean => register === 1 || register === 5;

function registerOf({ row, word }: Bare, operand: RegisterOperand): number | undefined {
  const field: Field | undefined = row.format[operand];
  return field === undefined ? undefined : extract(field, word);
}

function registersOf(insn: Bare): RegisterSets {
  const { xReads, xWrites, fReads, fWrites } = recordingOf(insn.row);
  const bits = (operands: ReadonlySet<RegisterOperand>): number => {
    let set = 0;
    for (const operand of operands) set |= 1 << (registerOf(insn, operand) ?? 0);
    return set;
  };
  return { xReads: bits(xReads) & ~1, xWrites: bits(xWrites) & ~1, fReads: bits(fReads), fWrites: bits(fWrites) };
}
