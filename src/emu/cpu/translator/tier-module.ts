/**
 * The engine's own module when code is compiled: the interpreter, which looks for code at each jump that it takes, and
 *
 *     run(hart) -> Boundary         boundary; then code where there is some, the interpreter where not; again
 *     find(hart, pc) -> slot        jump-cache.ts
 *     dispatch, unlinked            regions (region-type.ts): on with whatever code there is at pc; none there
 *
 * and every procedure that a row may call, for the modules of regions to import.
 */

import type { Insn } from '../../isa/insn.ts';
import type { Proc } from '../../isa/vocabulary.ts';
import { call, type I32, type I64, i32Const, i64Const, type Local, localGet, select } from '../../wasm/expr.ts';
import type { FunctionBuilder } from '../../wasm/function.ts';
import type { FuncRef } from '../../wasm/instr.ts';
import { ModuleBuilder } from '../../wasm/module.ts';
import { i32, i64 } from '../../wasm/numeric.ts';
import type { CoreProcs, LinkedProc } from '../compile/binding.ts';
import { field, flag, hartOf } from '../compile/hart-state.ts';
import { importBus, importExpand, importMemory } from '../compile/host-imports.ts';
import { ProcLinker } from '../compile/linker.ts';
import { fieldOffset } from '../hart-layout.ts';
import { buildSteps, type RunProcs } from '../interpreter/run.ts';
import type { MemoryLayout } from '../memory-layout.ts';
import { buildJumps, ifKnown, leaveToCode } from './jump-cache.ts';
import { regionLoad, regionStore } from './region-procs.ts';
import { FIRST_SLOT, INTERPRET, LOOK, MAX_DEPTH, REGION_TYPE } from './region-type.ts';

export interface TierParts {
  readonly instructions: readonly Insn[];
  readonly core: CoreProcs;
  readonly procs: RunProcs & { readonly [name: string]: Proc };
  /** Jumps to a place before it is compiled. */
  readonly hot: number;
  /** The interpreter asks before each step whether to stop there. */
  readonly breaks: boolean;
}

export interface TierModule {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** What the module exports under their names, and what they may do. */
  readonly procs: ReadonlyMap<Proc, LinkedProc>;
}

export function tierModule(layout: MemoryLayout, parts: TierParts): TierModule {
  const module = new ModuleBuilder();
  importMemory(module, layout);
  module.importTable('env', 'code', FIRST_SLOT);
  const bus = importBus(module);
  const expand = importExpand(module);
  const compile = module.importFunc('code', 'compile', { params: ['i64'], results: ['i32'] });
  const isBreakpoint = module.importFunc('debug', 'isBreakpoint', { params: ['i64'], results: ['i32'] });
  const linker = new ProcLinker(module, layout, parts.core, bus);
  for (const proc of Object.values(parts.procs)) linker.link(proc);
  for (const proc of [regionLoad, regionStore]) linker.link(proc);
  const { find, note } = buildJumps(module, layout, compile, parts.hot);
  const { instructions: rows, procs, hot } = parts;
  const jumps = {
    taken: leaveToCode(layout, find, hot),
    indirect: (fn: FunctionBuilder, hart: I32, target: I64, from: I64): void => fn.call(note, [hart, target, from]),
  };
  const beforeStep = (fn: FunctionBuilder, pc: I64, alert: () => void): void =>
    fn.if(call('i32', isBreakpoint, [pc]), alert);
  const hooks = parts.breaks ? { jumps, beforeStep } : { jumps };
  const steps = buildSteps(module, linker, { rows, procs, expand, ...hooks });
  const boundary = linker.link(procs.boundary).func;
  module.export(buildRun(module, layout, { boundary, steps, find }));
  module.export(buildDispatch(module, layout, find));
  module.export(buildUnlinked(module));
  const linked = linker.linked;
  const names = new Set<string>();
  for (const { func } of linked.values()) {
    if (names.has(func.name)) throw new Error(`two procedures are called ${func.name}`);
    names.add(func.name);
    module.export(func);
  }
  return { bytes: module.encode(), procs: linked };
}

function buildDispatch(module: ModuleBuilder, layout: MemoryLayout, find: FuncRef): FunctionBuilder {
  const fn = module.func('dispatch', REGION_TYPE);
  const hart = hartOf(fn, layout);
  const [left, pc] = [localGet(fn.param(1, 'i64')), localGet(fn.param(2, 'i64'))];
  const goTo = (slot: I32): void =>
    module.returnCallIndirect(fn, REGION_TYPE, slot, [hart, left, pc, localGet(fn.param(3, 'i32'))]);
  ifKnown(fn, layout, hart, pc, goTo);
  const slot = fn.keep(call('i32', find, [hart, pc]));
  fn.if(i32.eqz(slot), () => fn.return(left, pc));
  goTo(slot);
  return fn;
}

