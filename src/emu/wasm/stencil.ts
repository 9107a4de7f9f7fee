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
  value(name: string): bigint;
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
}
export type StencilPart = Instr | OpenInstr;

export class Stencil {
  /** Types of the locals that it needs for itself. */
  readonly temps: readonly ValType[];
  /** Names of the functions that it calls. */
  readonly callees: readonly string[];
  readonly #parts: readonly StencilPart[];
  readonly #pieces: readonly (Uint8Array | OpenInstr)[];

  constructor(parts: readonly StencilPart[], temps: readonly ValType[]) {
    this.#parts = parts;
    this.temps = temps;
    const calls = parts.flatMap((part) => ('hole' in part && part.hole.kind === 'call' ? [part.hole.callee] : []));
    this.callees = [...new Set(calls)];
    this.#pieces = piecesOf(parts);
  }

  /** Writes the code with its holes filled. */
  encode(sink: ByteSink, filling: Filling): void {
    for (const piece of this.#pieces) {
      if (piece instanceof Uint8Array) {
        sink.append(piece);
      } else {
        sink.byte(opcode[piece.op]);
        encodeHole(sink, piece.hole, filling, this.temps);
      }
    }
  }

  /** The same as instructions, for reading. */
  instrs(filling: Filling): Instr[] {
    return this.#parts.map((part) => ('hole' in part ? fill(part, filling, this.temps) : part));
  }
}

function piecesOf(parts: readonly StencilPart[]): (Uint8Array | OpenInstr)[] {
  const pieces: (Uint8Array | OpenInstr)[] = [];
  let sink = new ByteSink();
  const close = (): void => {
    if (sink.length > 0) pieces.push(sink.toBytes());
    sink = new ByteSink();
  };
  for (const part of parts) {
    if ('hole' in part) {
      close();
      pieces.push(part);
    } else {
      encodeInstr(sink, part);
    }
  }
  close();
  return pieces;
}

function encodeHole(sink: ByteSink, hole: Hole, filling: Filling, temps: readonly ValType[]): void {
  switch (hole.kind) {
    case 'value':
      sink.signed64(filling.value(hole.name));
      break;
    case 'local':
      sink.unsigned(filling.local(hole.name));
      break;
    case 'temp':
      sink.unsigned(filling.temp(hole.index, temps[hole.index] as ValType));
      break;
    case 'call':
      sink.unsigned(filling.call(hole.callee).index);
      break;
    case 'branch':
      sink.unsigned(filling.branch(hole.label) + hole.inside);
  }
}

function fill({ op, hole }: OpenInstr, filling: Filling, temps: readonly ValType[]): Instr {
  switch (hole.kind) {
    case 'value':
      return { op: 'i64.const', value: filling.value(hole.name) };
    case 'local':
      return { op, local: filling.local(hole.name) } as Instr;
    case 'temp':
      return { op, local: filling.temp(hole.index, temps[hole.index] as ValType) } as Instr;
    case 'call':
      return { op: 'call', func: filling.call(hole.callee) };
    case 'branch':
      return { op, depth: filling.branch(hole.label) + hole.inside } as Instr;
  }
}
