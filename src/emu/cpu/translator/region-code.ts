/**
 * Emits a region as one WebAssembly function. Blocks nest as the dominator tree says (structure.ts); registers sit in
 * locals from the entry on and are stored where the region is left; each block takes its steps off the budget at once,
 * and the budget is looked at where a path without end could begin.
 */

import type { Semantics } from '../../isa/vocabulary.ts';
import { type I32, type I64, i32Const, i64Const, type Local, load, localGet, Once } from '../../wasm/expr.ts';
import type { FunctionBuilder, Label } from '../../wasm/function.ts';
import type { FuncRef, Instr } from '../../wasm/instr.ts';
import type { ModuleBuilder } from '../../wasm/module.ts';
import { i32, i64 } from '../../wasm/numeric.ts';
import type { ValType } from '../../wasm/opcodes.ts';
import { type Filling, NOTHING_OPEN, Stencil } from '../../wasm/stencil.ts';
import type { Linker, WasmBinding } from '../compile/binding.ts';
import { field, flag } from '../compile/hart-state.ts';
import { staticOperands } from '../compile/operands.ts';
import { Order } from '../compile/order.ts';
import { wasmSemantics } from '../compile/semantics.ts';
import { F_OFFSET, fastTlbOffset, fieldOffset, TLB_ENTRIES, X_OFFSET } from '../hart-layout.ts';
import { PAGE_BYTES, PAGE_SHIFT } from '../memory-layout.ts';
import { Trapped } from '../priv/alerts.ts';
import {
  type BlockRegisters,
  blockRegisters,
  checksBudget,
  dirtyOnEntry,
  NO_REGISTERS,
  type Registers,
  stepsAhead,
  union,
} from './dataflow.ts';
import { floatState } from './float-state.ts';
import type { GuestInsn } from './guest-insn.ts';
import { addressOf, type Block, pageIndex, type Region, targetsOf } from './region.ts';
import {
  hartOf,
  type Onward,
  placeOf,
  RegionFrame,
  type RegionFuncs,
  type RegionLocals,
  registersInLocals,
} from './region-frame.ts';
import { INTERPRET, LOOK, REGION_TYPE } from './region-type.ts';
import type { Stencils, StencilUse } from './stencils.ts';
import { type Shape, shapeOf } from './structure.ts';

export interface RegionParts {
  readonly linker: Linker;
  readonly funcs: RegionFuncs & {
    /** Goes on at a pc with whatever code there is for it; has a region's type. */
    readonly dispatch: FuncRef;
  };
  readonly stencils: Stencils;
  /** A function of the engine's module by its name, imported when it is not yet. */
  readonly callee: (name: string) => FuncRef;
  /** The element of the code table for a target outside; undefined when its page is not known. */
  readonly slotOf: (target: number) => number | undefined;
}

/** Adds the region's function to the module. */
export function emitRegion(module: ModuleBuilder, region: Region, parts: RegionParts): FunctionBuilder {
  const fn = module.func(`region_${addressOf(region, region.entry).toString(16)}`, REGION_TYPE);
  new RegionEmitter(module, fn, region, parts).emit();
  return fn;
}

interface Labels {
  readonly interrupted: Label;
  readonly stopped: Label;
  /** Leaves with `left` and `pc` as they are. */
  readonly left: Label;
  /** Goes on with whatever code there is for `pc`. */
  readonly onward: Label;
}

const FETCH = fastTlbOffset('fetch');
const FETCH_PAGE = 12;
const ENTRY_BYTES = 16;

class RegionEmitter {
  readonly #module: ModuleBuilder;
  readonly #fn: FunctionBuilder;
  readonly #region: Region;
  readonly #parts: RegionParts;
  readonly #at: RegionLocals;
  readonly #depth: I32;
  readonly #floatState: Local<'i32'>;
  readonly #fetchContext: Local<'i64'>;
  readonly #x: (Local<'i64'> | undefined)[] = [];
  readonly #f: (Local<'f64'> | undefined)[] = [];

  readonly #nodes: ReadonlyMap<number, number>;
  readonly #shape: Shape;
  readonly #registers: readonly BlockRegisters[];
  readonly #dirty: readonly Registers[];
  readonly #checks: readonly boolean[];
  readonly #ahead: readonly number[];
  readonly #used: Registers;
  readonly #written: Registers;