function buildUnlinked(module: ModuleBuilder): FunctionBuilder {
  const fn = module.func('unlinked', REGION_TYPE);
  fn.emit(localGet(fn.param(1, 'i64')));
  fn.emit(localGet(fn.param(2, 'i64')));
  return fn;
}

/** Steps made at most before the boundary is looked at again. */
const MAX_STRETCH = 2 ** 20;

interface RunFuncs {
  readonly boundary: FuncRef;
  readonly steps: FuncRef;
  readonly find: FuncRef;
}

function buildRun(module: ModuleBuilder, layout: MemoryLayout, { boundary, steps, find }: RunFuncs): FunctionBuilder {
  const fn = module.func('run', { params: ['i32'], results: ['i32'] });
  const hart = hartOf(fn, layout);
  const why = fn.local('i32');
  const slot = fn.local('i32');
  const end = fn.local('i64');
  const [left, pc, before] = [fn.local('i64'), fn.local('i64'), fn.local('i64')];
  const store = (name: 'pc' | 'tick' | 'stretchEnd', v: I64): void => fn.store('i64.store', hart, v, fieldOffset(name));
  /** From the fields, within the stretch. */
  const place = (): void => {
    fn.set(pc, field(hart, 'pc'));
    fn.set(left, i64.sub(localGet(end), field(hart, 'tick')));
  };

  fn.loop((again) => {
    fn.set(why, i32.wrap_i64(call('i64', boundary, [hart])));
    fn.if(localGet(why), () => fn.return(localGet(why)));
    beginStretch(fn, hart, end);
    store('stretchEnd', localGet(end));
    place();
    fn.set(slot, call('i32', find, [hart, localGet(pc)]));
    fn.loop((onward) => {
      fn.block((interpret) => {
        fn.block((outside) => {
          fn.brIf(outside, i32.eqz(localGet(slot)));
          fn.set(before, localGet(left));
          const args = [hart, localGet(left), localGet(pc), i32Const(MAX_DEPTH)];
          module.callIndirect(fn, REGION_TYPE, localGet(slot), args);
          for (const { index } of [pc, left]) fn.push({ op: 'local.set', local: index });
          fn.if(i32.or(i64.eq(localGet(pc), i64Const(LOOK)), i64.eq(localGet(pc), i64Const(INTERPRET))), () => {
            countCompiled(fn, hart, i64.sub(localGet(before), i64.sub(localGet(end), field(hart, 'tick'))));
            fn.brIf(again, i64.eq(localGet(pc), i64Const(LOOK)));
            fn.br(interpret);
          });
          countCompiled(fn, hart, i64.sub(localGet(before), localGet(left)));
          fn.brIf(outside, i32.or(i64.eqz(localGet(left)), i64.eq(localGet(left), localGet(before))));
          fn.set(slot, call('i32', find, [hart, localGet(pc)]));
          fn.br(onward);
        });
        store('pc', localGet(pc));
        store('tick', i64.sub(localGet(end), localGet(left)));
        fn.brIf(again, i64.eqz(localGet(left)));
      });
      fn.set(slot, call('i32', steps, [hart]));
      fn.brIf(again, i32.or(i32.eqz(localGet(slot)), flag(hart, 'attention')));
      place();
      fn.br(onward);
    });
  });
  fn.unreachable();
  return fn;
}

function countCompiled(fn: FunctionBuilder, hart: I32, steps: I64): void {
  fn.store('i64.store', hart, i64.add(field(hart, 'compiledTicks'), steps), fieldOffset('compiledTicks'));
}

/** Sets `end` to the sooner of untilTick and timerDue, and not too far away. */
function beginStretch(fn: FunctionBuilder, hart: I32, end: Local<'i64'>): void {
  const sooner = (tick: I64): void => {
    const other = fn.keep(tick);
    fn.set(end, select(i64.lt_u(other, localGet(end)), other, localGet(end)));
  };
  fn.set(end, field(hart, 'untilTick'));
  sooner(field(hart, 'timerDue'));
  sooner(i64.add(field(hart, 'tick'), i64Const(MAX_STRETCH)));
}
