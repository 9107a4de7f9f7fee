/**
 * Stencils of guest instructions: each row's body is compiled once for every pattern of its register operands, with
 * registers, immediates and the instruction's place left open, and then only filled in. Bodies that transfer control
 * are not among them: what follows them is not known here.
 */

import { extract, type Field, type OperandName } from '../../isa/format.ts';
import type { Operands, Proc } from '../../isa/vocabulary.ts';
import { type I64, i64Const, type Local, localGet } from '../../wasm/expr.ts';
import { FunctionBuilder } from '../../wasm/function.ts';
import type { Instr } from '../../wasm/instr.ts';
import type { ValType } from '../../wasm/opcodes.ts';
import { type Hole, type OpenInstr, Stencil, type StencilPart } from '../../wasm/stencil.ts';
import type { LinkedProc, Linker, Reg, WasmBinding } from '../compile/binding.ts';
import { Order } from '../compile/order.ts';
import { wasmSemantics } from '../compile/semantics.ts';
import type { GuestInsn } from './guest-insn.ts';
import { RegionFrame, registersInLocals } from './region-frame.ts';
import { regionLoad, regionStore } from './region-procs.ts';
import { REGION_TYPE } from './region-type.ts';

/** Local of the data context in every region: the first after the parameters. */
export const DATA_CONTEXT_LOCAL = REGION_TYPE.params.length;
/** While recording, registers are the next locals; those after them are temporaries. */
const FIRST_REGISTER = DATA_CONTEXT_LOCAL + 1;
const MAX_REGISTERS = 4;
const FIRST_TEMP = FIRST_REGISTER + MAX_REGISTERS;

/** A register operand of an instruction. */
export interface Slot {
  readonly file: 'x' | 'f';
  readonly index: number;
}
export interface StencilUse {
  readonly stencil: Stencil;
  /** The registers that the stencil calls r0, r1, … */
  readonly registers: readonly Slot[];
  /** Of its open operands. */
  readonly values: Readonly<Record<string, bigint>>;
}

/** Left open: any value gives code of the same shape. Others (a rounding mode, a CSR's number) decide about it. */
const OPEN_VALUES: ReadonlySet<OperandName> = new Set(['imm', 'shamt', 'uimm']);

export class Stencils {
  readonly #linker: Linker;
  readonly #known = new Map<string, Stencil>();
  readonly #uses = new WeakMap<GuestInsn, StencilUse>();

  /** `linker` knows the facts of procedures; its functions are called by name. */
  constructor(linker: Linker) {
    this.#linker = linker;
  }

  of(insn: GuestInsn): StencilUse {
    const known = this.#uses.get(insn) ?? this.#use(insn);
    this.#uses.set(insn, known);
    return known;
  }

