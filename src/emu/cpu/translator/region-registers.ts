/**
 * The locals of a region: a few with fixed numbers, which stencils know, one for each register that is used, and those
 * that stencils need for themselves.
 */

import { type I32, type Local, localGet, Once } from '../../wasm/expr.ts';
import type { FunctionBuilder } from '../../wasm/function.ts';
import { instrText } from '../../wasm/instr.ts';
import type { ValType } from '../../wasm/opcodes.ts';
import { type Filling, NOTHING_OPEN, Stencil, type StencilPart } from '../../wasm/stencil.ts';
import { F_OFFSET, X_OFFSET } from '../hart-layout.ts';
import type { Registers } from './dataflow.ts';
import { floatState } from './float-state.ts';
import { DATA_CONTEXT, FLOAT_STATE, FLOW_TARGET } from './stencils.ts';

export class RegionRegisters {
  readonly dataContext: Local<'i64'>;
  /** Where a jump by register goes, after the instruction. */
  readonly target: Local<'i64'>;
  readonly #fn: FunctionBuilder;
  readonly #hart: I32;
  readonly #used: Registers;
  readonly #floatState: Local<'i32'>;
  readonly #x: (Local<'i64'> | undefined)[] = [];
  readonly #f: (Local<'f64'> | undefined)[] = [];
  readonly #temps: Record<ValType, number[]> = { i32: [], i64: [], f32: [], f64: [], v128: [] };

  /** Before any other local of the function. */
  constructor(fn: FunctionBuilder, hart: I32, used: Registers) {
    this.#fn = fn;
    this.#hart = hart;
    this.#used = used;
    this.dataContext = reserve(fn, 'i64', DATA_CONTEXT);
    this.#floatState = reserve(fn, 'i32', FLOAT_STATE);
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
    for (let i = 0; i < types.length; i++) {
      const type = types[i] as ValType;
      this.#temps[type][i] ??= this.#fn.reserve(type).index;
    }
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

  #move(way: 'load' | 'store', { x, f }: Registers): void {
    const moves = movesOf(this.#hart);
    for (let i = 0; i < 32; i++) {
      if ((x >>> i) & 1) this.#fn.place(moves[way].x[i] as Stencil, fillingOf(this.local('x', i).index));
      if ((f >>> i) & 1) this.#fn.place(moves[way].f[i] as Stencil, fillingOf(this.local('f', i).index));
    }
  }
}

type Moves = Readonly<Record<'load' | 'store', { readonly x: readonly Stencil[]; readonly f: readonly Stencil[] }>>;
const knownMoves = new Map<string, Moves>();
const fillings: Filling[] = [];
function fillingOf(local: number): Filling {
  const filling = fillings[local] ?? { ...NOTHING_OPEN, local: () => local };
  fillings[local] = filling;
  return filling;
}

/** A stencil for each register, with its local left open. */
function movesOf(address: I32): Moves {
  const hart = address instanceof Once ? localGet(HART_PARAM).instr : address.instr;
  const key = instrText(hart);
  const known = knownMoves.get(key);
  if (known !== undefined) return known;
  const open = { kind: 'local', name: 'register' } as const;
  const file = (way: 'load' | 'store', type: 'i64' | 'f64', first: number): Stencil[] =>
    Array.from({ length: 32 }, (_, i) => {
      const offset = first + 8 * i;
      const load: StencilPart[] = [hart, { op: `${type}.load`, offset }, { op: 'local.set', hole: open }];
      const store: StencilPart[] = [hart, { op: 'local.get', hole: open }, { op: `${type}.store`, offset }];
      return new Stencil(way === 'load' ? load : store, []);
    });
  const files = (way: 'load' | 'store') => ({ x: file(way, 'i64', X_OFFSET), f: file(way, 'f64', F_OFFSET) });
  const made = { load: files('load'), store: files('store') };
  knownMoves.set(key, made);
  return made;
}
const HART_PARAM: Local<'i32'> = { index: 0, type: 'i32' };

function reserve<T extends ValType>(fn: FunctionBuilder, type: T, index: number): Local<T> {
  const local = fn.reserve(type);
  if (local.index !== index) throw new Error(`local ${local.index} of a region should be ${index}`);
  return local;
}