  readonly #runs = new Map<string, Stencil>();
  readonly #temps: Record<ValType, number[]> = { i32: [], i64: [], f32: [], f64: [], v128: [] };
  #exits: Labels | undefined;
  readonly #order: Order;
  #frame: RegionFrame | undefined;
  #semantics: Semantics<WasmBinding> | undefined;
  readonly #blockLabels = new Map<number, Label>();
  readonly #loopLabels = new Map<number, Label>();

  constructor(module: ModuleBuilder, fn: FunctionBuilder, region: Region, parts: RegionParts) {
    this.#module = module;
    this.#fn = fn;
    this.#region = region;
    this.#parts = parts;
    const { blocks } = region;
    this.#nodes = new Map(blocks.map(({ start }, node) => [start, node]));
    this.#shape = shapeOf(blocks.map(({ end }) => targetsOf(end).flatMap((to) => this.#nodes.get(to) ?? [])));
    this.#registers = blocks.map(blockRegisters);
    this.#dirty = dirtyOnEntry(blocks, this.#registers, this.#shape);
    this.#checks = checksBudget(blocks, this.#shape);
    this.#ahead = stepsAhead(blocks, this.#checks, this.#shape);
    this.#used = this.#registers.map(({ used }) => used).reduce(union, NO_REGISTERS);
    this.#written = this.#registers.map(({ written }) => written).reduce(union, NO_REGISTERS);
    this.#at = {
      hart: hartOf(fn, parts.linker.layout),
      left: fn.param(1, 'i64'),
      pc: fn.param(2, 'i64'),
      dataContext: fn.local('i64'),
    };
    this.#depth = localGet(fn.param(3, 'i32'));
    this.#floatState = fn.local('i32');
    this.#fetchContext = fn.local('i64');
    this.#order = new Order(fn);
  }

  emit(): void {
    const fn = this.#fn;
    const { hart, left, pc, dataContext } = this.#at;
    fn.set(this.#fetchContext, field(hart, 'fetchContext'));
    fn.if(i32.eqz(this.#pageIsHeld(pageIndex(this.#region.entry))), () => fn.return(localGet(left), localGet(pc)));
    fn.set(dataContext, field(hart, 'dataContext'));
    this.#declare();
    this.#loadRegisters(this.#used);
    this.#lookAtFloatState();
    fn.block((leave) => {
      fn.block((stopped) => {
        fn.block((interrupted) => {
          fn.block((onward) => {
            this.#body({ interrupted, stopped, left: leave, onward });
            fn.unreachable();
          });
          this.#storeRegisters(this.#written);
          fn.returnCall(this.#parts.funcs.dispatch, this.#args(localGet(pc), this.#depth));
        });
        this.#interrupted();
      });
      this.#stopped();
    });
    this.#storeRegisters(this.#written);
    fn.emit(localGet(left));
    fn.emit(localGet(pc));
  }

  /** One local for each register of the region, of the function's own scope. */
  #declare(): void {
    for (let i = 0; i < 32; i++) {
      if ((this.#used.x >>> i) & 1) this.#x[i] = this.#fn.local('i64');
      if ((this.#used.f >>> i) & 1) this.#f[i] = this.#fn.local('f64');
    }
  }

  #body(exits: Labels): void {
    this.#exits = exits;
    const x = (i: number): Local<'i64'> => this.#x[i] as Local<'i64'>;
    const f = (i: number): Local<'f64'> => this.#f[i] as Local<'f64'>;
    const registers = registersInLocals(this.#order, x, f);
    this.#frame = new RegionFrame(this.#order, this.#at, exits, registers, this.#parts.funcs);
    this.#semantics = wasmSemantics(this.#order, this.#frame, this.#parts.linker);
    this.#tree(0);
  }

  /** The block and all that it dominates. */
  #tree(node: number): void {
    const within = (): void => this.#within(node, this.#shape.merges[node] as readonly number[]);
    if (this.#shape.isLoopHead[node] === true) {
      this.#fn.loop((head) => {
        this.#loopLabels.set(node, head);
        within();
      });
    } else {
      within();
    }
  }

  /** Places where paths meet follow the end of a block each, the last of them outermost. */
  #within(node: number, [merge, ...inner]: readonly number[]): void {
    if (merge === undefined) {
      this.#block(node);
      return;
    }
    this.#fn.block((label) => {
      this.#blockLabels.set(merge, label);
      this.#within(node, inner);
    });
    this.#tree(merge);
  }

  #block(node: number): void {
    const fn = this.#fn;
    const block = this.#region.blocks[node] as Block;
    const { left } = this.#at;
    for (const page of block.checks) fn.if(i32.eqz(this.#pageIsHeld(page)), () => this.#leave(block.start));
    if (this.#checks[node] === true) {
      const enough = i64.ge_u(localGet(left), i64Const(this.#ahead[node] as number));
      fn.if(i32.eqz(enough), () => this.#leave(block.start));
    }
    const count = block.insns.length;
    fn.set(left, i64.sub(localGet(left), i64Const(count)));
    let onward: Onward | undefined;
    fn.scope(() => {
      let at = block.start;
      for (const [i, insn] of block.insns.entries()) {
        if (insn.flow.kind === 'next') this.#place(insn, at, count - i);
        else onward = this.#transfer(insn, at, count - i);
        at += insn.length;
      }
      this.#end(node, block, onward);
    });
  }

  /** An instruction that says itself where control goes. */
  #transfer(insn: GuestInsn, at: number, ahead: number): Onward | undefined {
    this.#frame?.begin(placeOf(insn, this.#address(at), ahead));
    insn.row.body(this.#semantics as Semantics<WasmBinding>, staticOperands(insn.row.format, insn.word));
    const onward = this.#frame?.finish();
    this.#order.finish();
    return onward;
  }

  /** An instruction that control goes on from to the next. */
  #place(insn: GuestInsn, at: number, ahead: number): void {
    const fn = this.#fn;
    const { interrupted, stopped } = this.#exits as Labels;
    const use = this.#parts.stencils.of(insn);
    for (const [i, type] of use.stencil.temps.entries()) this.#temp(i, type);
    for (const callee of use.stencil.callees) this.#parts.callee(callee);
    fn.place(
      use.stencil,
      new InsnFilling(this, use, insn, this.#address(at), ahead, [fn.depthOf(interrupted), fn.depthOf(stopped)]),
    );
  }

  #address(place: number): bigint {
    return addressOf(this.#region, place);
  }

  /** For fillings. */
  registerLocal(file: 'x' | 'f', index: number): number {
    return ((file === 'x' ? this.#x : this.#f)[index] as Local).index;
  }
  temp(index: number, type: ValType): number {
    return this.#temps[type][index] as number;
  }
  callee(name: string): FuncRef {
    return this.#parts.callee(name);
  }

  /** Temporaries of stencils: any two stencils share them. */
  #temp(index: number, type: ValType): number {
    const pool = this.#temps[type];
    pool[index] ??= this.#fn.reserve(type).index;
    return pool[index];
  }

  #end(node: number, { end }: Block, onward: Onward | undefined): void {
    const fn = this.#fn;
    const dirty = union(this.#dirty[node] as Registers, (this.#registers[node] as BlockRegisters).written);
    switch (end.kind) {
      case 'jump':
        this.#goTo(node, end.to);
        break;
      case 'branch':
        fn.if((onward as Onward).condition as I32, () => this.#goTo(node, end.taken));
        this.#goTo(node, end.next);
        break;
      case 'call':
        this.#call(node, end.target, (onward as Onward).target, end.next, dirty);
        break;
      case 'return':
        this.#storeRegisters(dirty);
        fn.return(localGet(this.#at.left), (onward as Onward).target);
        break;
      case 'dynamic':
        this.#jumpTo((onward as Onward).target, node, end.targets);
        this.#storeRegisters(dirty);
        fn.returnCall(this.#parts.funcs.dispatch, this.#args((onward as Onward).target, this.#depth));
        break;
      case 'stop':
        this.#frame?.stop();
    }
  }

  #args(pc: I64, depth: I32): readonly [I32, I64, I64, I32] {
    return [this.#at.hart, localGet(this.#at.left), pc, depth];
  }

  /** On to an address inside or outside the region. */
  #goTo(from: number, to: number): void {
    const node = this.#nodes.get(to);
    const { successors, position, isMerge } = this.#shape;
    if (node === undefined || !(successors[from] as readonly number[]).includes(node)) {
      this.#goOutside(to);
    } else if ((position[node] as number) <= (position[from] as number)) {
      this.#fn.br(this.#loopLabels.get(node) as Label);
    } else if (isMerge[node] === true) {
      this.#fn.br(this.#blockLabels.get(node) as Label);
    } else {
      this.#tree(node);
    }
  }

  /** On to the one of these places that the target is; comes back when it is none of them inside the region. */
  #jumpTo(target: I64, from: number, places: readonly number[]): void {
    const { successors, position, isMerge } = this.#shape;
    const inside = new Set(successors[from]);
    const nodes = new Map<number, number>();
    for (const place of places) {
      const node = this.#nodes.get(place);
      if (node !== undefined && inside.has(node)) nodes.set(place, node);
    }
    if (nodes.size === 0) return;
    const fn = this.#fn;
    const low = Math.min(...nodes.keys());
    const entries = (Math.max(...nodes.keys()) - low) / 2 + 1;
    const isOwn = (node: number): boolean =>
      (position[node] as number) > (position[from] as number) && isMerge[node] !== true;
    const own = [...new Set(nodes.values())].filter(isOwn);
    const labels = new Map<number, Label>();
    const open = (count: number, elsewhere: Label): void => {
      const node = own[count];
      if (node === undefined) {
        const index = fn.keep(i64.shr_u(i64.sub(target, i64Const(this.#address(low))), i64Const(1)));
        fn.brIf(elsewhere, i64.ge_u(index, i64Const(entries)));
        const labelOf = (place: number): Label => {
          const to = nodes.get(place);
          if (to === undefined) return elsewhere;
          if (isOwn(to)) return labels.get(to) as Label;
          const isBack = (position[to] as number) <= (position[from] as number);
          return (isBack ? this.#loopLabels : this.#blockLabels).get(to) as Label;
        };
        const table = Array.from({ length: entries }, (_, i) => labelOf(low + 2 * i));
        fn.brTable(i32.wrap_i64(index), table, elsewhere);
        return;
      }
      fn.block((label) => {
        labels.set(node, label);
        open(count + 1, elsewhere);
      });
      this.#tree(node);
    };
    fn.block((elsewhere) => open(0, elsewhere));
  }

  #goOutside(to: number): void {
    this.#fn.set(this.#at.pc, i64Const(this.#address(to)));
    this.#fn.br((this.#exits as Labels).onward);
  }

  /**
   * A call of the guest is a call of compiled code. When that comes back with the return address, and this code's page
   * is still held, the region goes on; with anything else it is left, its registers being stored already.
   */
  #call(node: number, known: number | undefined, target: I64, next: number, dirty: Registers): void {
    const fn = this.#fn;
    const { left, pc } = this.#at;
    if (!this.#nodes.has(next)) {
      if (known !== undefined) {
        this.#goOutside(known);
        return;
      }
      this.#storeRegisters(dirty);
      fn.returnCall(this.#parts.funcs.dispatch, this.#args(target, this.#depth));
      return;
    }
    this.#storeRegisters(dirty);
    const callee = this.#order.keep(target);
    fn.if(i32.eqz(this.#depth), () => fn.return(localGet(left), callee));
    const args = this.#args(callee, i32.sub(this.#depth, i32Const(1)));
    const slot = known === undefined ? undefined : this.#parts.slotOf(known);
    if (slot === undefined) {
      fn.callInto(this.#parts.funcs.dispatch, args, [left, pc]);
    } else {
      this.#module.callIndirect(fn, REGION_TYPE, i32Const(slot), args);
      for (const { index } of [pc, left]) fn.push({ op: 'local.set', local: index });
    }
    const isBack = i64.eq(localGet(pc), i64Const(this.#address(next)));
    fn.if(i32.eqz(i32.and(isBack, this.#pageIsHeld(pageIndex(next)))), () => fn.return(localGet(left), localGet(pc)));
    this.#loadRegisters(this.#used);
    this.#lookAtFloatState();
    this.#goTo(node, next);
  }

  /** Leaves before the step at a place, which nobody has looked at. */
  #leave(place: number): void {
    this.#fn.set(this.#at.pc, i64Const(this.#address(place)));
    this.#fn.br((this.#exits as Labels).left);
  }

  /** A trap was entered, which is a step, or the instruction was not begun. The fields pc and tick are up to date. */
  #interrupted(): void {
    const fn = this.#fn;
    const { hart } = this.#at;
    const trapped = fn.keep(flag(hart, 'trapped'));
    fn.store('i64.store', hart, i64Const(0), fieldOffset('trapped'));
    this.#storeRegisters(this.#written);
    const isTrap = i32.eq(trapped, i32Const(Number(Trapped.trap)));
    fn.if(isTrap, () => {
      fn.store('i64.store', hart, i64.add(field(hart, 'tick'), i64Const(1)), fieldOffset('tick'));
      fn.return(localGet(this.#at.left), i64Const(LOOK));
    });
    fn.return(localGet(this.#at.left), i64Const(INTERPRET));
  }

  #stopped(): void {
    const fn = this.#fn;
    const { hart, left, pc } = this.#at;
    fn.store('i64.store', hart, localGet(pc), fieldOffset('pc'));
    const tick = i64.sub(field(hart, 'stretchEnd'), localGet(left));
    fn.store('i64.store', hart, tick, fieldOffset('tick'));
    fn.set(pc, i64Const(LOOK));
  }

  /** Whether the fetch TLB has this page where the region was made from. */
  #pageIsHeld(index: number): I32 {
    const number = this.#region.pages.get(index);
    if (number === undefined) return i32Const(0);
    const page = this.#address(index * PAGE_BYTES);
    const entry = FETCH + Number((page >> BigInt(PAGE_SHIFT)) & BigInt(TLB_ENTRIES - 1)) * ENTRY_BYTES;
    const { hart } = this.#at;
    const tag = i64.or(localGet(this.#fetchContext), i64Const(page));
    return i32.and(
      i64.eq(load('i64.load', hart, entry), tag),
      i32.eq(load('i32.load', hart, entry + FETCH_PAGE), i32Const(number)),
    );
  }

  #lookAtFloatState(): void {
    if (this.#used.f !== 0) this.#fn.set(this.#floatState, floatState(this.#at.hart));
  }

  #loadRegisters(registers: Registers): void {
    this.#transferRegisters('load', registers);
  }
  #storeRegisters(registers: Registers): void {
    this.#transferRegisters('store', registers);
  }
  /** The same few sets are moved again and again. */
  #transferRegisters(way: 'load' | 'store', registers: Registers): void {
    const key = `${way} ${registers.x} ${registers.f}`;
    const run = this.#runs.get(key) ?? new Stencil(this.#transfers(way, registers), []);
    this.#runs.set(key, run);
    this.#fn.place(run, NOTHING_OPEN);
  }
  #transfers(way: 'load' | 'store', registers: Registers): Instr[] {
    const { hart: address } = this.#at;
    const hart: Instr = address instanceof Once ? { op: 'local.get', local: 0 } : address.instr;
    const instrs: Instr[] = [];
    this.#each(registers, ({ index: local, type }, offset) => {
      if (way === 'load') instrs.push(hart, { op: `${type}.load`, offset }, { op: 'local.set', local });
      else instrs.push(hart, { op: 'local.get', local }, { op: `${type}.store`, offset });
    });
    return instrs;
  }
  #each({ x, f }: Registers, visit: (local: Local<'i64'> | Local<'f64'>, offset: number) => void): void {
    for (let i = 0; i < 32; i++) {
      if ((x >>> i) & 1) visit(this.#x[i] as Local<'i64'>, X_OFFSET + 8 * i);
      if ((f >>> i) & 1) visit(this.#f[i] as Local<'f64'>, F_OFFSET + 8 * i);
    }
  }
}

/** What is open in the stencil of one instruction of a region. */
class InsnFilling implements Filling {
  readonly #region: RegionEmitter;
  readonly #use: StencilUse;
  readonly #insn: GuestInsn;
  readonly #va: bigint;
  readonly #ahead: number;
  readonly #depths: readonly number[];

  constructor(
    region: RegionEmitter,
    use: StencilUse,
    insn: GuestInsn,
    va: bigint,
    ahead: number,
    depths: readonly number[],
  ) {
    this.#region = region;
    this.#use = use;
    this.#insn = insn;
    this.#va = va;
    this.#ahead = ahead;
    this.#depths = depths;
  }

  value(name: string): bigint {
    switch (name) {
      case 'pc':
        return this.#va;
      case 'next':
        return this.#va + BigInt(this.#insn.length);
      case 'raw':
        return BigInt(this.#insn.raw);
      case 'ahead':
        return BigInt(this.#ahead);
      case 'after':
        return BigInt(this.#ahead - 1);
      default:
        return this.#use.values[name] as bigint;
    }
  }
  /** Registers of a stencil are called x0, x1, … and f0, f1, … */
  local(name: string): number {
    const file = name[0] as 'x' | 'f';
    return this.#region.registerLocal(file, this.#use.registers[file][Number(name[1])] as number);
  }
  temp(index: number, type: ValType): number {
    return this.#region.temp(index, type);
  }
  call(callee: string): FuncRef {
    return this.#region.callee(callee);
  }
  branch(label: number): number {
    return this.#depths[label] as number;
  }
}
