/**
 * The locals of a region: a few with fixed numbers, which stencils know, one for each register that is used, and those
 * that stencils need for themselves. Registers are loaded from and stored to the hart's block in runs.
 */

import { type I32, type Local, localGet, Once } from '../../wasm/expr.ts';
import type { FunctionBuilder } from '../../wasm/function.ts';
import type { Instr } from '../../wasm/instr.ts';
import type { ValType } from '../../wasm/opcodes.ts';
import { NOTHING_OPEN, Stencil } from '../../wasm/stencil.ts';
import { F_OFFSET, X_OFFSET } from '../hart-layout.ts';
import type { Registers } from './dataflow.ts';
import { floatState } from './float-state.ts';
import { DATA_CONTEXT, FLOAT_STATE, FLOW_CONDITION, FLOW_TARGET } from './stencils.ts';

export class RegionRegisters {
  readonly dataContext: Local<'i64'>;
  /** What a branch depends on, and where a jump by register goes, after the instruction. */
  readonly condition: Local<'i32'>;
  readonly target: Local<'i64'>;
  readonly #fn: FunctionBuilder;
  readonly #hart: I32;
  readonly #used: Registers;
  readonly #floatState: Local<'i32'>;
  readonly #x: (Local<'i64'> | undefined)[] = [];
  readonly #f: (Local<'f64'> | undefined)[] = [];
  readonly #temps: Record<ValType, number[]> = { i32: [], i64: [], f32: [], f64: [], v128: [] };
  readonly #runs = new Map<string, Stencil>();

  /** Before any other local of the function. */
  constructor(fn: FunctionBuilder, hart: I32, used: Registers) {
    this.#fn = fn;
    this.#hart = hart;
    this.#used = used;
    this.dataContext = reserve(fn, 'i64', DATA_CONTEXT);
    this.#floatState = reserve(fn, 'i32', FLOAT_STATE);
    this.condition = reserve(fn, 'i32', FLOW_CONDITION);
    this.target = reserve(fn, 'i64', FLOW_TARGET);
    for (let i = 0; i < 32; i++) {
      if ((used.x >>> i) & 1) this.#x[i] = fn.reserve('i64');
      if ((used.f >>> i) & 1) this.#f[i] = fn.reserve('f64');
    }
  }

  local(file: 'x' | 'f', index: number): Local {
    const local = (file === 'x' ? this.#x : this.#f)[index];
    if (local === undefined) throw new Error(`the region does not use ${file}${index}`);
    return local;
  }

  /** Makes room for the temporaries of a stencil; any two stencils share them. */
  makeTemps(types: readonly ValType[]): void {
    for (const [index, type] of types.entries()) this.#temps[type][index] ??= this.#fn.reserve(type).index;
  }
  temp(index: number, type: ValType): number {
    return this.#temps[type][index] as number;
  }

  /** All registers of the region from the hart's block, and what follows from the hart's fields about the others. */
  load(): void {
    this.#move('load', this.#used);
    if (this.#used.f !== 0) this.#fn.set(this.#floatState, floatState(this.#hart));
  }
  store(registers: Registers): void {
    this.#move('store', registers);
  }

  /** The same few sets are moved again and again. */
  #move(way: 'load' | 'store', registers: Registers): void {
    const key = `${way} ${registers.x} ${registers.f}`;
    const run = this.#runs.get(key) ?? new Stencil(this.#moves(way, registers), []);
    this.#runs.set(key, run);
    this.#fn.place(run, NOTHING_OPEN);
  }

  #moves(way: 'load' | 'store', { x, f }: Registers): Instr[] {
    const address = this.#hart;
    const hart: Instr = address instanceof Once ? localGet(this.#fn.param(0, 'i32')).instr : address.instr;
    const instrs: Instr[] = [];
    const move = ({ index: local, type }: Local, offset: number): void => {
      if (way === 'load')
        instrs.push(hart, { op: `${type as 'i64' | 'f64'}.load`, offset }, { op: 'local.set', local });
      else instrs.push(hart, { op: 'local.get', local }, { op: `${type as 'i64' | 'f64'}.store`, offset });
    };
    for (let i = 0; i < 32; i++) {
      if ((x >>> i) & 1) move(this.local('x', i), X_OFFSET + 8 * i);
      if ((f >>> i) & 1) move(this.local('f', i), F_OFFSET + 8 * i);
    }
    return instrs;
  }
}

function reserve<T extends ValType>(fn: FunctionBuilder, type: T, index: number): Local<T> {
  const local = fn.reserve(type);
  if (local.index !== index) throw new Error(`local ${local.index} of a region should be ${index}`);
  return local;
}
