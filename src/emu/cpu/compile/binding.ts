/**
 * The wasm binding of the vocabulary: values are i64 expressions, conditions i32, registers a static number or the byte
 * offset that a run-time operand gives. What differs between an instruction body and a procedure is a `Frame`.
 */

import type { FpFormat, FpOp, Proc, Width } from '../../isa/vocabulary.ts';
import type { I32, I64 } from '../../wasm/expr.ts';
import type { FuncRef } from '../../wasm/instr.ts';
import type { MemoryLayout } from '../memory-layout.ts';

/** A register operand: its number, or 8 times its number as an expression without effects. */
export type Reg = { readonly index: number } | { readonly offset: I32 };

export interface WasmBinding {
  readonly value: I64;
  readonly cond: I32;
  readonly reg: Reg;
}

/** Procedures that bindings call of themselves; see cpu/priv. */
export interface CoreProcs {
  readonly takeTrap: Proc;
  readonly loadSlow: Proc;
  readonly storeSlow: Proc;
  readonly amoTranslate: Proc;
  readonly softFloat: (op: FpOp, format: FpFormat) => Proc;
}

/** Functions that JavaScript lends to the module (host-imports.ts). */
export interface BusImports {
  readonly has: FuncRef;
  readonly load: FuncRef;
  readonly store: FuncRef;
  readonly nondet: FuncRef;
  /** (offset in RAM, bytes): these are about to be relied on no more, as they were written and code came from them. */
  readonly codeWritten: FuncRef;
  /** (physical address, bytes, Touch) -> 1 when a debugger watches them. */
  readonly watched: FuncRef;
}

/** What a body may do, found by compiling it; a caller prepares and looks accordingly. */
export interface Facts {
  /** A trap may be entered; the `trapped` field tells. */
  raises: boolean;
  /** The `pc` or `tick` field, or something outside that looks at them, is used. */
  syncs: boolean;
  /** Interrupt or translation state may change: `attention` or `exitRequest` tells. */
  attends: boolean;
  /** The `pc` field is written other than by a trap. */
  jumps: boolean;
}
export const noFacts = (): Facts => ({ raises: false, syncs: false, attends: false, jumps: false });

export interface LinkedProc {
  readonly func: FuncRef;
  readonly facts: Readonly<Facts>;
}
/** Gives the wasm function of a procedure, compiling it and what it calls on first use. */
export interface Linker {
  readonly layout: MemoryLayout;
  readonly core: CoreProcs;
  readonly bus: BusImports;
  link(proc: Proc): LinkedProc;
}

/** Where integer and floating-point registers live. */
export interface Registers {
  x(r: Reg): I64;
  setX(r: Reg, v: I64): void;
  f(r: Reg): I64;
  setF(r: Reg, v: I64): void;
}

/** The function that a body is being compiled into, as far as its meaning depends on it. */
export interface Frame {
  readonly facts: Facts;
  /** Host address of the hart. */
  readonly hart: I32;
  readonly registers: Registers;
  /** The `dataContext` field, from wherever it is at hand. */
  dataContext(): I64;
  pc(): I64;
  nextPc(): I64;
  insn(): I64;
  jump(target: I64): void;
  branch(condition: I32, target: I64): void;
  /** Brings the fields `pc` and `tick` up to date for whoever is called next. */
  sync(): void;
  /** The callee that has just returned has these facts, `raises` set aside. */
  returned(facts: Readonly<Facts>): void;
  /** Leaves the body; the trap has been entered. */
  abandon(): void;
  contextChanged(): void;
  ret(v: I64): void;
  /** What loads and stores call when the fast TLB has no answer; loadSlow and storeSlow when left out. */
  readonly slow?: SlowAccess;
}

/** A load gives its value zero-extended. */
export interface SlowAccess {
  load(va: I64, width: Width): I64;
  store(va: I64, width: Width, v: I64): void;
}
