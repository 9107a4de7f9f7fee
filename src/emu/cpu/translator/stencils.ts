/**
 * Stencils of guest instructions: each row's body is compiled once for every pattern of its register operands, with
 * registers, immediates and the instruction's place left open, and then only filled in. Whether a branch is taken is
 * left on the stack, where a jump by register goes in a local; after an instruction that ends the stretch, control has
 * gone.
 */

import { extract, type Field, type OperandName } from '../../isa/format.ts';
import type { Insn } from '../../isa/insn.ts';
import { recordBody } from '../../isa/recorder.ts';
import type { Operands, Proc } from '../../isa/vocabulary.ts';
import { type I64, i32Const, i64Const, type Local, localGet } from '../../wasm/expr.ts';
import { isSignExtended } from '../../wasm/fold.ts';
import { FunctionBuilder } from '../../wasm/function.ts';
import type { Instr } from '../../wasm/instr.ts';
import { i32, i64 } from '../../wasm/numeric.ts';
import type { ValType } from '../../wasm/opcodes.ts';
import { shorten } from '../../wasm/peephole.ts';
import { type Hole, type OpenInstr, Stencil, type StencilPart } from '../../wasm/stencil.ts';
import type { LinkedProc, Linker, Reg, Registers, WasmBinding } from '../compile/binding.ts';
import { hartOf } from '../compile/hart-state.ts';
import { Order } from '../compile/order.ts';
import { wasmSemantics } from '../compile/semantics.ts';
import { csrWrite } from '../priv/procs.ts';
import { FloatState, floatState, whereDirty, whereSteady } from './float-state.ts';
import type { GuestInsn } from './guest-insn.ts';
import { RegionFrame, registersInLocals } from './region-frame.ts';
import { regionLoad, regionStore } from './region-procs.ts';
import { REGION_TYPE } from './region-type.ts';

/** Locals of every region: the first ones after the parameters. */
export const DATA_CONTEXT = REGION_TYPE.params.length;
export const FLOAT_STATE = DATA_CONTEXT + 1;
export const FLOW_TARGET = DATA_CONTEXT + 2;
/** While recording, registers are the next locals, x0 left out; those after them are temporaries. */
const MAX_REGISTERS = 4;
const FIRST_REGISTER = { x: FLOW_TARGET + 1, f: FLOW_TARGET + 1 + MAX_REGISTERS } as const;
const FIRST_TEMP = FIRST_REGISTER.f + MAX_REGISTERS;
const PARAMS: readonly ValType[] = [
  ...REGION_TYPE.params,
  'i64',
  'i32',
  'i64',
  ...Array.from({ length: MAX_REGISTERS }, () => 'i64' as const),
  ...Array.from({ length: MAX_REGISTERS }, () => 'f64' as const),
];

export interface StencilUse {
  readonly stencil: Stencil;
  /** The integer that it writes, and always does, is sign-extended from 32 bits. */
  readonly givesNarrow: boolean;
  /** The registers that the stencil calls x0, x1, … and f0, f1, …, by number. */
  readonly registers: { readonly x: readonly number[]; readonly f: readonly number[] };
  /** Of its open operands. */
  readonly values: Readonly<Record<string, number>>;
}

type Recorded = Pick<StencilUse, 'stencil' | 'givesNarrow'>;

/** Left open: any value gives code of the same shape. Others (a rounding mode, a CSR's number) decide about it. */
const OPEN_VALUES: ReadonlySet<OperandName> = new Set(['imm', 'shamt', 'uimm']);

export class Stencils {
  readonly #linker: Linker;
  readonly #known = new Map<string, Recorded>();
  readonly #uses = new WeakMap<GuestInsn, StencilUse>();
  readonly #narrowUses = new WeakMap<GuestInsn, StencilUse>();

  /** `linker` knows the facts of procedures; its functions are called by name. */
  constructor(linker: Linker) {
    this.#linker = linker;
  }

  /** `isNarrow`: all integers that it reads are known to be sign-extended from 32 bits. */
  of(insn: GuestInsn, isNarrow = false): StencilUse {
    let plain = this.#uses.get(insn);
    if (plain === undefined) {
      plain = this.#use(insn, false);
      this.#uses.set(insn, plain);
    }
    const { xReads, xWrites } = insn.registers;
    return isNarrow && !plain.givesNarrow && xReads !== 0 && xWrites !== 0 ? this.#narrow(insn, plain) : plain;
  }

