/**
 * Emits a region as one WebAssembly function. Blocks nest as the dominator tree says (structure.ts); registers sit in
 * locals from the entry on and are stored where the region is left; each block takes its steps off the budget at once,
 * and the budget is looked at where a path without end could begin.
 */

import { type I32, type I64, i32Const, i64Const, type Local, localGet } from '../../wasm/expr.ts';
import type { FunctionBuilder, Label } from '../../wasm/function.ts';
import type { FuncRef } from '../../wasm/instr.ts';
import type { ModuleBuilder } from '../../wasm/module.ts';
import { i32, i64 } from '../../wasm/numeric.ts';
import type { Linker } from '../compile/binding.ts';
import { field, hartOf } from '../compile/hart-state.ts';
import { PAGE_BYTES } from '../memory-layout.ts';
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
import type { GuestInsn } from './guest-insn.ts';
import { InsnFilling } from './insn-filling.ts';
import { addressOf, type Block, pageIndex, type Region, targetsOf } from './region.ts';
import { leaveInterrupted, leaveStopped, pageIsHeld } from './region-ends.ts';
import { RegionRegisters } from './region-registers.ts';
import { DISPATCH_SLOT, REGION_TYPE } from './region-type.ts';
import type { Stencils, StencilUse } from './stencils.ts';
import { type Shape, shapeOf } from './structure.ts';

export interface RegionParts {
  readonly linker: Linker;
  readonly funcs: {
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
  /** Goes on with the code in element `slot` of the table, at `pc`. */
  readonly onward: Label;
}

class RegionEmitter {
  readonly #module: ModuleBuilder;
  readonly #fn: FunctionBuilder;
  readonly #region: Region;
  readonly #parts: RegionParts;
  /** Signed address of the entry's page, where it and all places near it are safe integers. */
  readonly #base: number | undefined;
  readonly #hart: I32;
  readonly #left: Local<'i64'>;
  readonly #pc: Local<'i64'>;
  readonly #slot: Local<'i32'>;
  readonly #depth: I32;
  readonly #fetchContext: Local<'i64'>;
  readonly #registers: RegionRegisters;

  readonly #nodes: ReadonlyMap<number, number>;
  readonly #shape: Shape;
  readonly #blockRegisters: readonly BlockRegisters[];
  readonly #dirty: readonly Registers[];
  readonly #checks: readonly boolean[];
  readonly #ahead: readonly number[];
  readonly #written: Registers;

  #exits: Labels | undefined;
  readonly #blockLabels = new Map<number, Label>();
  readonly #loopLabels = new Map<number, Label>();

  constructor(module: ModuleBuilder, fn: FunctionBuilder, region: Region, parts: RegionParts) {
    this.#module = module;
    this.#fn = fn;
    this.#region = region;
    this.#parts = parts;
    const base = Number(BigInt.asIntN(64, region.base));
    this.#base = Math.abs(base) < 2 ** 52 ? base : undefined;
    const { blocks } = region;
    this.#nodes = new Map(blocks.map(({ start }, node) => [start, node]));
    this.#shape = shapeOf(blocks.map(({ end }) => targetsOf(end).flatMap((to) => this.#nodes.get(to) ?? [])));
    this.#blockRegisters = blocks.map(blockRegisters);
    this.#dirty = dirtyOnEntry(blocks, this.#blockRegisters, this.#shape);
    this.#checks = checksBudget(blocks, this.#shape);
    this.#ahead = stepsAhead(blocks, this.#checks, this.#shape);
    this.#written = this.#blockRegisters.map(({ written }) => written).reduce(union, NO_REGISTERS);
    const used = this.#blockRegisters.map((each) => each.used).reduce(union, NO_REGISTERS);
    this.#hart = hartOf(fn, parts.linker.layout);
    this.#left = fn.param(1, 'i64');
    this.#pc = fn.param(2, 'i64');
    this.#depth = localGet(fn.param(3, 'i32'));
    this.#registers = new RegionRegisters(fn, this.#hart, used);
    this.#fetchContext = fn.local('i64');
    this.#slot = fn.local('i32');
  }

