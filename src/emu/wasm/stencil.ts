/**
 * A stencil: code for which some numbers are still to be filled in. It is recorded once and put into functions many
 * times, which is much cheaper than building its expressions again. What may be left open: constants, locals, callees,
 * and how far out two labels are that lie around it.
 */

import { ByteSink } from './bytes.ts';
import { encodeInstr, type FuncRef, type Instr } from './instr.ts';
import { opcode, type ValType } from './opcodes.ts';

/** What stands for an open number while a stencil is recorded, in place of a constant or of a local's index. */
export type Hole =
  | { readonly kind: 'value'; readonly name: string }
  | { readonly kind: 'local'; readonly name: string }
  | { readonly kind: 'temp'; readonly index: number }
  | { readonly kind: 'call'; readonly callee: string }
  /** `label`: 0 for the inner label, 1 for the outer one; `inside`: blocks of the stencil around the branch. */
  | { readonly kind: 'branch'; readonly label: number; readonly inside: number };

/** Fills a stencil's holes. */
export interface Filling {
  /** A 64-bit value, as a number where it is a safe integer, or modulo 2^64. */
  value(name: string): bigint | number;
  local(name: string): number;
  temp(index: number, type: ValType): number;
  call(callee: string): FuncRef;
  /** Depth of a label, from where the stencil stands. */
  branch(label: number): number;
}

const unexpected = (): never => {
  throw new Error('the stencil has a hole that nothing fills');
};
/** For stencils without holes. */
export const NOTHING_OPEN: Filling = {
  value: unexpected,
  local: unexpected,
  temp: unexpected,
  call: unexpected,
  branch: unexpected,
};

/** An instruction with a hole in it. */
export interface OpenInstr {
  readonly op: 'i64.const' | 'local.get' | 'local.set' | 'local.tee' | 'call' | 'br' | 'br_if';
  readonly hole: Hole;
  /** Of a branch: whether it is expected to be taken. */
  readonly likely?: boolean | undefined;
}
export type StencilPart = Instr | OpenInstr;

/** A hole between the bytes that are known, or a mark there; all of one form, as there are many to be filled. */
interface Gap {
  readonly at: number;
  /** What the sink is to remember of this place, where it is no hole. */
  readonly mark: number | undefined;
  readonly kind: Hole['kind'];
  readonly name: string;
  readonly index: number;
  readonly inside: number;
  readonly type: ValType;
}

export class Stencil {
  /** Types of the locals that it needs for itself. */
  readonly temps: readonly ValType[];
  /** Names of the functions that it calls. */
  readonly callees: readonly string[];
  readonly #parts: readonly StencilPart[];
  readonly #bytes: Uint8Array;
  readonly #gaps: readonly Gap[];

  constructor(parts: readonly StencilPart[], temps: readonly ValType[]) {
    this.#parts = parts;
    this.temps = temps;
    const calls = parts.flatMap((part) => ('hole' in part && part.hole.kind === 'call' ? [part.hole.callee] : []));
    this.callees = [...new Set(calls)];
    const sink = new ByteSink();
    const gaps: Gap[] = [];
    for (const part of parts) {
      if ('hole' in part) {
        if (part.likely !== undefined) sink.mark(part.likely ? 1 : 0);
        sink.byte(opcode[part.op]);
        gaps.push(gapOf(sink.length, part.hole, temps));
      } else {
        encodeInstr(sink, part);
      }
    }
    this.#bytes = sink.toBytes();
    const marks = sink.marks.map(({ at, value }) => ({ ...NO_HOLE, at, mark: value }));
    // A hole at the place of a mark is the end of the instruction before.
    this.#gaps = [...gaps, ...marks].toSorted((a, b) => a.at - b.at);
  }

  /** Writes the code with its holes filled. */
  encode(sink: ByteSink, filling: Filling): void {
    const gaps = this.#gaps;
    const bytes = this.#bytes;
    let done = 0;
    for (let i = 0; i < gaps.length; i++) {
      const gap = gaps[i] as Gap;
      sink.copy(bytes, done, gap.at);
      done = gap.at;
      if (gap.mark === undefined) encodeGap(sink, gap, filling);
      else sink.mark(gap.mark);
    }
    sink.copy(bytes, done, bytes.length);
  }

  /** The same as instructions, for reading. */
  instrs(filling: Filling): Instr[] {
    return this.#parts.map((part) => ('hole' in part ? fill(part, filling, this.temps) : part));
  }
}

const NO_HOLE: Gap = { at: 0, mark: undefined, kind: 'value', name: '', index: 0, inside: 0, type: 'i32' };

function gapOf(at: number, hole: Hole, temps: readonly ValType[]): Gap {
  const { kind } = hole;
  const gap: Gap = { ...NO_HOLE, at, kind };
  switch (kind) {
    case 'temp':
      return { ...gap, index: hole.index, type: temps[hole.index] as ValType };
    case 'call':
      return { ...gap, name: hole.callee };
    case 'branch':
      return { ...gap, index: hole.label, inside: hole.inside };
    default:
      return { ...gap, name: hole.name };
  }
}

function encodeGap(sink: ByteSink, { kind, name, index, inside, type }: Gap, filling: Filling): void {
  switch (kind) {
    case 'value':
      sink.signed64(filling.value(name));
      break;
    case 'local':
      sink.unsigned(filling.local(name));
      break;
    case 'temp':
      sink.unsigned(filling.temp(index, type));
      break;
    case 'call':
      sink.unsigned(filling.call(name).index);
      break;
    case 'branch':
      sink.unsigned(filling.branch(index) + inside);
  }
}

function fill({ op, hole, likely }: OpenInstr, filling: Filling, temps: readonly ValType[]): Instr {
  switch (hole.kind) {
    case 'value':
      return { op: 'i64.const', value: BigInt(filling.value(hole.name)) };
    case 'local':
      return { op, local: filling.local(hole.name) } as Instr;
    case 'temp':
      return { op, local: filling.temp(hole.index, temps[hole.index] as ValType) } as Instr;
    case 'call':
      return { op: 'call', func: filling.call(hole.callee) };
    case 'branch':
      return { op, depth: filling.branch(hole.label) + hole.inside, likely } as Instr;
  }
}