  #narrow(insn: GuestInsn, plain: StencilUse): StencilUse {
    const known = this.#narrowUses.get(insn);
    if (known !== undefined) return known;
    const narrow = this.#use(insn, true);
    const chosen = narrow.givesNarrow ? narrow : plain;
    this.#narrowUses.set(insn, chosen);
    return chosen;
  }

  #use({ row, word }: GuestInsn, isNarrow: boolean): StencilUse {
    const registers = { x: [], f: [] };
    const values: Record<string, number> = {};
    const operands = rowOperandsOf(row);
    // What decides about the code: the pattern of the registers, and the values that are not left open.
    const decisive: number[] = [];
    let key = isNarrow ? `narrow ${row.name}` : row.name;
    for (const { name, kind, field } of operands) {
      const value = extract(field, word);
      if (kind === 'open') {
        values[name] = value;
        continue;
      }
      const decides = kind === 'fixed' || (kind === 'x' && value === 0) ? value : canonical(registers[kind], value);
      decisive.push(decides);
      key += ` ${decides}`;
    }
    let recorded = this.#known.get(key);
    if (recorded === undefined) {
      recorded = this.#record(row, described(operands, decisive), isNarrow);
      this.#known.set(key, recorded);
    }
    return { stencil: recorded.stencil, givesNarrow: recorded.givesNarrow, registers, values };
  }

  #record(row: Insn, operands: Operands<WasmBinding>, isNarrow: boolean): Recorded {
    const fn = new FunctionBuilder('stencil', () => 0, { params: PARAMS, results: [] });
    const order = new Order(fn);
    const at = {
      hart: hartOf(fn, this.#linker.layout),
      left: fn.param(1, 'i64'),
      pc: fn.param(2, 'i64'),
      dataContext: fn.param(DATA_CONTEXT, 'i64'),
    };
    const x = Array.from({ length: MAX_REGISTERS }, (_, i) => fn.param(FIRST_REGISTER.x + i, 'i64'));
    const f = Array.from({ length: MAX_REGISTERS }, (_, i) => fn.param(FIRST_REGISTER.f + i, 'f64'));
    const plain = registersInLocals(
      order,
      (i) => x[i - 1] as Local<'i64'>,
      (i) => f[i - 1] as Local<'f64'>,
    );
    let givesNarrow = false;
    const registers: Registers = {
      ...plain,
      x: (r) => (isNarrow ? i64.extend_i32_s(i32.wrap_i64(plain.x(r))) : plain.x(r)),
      setX: (r, v) => {
        givesNarrow = isSignExtended(v);
        plain.setX(r, v);
      },
    };
    const funcs = { regionLoad: this.#linker.link(regionLoad).func, regionStore: this.#linker.link(regionStore).func };
    fn.block((stopped) =>
      fn.block((interrupted) => {
        const frame = new RegionFrame(order, at, { interrupted, stopped }, registers, funcs);
        frame.begin(OPEN_PLACE);
        this.#body(row, operands, frame, order);
        this.#onward(row, frame, fn);
      }),
    );
    const code = fn.instrs.slice(2, -2);
    // Where control parts the register may not have been written.
    const isStraight = !code.some(({ op }) => op === 'block' || op === 'loop' || op === 'if');
    return { stencil: new Stencil(...opened(code, fn.localTypes)), givesNarrow: isStraight && givesNarrow };
  }

  #onward({ body }: Insn, frame: RegionFrame, fn: FunctionBuilder): void {
    const onward = frame.finish();
    const { words, xReads } = recordBody(body);
    if (words.has('contextChanged') || words.has('alwaysRaise')) frame.stop();
    else if (onward?.condition !== undefined) fn.emit(onward.condition);
    else if (onward !== undefined && xReads.size > 0) fn.set(fn.param(FLOW_TARGET, 'i64'), onward.target);
  }

  #body(row: Insn, operands: Operands<WasmBinding>, frame: RegionFrame, order: Order): void {
    const { fn } = order;
    const semantics = wasmSemantics(order, frame, this.#linker);
    const { words, fReads, fWrites, calls } = recordBody(row.body);
    const state = fn.param(FLOAT_STATE, 'i32');
    const look = (): void => fn.set(state, floatState(frame.hart));
    if (words.has('fp')) {
      fn.if(
        i32.eq(localGet(state), i32Const(FloatState.steady)),
        () => row.body(whereSteady(semantics, order), operands),
        () => {
          row.body(semantics, operands);
          look();
        },
        true,
      );
    } else if (fReads.size + fWrites.size > 0) {
      fn.if(i32.eqz(localGet(state)), () => frame.giveUp(), undefined, false);
      row.body(whereDirty(semantics), operands);
    } else {
      row.body(semantics, operands);
      if (calls.has(csrWrite)) look();
    }
    order.finish();
  }
}