  emit(): void {
    const fn = this.#fn;
    const [hart, left, pc] = [this.#hart, this.#left, this.#pc];
    fn.set(this.#fetchContext, field(hart, 'fetchContext'));
    const isHeld = this.#pageIsHeld(pageIndex(this.#region.entry));
    fn.if(i32.eqz(isHeld), () => fn.return(localGet(left), localGet(pc)), undefined, false);
    fn.set(this.#registers.dataContext, field(hart, 'dataContext'));
    this.#registers.load();
    fn.block((leave) => {
      fn.block((stopped) => {
        fn.block((interrupted) => {
          fn.block((onward) => {
            this.#body({ interrupted, stopped, left: leave, onward });
            fn.unreachable();
          });
          this.#registers.store(this.#written);
          const args = this.#args(localGet(pc), this.#depth);
          this.#module.returnCallIndirect(fn, REGION_TYPE, localGet(this.#slot), args);
        });
        leaveInterrupted(fn, hart, left, () => this.#registers.store(this.#written));
      });
      leaveStopped(fn, hart, left, pc);
    });
    this.#registers.store(this.#written);
    fn.emit(localGet(left));
    fn.emit(localGet(pc));
  }

  #body(exits: Labels): void {
    this.#exits = exits;
    this.#tree(0);
  }

  /** A block and all that it dominates; what comes last is not nested, so that a long region does not nest deeply. */
  #tree(first: number): void {
    for (let node: number | undefined = first; node !== undefined; ) node = this.#one(node);
  }

  /** All that a block dominates but for one node, which it gives: that comes next. */
  #one(node: number): number | undefined {
    if (this.#shape.isLoopHead[node] !== true) return this.#within(node);
    this.#fn.loop((head) => {
      this.#loopLabels.set(node, head);
      const next = this.#within(node);
      if (next !== undefined) this.#tree(next);
    });
    return undefined;
  }