  #use({ row, word }: GuestInsn): StencilUse {
    const registers: Slot[] = [];
    const values: Record<string, bigint> = {};
    const operands: Partial<Record<OperandName, Reg | I64>> = {};
    let key = row.name;
    for (const [name, field] of Object.entries(row.format) as [OperandName, Field][]) {
      const value = extract(field, word);
      if (field.kind !== 'value') {
        const place = canonical(registers, field.kind, value);
        operands[name] = { index: place };
        key += ` ${place}`;
      } else if (OPEN_VALUES.has(name)) {
        values[name] = BigInt(value);
        operands[name] = hole(name);
      } else {
        operands[name] = i64Const(value);
        key += ` ${value}`;
      }
    }
    const stencil = this.#known.get(key) ?? this.#record(row.body, operands as Operands<WasmBinding>);
    this.#known.set(key, stencil);
    return { stencil, registers, values };
  }

  #record(body: GuestInsn['row']['body'], operands: Operands<WasmBinding>): Stencil {
    const params = [...REGION_TYPE.params, ...Array.from({ length: FIRST_TEMP - 4 }, () => 'i64' as const)];
    const fn = new FunctionBuilder('stencil', () => 0, { params, results: [] });
    const order = new Order(fn);
    const register = (i: number): Local<'i64'> => registerLocals[i - 1] as Local<'i64'>;
    const registerLocals = Array.from({ length: MAX_REGISTERS }, (_, i) => fn.param(FIRST_REGISTER + i, 'i64'));
    const at = {
      hart: localGet(fn.param(0, 'i32')),
      left: fn.param(1, 'i64'),
      pc: fn.param(2, 'i64'),
      dataContext: fn.param(DATA_CONTEXT_LOCAL, 'i64'),
    };
    fn.block((stopped) =>
      fn.block((interrupted) => {
        const frame = new RegionFrame(
          order,
          at,
          { interrupted, stopped },
          registersInLocals(order, register, register),
          { regionLoad: this.#linker.link(regionLoad).func, regionStore: this.#linker.link(regionStore).func },
        );
        frame.begin({
          pc: hole('pc'),
          next: hole('next'),
          raw: hole('raw'),
          ahead: hole('ahead'),
          after: hole('after'),
        });
        body(wasmSemantics(order, frame, this.#linker), operands);
        frame.finish();
      }),
    );
    const inner = fn.instrs.slice(2, -2);
    return new Stencil(opened(inner), fn.localTypes as readonly ValType[]);
  }
}

/** Place of a register among those named so far, from 1; 0 for x0, which is not one. */
function canonical(registers: Slot[], file: 'x' | 'f', index: number): number {
  if (file === 'x' && index === 0) return 0;
  const known = registers.findIndex((slot) => slot.file === file && slot.index === index);
  return 1 + (known >= 0 ? known : registers.push({ file, index }) - 1);
}

/** A constant that is not known yet: nothing folds it. */
const hole = (name: string): I64 => ({
  type: 'i64',
  instr: { op: 'i64.const', hole: { kind: 'value', name } } as unknown as Instr,
  args: [],
});

function opened(instrs: readonly Instr[]): StencilPart[] {
  let inside = 0;
  return instrs.map((instr) => {
    if (instr.op === 'block' || instr.op === 'loop' || instr.op === 'if') inside += 1;
    if (instr.op === 'end') inside -= 1;
    const found = holeOf(instr, inside);
    return found === undefined ? instr : ({ op: instr.op, hole: found } as OpenInstr);
  });
}

function holeOf(instr: Instr, inside: number): Hole | undefined {
  if ('hole' in instr) return instr.hole as Hole;
  if ('local' in instr && instr.local >= FIRST_TEMP) return { kind: 'temp', index: instr.local - FIRST_TEMP };
  if ('local' in instr && instr.local >= FIRST_REGISTER)
    return { kind: 'local', name: `r${instr.local - FIRST_REGISTER}` };
  if (instr.op === 'call') return { kind: 'call', callee: instr.func.name };
  if ((instr.op === 'br' || instr.op === 'br_if') && instr.depth >= inside)
    return { kind: 'branch', label: instr.depth - inside, inside };
  return undefined;
}

/** Procedures by what they may do; their functions are only names. */
export class NamingLinker implements Linker {
  readonly layout: Linker['layout'];
  readonly core: Linker['core'];
  readonly #procs: ReadonlyMap<Proc, LinkedProc>;
  readonly bus: Linker['bus'];

  constructor(known: Pick<Linker, 'layout' | 'core'>, procs: ReadonlyMap<Proc, LinkedProc>) {
    this.layout = known.layout;
    this.core = known.core;
    this.#procs = procs;
    const codeWritten = {
      name: 'codeWritten',
      index: 0,
      type: { params: ['i32', 'i32'], results: [] },
    } as const;
    const none = { name: 'none', index: 0, type: { params: [], results: [] } } as const;
    this.bus = { has: none, load: none, store: none, nondet: none, codeWritten };
  }

  link(proc: Proc): LinkedProc {
    const linked = this.#procs.get(proc);
    if (linked === undefined) throw new Error(`no row of the interpreter calls ${proc.name}`);
    return linked;
  }
}