const OPEN_PLACE = { pc: hole('pc'), next: hole('next'), raw: hole('raw'), ahead: hole('ahead'), after: hole('after') };

/** An operand of a row: a register, a value of which any gives the same code, or one that decides about it. */
interface RowOperand {
  readonly name: OperandName;
  readonly field: Field;
  readonly kind: 'x' | 'f' | 'open' | 'fixed';
}
const knownOperands = new Map<Insn, readonly RowOperand[]>();
function rowOperandsOf(row: Insn): readonly RowOperand[] {
  const known = knownOperands.get(row);
  if (known !== undefined) return known;
  const made = (Object.entries(row.format) as [OperandName, Field][]).map(([name, field]): RowOperand => {
    if (field.kind !== 'value') return { name, field, kind: field.kind };
    return { name, field, kind: OPEN_VALUES.has(name) ? 'open' : 'fixed' };
  });
  knownOperands.set(row, made);
  return made;
}

/** `decisive`: the number of each operand that is not open, in order. */
function described(operands: readonly RowOperand[], decisive: readonly number[]): Operands<WasmBinding> {
  const numbers = decisive.values();
  const next = (): number => numbers.next().value as number;
  const operandOf = ({ name, kind }: RowOperand): Reg | I64 => {
    if (kind === 'open') return hole(name);
    return kind === 'fixed' ? i64Const(next()) : { index: next() };
  };
  return Object.fromEntries(operands.map((operand) => [operand.name, operandOf(operand)])) as never;
}

/** Place of a register among those named so far, from 1. */
function canonical(registers: number[], index: number): number {
  const known = registers.indexOf(index);
  return 1 + (known >= 0 ? known : registers.push(index) - 1);
}

/** A constant that is not known yet: nothing folds it. */
function hole(name: string): I64 {
  return { type: 'i64', instr: { op: 'i64.const', hole: { kind: 'value', name } } as unknown as Instr, args: [] };
}

/** The parts of a stencil and the types of its temporaries, from code that uses those and perhaps others. */
function opened(code: readonly Instr[], types: readonly ValType[]): [StencilPart[], ValType[]] {
  const instrs = shorten(code, (local) => local >= FIRST_TEMP);
  const used = new Set(instrs.flatMap((instr) => ('local' in instr && instr.local >= FIRST_TEMP ? [instr.local] : [])));
  const temps = [...used].toSorted((a, b) => a - b);
  let inside = 0;
  const parts = instrs.map((instr): StencilPart => {
    if (instr.op === 'block' || instr.op === 'loop' || instr.op === 'if') inside += 1;
    if (instr.op === 'end') inside -= 1;
    const found = holeOf(instr, inside, temps);
    if (found === undefined) return instr;
    const likely = 'likely' in instr ? instr.likely : undefined;
    return { op: instr.op, hole: found, likely } as OpenInstr;
  });
  return [parts, temps.map((local) => types[local - FIRST_TEMP] as ValType)];
}

function holeOf(instr: Instr, inside: number, temps: readonly number[]): Hole | undefined {
  if ('hole' in instr) return instr.hole as Hole;
  if ('local' in instr && instr.local >= FIRST_TEMP) return { kind: 'temp', index: temps.indexOf(instr.local) };
  if ('local' in instr && instr.local >= FIRST_REGISTER.f)
    return { kind: 'local', name: `f${instr.local - FIRST_REGISTER.f}` };
  if ('local' in instr && instr.local >= FIRST_REGISTER.x)
    return { kind: 'local', name: `x${instr.local - FIRST_REGISTER.x}` };
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
    this.bus = { has: none, load: none, store: none, nondet: none, watched: none, codeWritten };
  }

  link(proc: Proc): LinkedProc {
    const linked = this.#procs.get(proc);
    if (linked === undefined) throw new Error(`no row of the interpreter calls ${proc.name}`);
    return linked;
  }
}