  /** Places where paths meet follow the end of a block each, the last of them outermost. */
  #within(node: number): number | undefined {
    const merges = this.#shape.merges[node] as readonly number[];
    const open = (count: number): void => {
      const merge = merges[count];
      if (merge === undefined) {
        const next = this.#block(node);
        if (next !== undefined) this.#tree(next);
        return;
      }
      this.#fn.block((label) => {
        this.#blockLabels.set(merge, label);
        open(count + 1);
      });
      if (count > 0) this.#tree(merge);
    };
    if (merges.length === 0) return this.#block(node);
    open(0);
    return merges[0];
  }

  /** Gives the node that comes next, if the block goes on to one that only it leads to. */
  #block(node: number): number | undefined {
    const fn = this.#fn;
    const block = this.#region.blocks[node] as Block;
    const left = this.#left;
    const leaveIf = (condition: I32): void => fn.if(condition, () => this.#leave(block.start), undefined, false);
    for (const page of block.checks) leaveIf(i32.eqz(this.#pageIsHeld(page)));
    if (this.#checks[node] === true) leaveIf(i64.lt_u(localGet(left), i64Const(this.#ahead[node] as number)));
    const count = block.insns.length;
    fn.set(left, i64.sub(localGet(left), i64Const(count)));
    let at = block.start;
    // Registers that are known to hold a number sign-extended from 32 bits.
    let narrow = 0;
    for (let i = 0; i < count; i++) {
      const insn = block.insns[i] as GuestInsn;
      const { xReads, xWrites } = insn.registers;
      const { givesNarrow } = this.#place(insn, at, count - i, (xReads & ~narrow) === 0);
      narrow = givesNarrow ? narrow | xWrites : narrow & ~xWrites;
      at += insn.length;
    }
    return this.#end(node, block);
  }

  #place(insn: GuestInsn, at: number, ahead: number, isNarrow: boolean): StencilUse {
    const fn = this.#fn;
    const { interrupted, stopped } = this.#exits as Labels;
    const { stencils, callee } = this.#parts;
    const use = stencils.of(insn, isNarrow);
    this.#registers.makeTemps(use.stencil.temps);
    for (const name of use.stencil.callees) callee(name);
    const place = {
      va: this.#number(at),
      next: this.#number(at + insn.length),
      ahead,
      interrupted: fn.depthOf(interrupted),
      stopped: fn.depthOf(stopped),
    };
    fn.place(use.stencil, new InsnFilling(this.#registers, callee, use, insn, place));
    return use;
  }

  #address(place: number): bigint {
    return addressOf(this.#region, place);
  }
  /** The same as a number where it can be one. */
  #number(place: number): bigint | number {
    return this.#base === undefined ? this.#address(place) : this.#base + place;
  }

  #end(node: number, { end }: Block): number | undefined {
    const fn = this.#fn;
    const dirty = union(this.#dirty[node] as Registers, (this.#blockRegisters[node] as BlockRegisters).written);
    const target = localGet(this.#registers.target);
    switch (end.kind) {
      case 'jump':
        return this.#goTo(node, end.to);
      case 'branch':
        this.#branch(node, end.taken);
        return this.#goTo(node, end.next);
      case 'call':
        return this.#call(node, end.target, end.next, dirty);
      case 'return':
        this.#registers.store(dirty);
        fn.return(localGet(this.#left), target);
        return undefined;
      case 'dynamic':
        this.#jumpTo(target, node, end.targets);
        this.#registers.store(dirty);
        fn.returnCall(this.#parts.funcs.dispatch, this.#args(target, this.#depth));
        return undefined;
      case 'stop':
        fn.unreachable();
        return undefined;
    }
  }

  /** Goes to a place if the condition on the stack holds. */
  #branch(from: number, to: number): void {
    const way = this.#wayTo(from, to);
    if (typeof way === 'object') {
      this.#fn.brIfStacked(way);
      return;
    }
    this.#fn.ifStacked(() => {
      if (way === undefined) this.#goOutside(to);
      else this.#tree(way);
    });
  }

  #args(pc: I64, depth: I32): readonly [I32, I64, I64, I32] {
    return [this.#hart, localGet(this.#left), pc, depth];
  }

  /** On to a place inside or outside the region; gives the node there when it is to be emitted here. */
  #goTo(from: number, to: number): number | undefined {
    const way = this.#wayTo(from, to);
    if (typeof way === 'number') return way;
    if (way === undefined) this.#goOutside(to);
    else this.#fn.br(way);
    return undefined;
  }

  /** Of a place inside the region the label to branch to, or the node there when only this way leads to it. */
  #wayTo(from: number, to: number): Label | number | undefined {
    const node = this.#nodes.get(to);
    const { successors, position, isMerge } = this.#shape;
    if (node === undefined || !(successors[from] as readonly number[]).includes(node)) return undefined;
    if ((position[node] as number) <= (position[from] as number)) return this.#loopLabels.get(node);
    return isMerge[node] === true ? this.#blockLabels.get(node) : node;
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
    this.#fn.set(this.#pc, i64Const(this.#address(to)));
    this.#fn.set(this.#slot, i32Const(this.#parts.slotOf(to) ?? DISPATCH_SLOT));
    this.#fn.br((this.#exits as Labels).onward);
  }

  /**
   * A call of the guest is a call of compiled code. When that comes back with the return address the region goes on;
   * with anything else it is left, its registers being stored already. Compiled code does not change the fetch TLB, so
   * that this code's page is still held; the interpreter does, and nothing comes back through it.
   */
  #call(node: number, known: number | undefined, next: number, dirty: Registers): number | undefined {
    const fn = this.#fn;
    const [left, pc] = [this.#left, this.#pc];
    if (known !== undefined && !this.#nodes.has(next)) {
      this.#goOutside(known);
      return undefined;
    }
    this.#registers.store(dirty);
    const callee = known === undefined ? localGet(this.#registers.target) : i64Const(this.#address(known));
    if (!this.#nodes.has(next)) {
      fn.returnCall(this.#parts.funcs.dispatch, this.#args(callee, this.#depth));
      return undefined;
    }
    fn.if(i32.eqz(this.#depth), () => fn.return(localGet(left), callee), undefined, false);
    const args = this.#args(callee, i32.sub(this.#depth, i32Const(1)));
    const slot = known === undefined ? undefined : this.#parts.slotOf(known);
    if (slot === undefined) {
      fn.callInto(this.#parts.funcs.dispatch, args, [left, pc]);
    } else {
      this.#module.callIndirect(fn, REGION_TYPE, i32Const(slot), args);
      for (const { index } of [pc, left]) fn.push({ op: 'local.set', local: index });
    }
    const isBack = i64.eq(localGet(pc), i64Const(this.#address(next)));
    fn.if(i32.eqz(isBack), () => fn.return(localGet(left), localGet(pc)), undefined, false);
    this.#registers.load();
    return this.#goTo(node, next);
  }

  /** Leaves before the step at a place, which nobody has looked at. */
  #leave(place: number): void {
    this.#fn.set(this.#pc, i64Const(this.#address(place)));
    this.#fn.br((this.#exits as Labels).left);
  }

  /** Whether the fetch TLB has this page where the region was made from. */
  #pageIsHeld(index: number): I32 {
    const number = this.#region.pages.get(index);
    if (number === undefined) return i32Const(0);
    return pageIsHeld(this.#hart, this.#fetchContext, this.#address(index * PAGE_BYTES), number);
  }
}
