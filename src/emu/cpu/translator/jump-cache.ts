/**
 * The jump cache: where jumps went, and the compiled code for it. Direct-mapped, in linear memory so that wasm finds
 * code without JavaScript. An entry is 32 bytes:
 *
 *     key u64    virtual address ^ fetchContext << 45 (unused bits of an Sv48 address)
 *     slot u32   element of the code table, 0 for none
 *     count i32  jumps seen without code, to whichever places had the entry; below 0 to have more of them
 *     from u64   address of the last indirect jump of the interpreter that led here, 0 for none
 *
 * Only a hint: a key may stand for another address space than it was entered for, so compiled code itself makes sure
 * that it was made from the page which the fetch TLB has for its address. Not state; may be cleared at any time.
 */

import { call, type I32, type I64, i32Const, i64Const, type Local, load, localGet } from '../../wasm/expr.ts';
import type { FunctionBuilder, Label } from '../../wasm/function.ts';
import type { FuncRef } from '../../wasm/instr.ts';
import type { ModuleBuilder } from '../../wasm/module.ts';
import { i32, i64 } from '../../wasm/numeric.ts';
import { field, hartOf } from '../compile/hart-state.ts';
import { JUMP_CACHE_ENTRIES, JUMP_CACHE_ENTRY_BYTES, type MemoryLayout } from '../memory-layout.ts';
import { buildLookUp, NOT_HELD } from './code-map.ts';

const CONTEXT_SHIFT = 45;
const ENTRY_SHIFT = Math.log2(JUMP_CACHE_ENTRY_BYTES);
const SLOT = 8;
const COUNT = 12;
const FROM = 16;
const INDEX_MASK = (JUMP_CACHE_ENTRIES - 1) << ENTRY_SHIFT;

const keyOf = (hart: I32, pc: I64): I64 => i64.xor(pc, i64.shl(field(hart, 'fetchContext'), i64Const(CONTEXT_SHIFT)));

/** Byte offset of a key's entry: low bits of the address, stirred with page and context. Mirrored in `offsetOfKey`. */
const offsetOf = (key: I64): I32 => {
  const mixed = i64.xor(i64.xor(key, i64.shr_u(key, i64Const(13))), i64.shr_u(key, i64Const(40)));
  return i32.and(i32.shl(i32.wrap_i64(mixed), i32Const(ENTRY_SHIFT - 1)), i32Const(INDEX_MASK));
};
function offsetOfKey(key: bigint): number {
  const mixed = Number(BigInt.asIntN(32, key ^ (key >> 13n) ^ (key >> 40n)));
  return (mixed << (ENTRY_SHIFT - 1)) & INDEX_MASK;
}

/** In line: runs `then` with the element for `pc` when it is known. */
export function ifKnown(
  fn: FunctionBuilder,
  layout: MemoryLayout,
  hart: I32,
  pc: I64,
  then: (slot: I32) => void,
): void {
  const key = fn.keep(keyOf(hart, pc));
  const entry = fn.keep(offsetOf(key));
  fn.if(i64.eq(load('i64.load', entry, layout.jumpCacheAt), key), () => {
    const slot = fn.keep(load('i32.load', entry, layout.jumpCacheAt + SLOT));
    fn.if(slot, () => then(slot), undefined, true);
  });
}

/** A jump without known code asks the code map again at every so many: another address space may have it by now. */
const ASK_EVERY = 64;

export interface JumpFuncs {
  /**
   * `find(hart, pc) -> slot`: the code for a jump to `pc`, or 0. Counts the jump; at `hot` of them asks `compile(pc)`,
   * which gives the slot of the code that it made, or 0.
   */
  readonly find: FunctionBuilder;
  /** `note(hart, pc, from)`: the indirect jump at `from` led to `pc`. */
  readonly note: FunctionBuilder;
}

export function buildJumps(module: ModuleBuilder, layout: MemoryLayout, compile: FuncRef, hot: number): JumpFuncs {
  const lookUp = buildLookUp(module, layout);
  const entryFor = buildEntryFor(module, layout, lookUp);
  return {
    find: buildFind(module, layout, { lookUp, entryFor, compile }, hot),
    note: buildNote(module, layout, entryFor),
  };
}

const isTimeToAsk = (count: I32): I32 => i32.eqz(i32.and(count, i32Const(ASK_EVERY - 1)));

/**
 * `entryFor(hart, pc) -> offset`: the entry of `pc`, which it has from now on, with the code that the code map knows.
 * What was counted stays, or places of one entry that drive each other out would never be hot. NOT_HELD, and nothing is
 * done, where another has it and the page of `pc` is not held: what code there is cannot be known before it has been
 * fetched from.
 */
function buildEntryFor(module: ModuleBuilder, layout: MemoryLayout, lookUp: FuncRef): FunctionBuilder {
  const fn = module.func('entryFor', { params: ['i32', 'i64'], results: ['i32'] });
  const [hart, pc] = [hartOf(fn, layout), localGet(fn.param(1, 'i64'))];
  const at = layout.jumpCacheAt;
  const key = fn.keep(keyOf(hart, pc));
  const entry = fn.keep(offsetOf(key));
  fn.if(i64.eq(load('i64.load', entry, at), key), () => fn.return(entry), undefined, true);
  const known = fn.keep(call('i32', lookUp, [hart, pc]));
  fn.if(i32.eq(known, i32Const(NOT_HELD)), () => fn.return(known));
  fn.store('i64.store', entry, key, at);
  fn.store('i32.store', entry, known, at + SLOT);
  fn.store('i64.store', entry, i64Const(0), at + FROM);
  const isPostponed = i32.lt_s(load('i32.load', entry, at + COUNT), i32Const(0));
  fn.if(isPostponed, () => fn.store('i32.store', entry, i32Const(0), at + COUNT));
  fn.emit(entry);
  return fn;
}

interface FindFuncs {
  readonly lookUp: FuncRef;
  readonly entryFor: FuncRef;
  readonly compile: FuncRef;
}

function buildFind(
  module: ModuleBuilder,
  layout: MemoryLayout,
  { lookUp, entryFor, compile }: FindFuncs,
  hot: number,
): FunctionBuilder {
  const fn = module.func('find', { params: ['i32', 'i64'], results: ['i32'] });
  const [hart, pc] = [hartOf(fn, layout), localGet(fn.param(1, 'i64'))];
  const at = layout.jumpCacheAt;
  const entry = fn.keep(call('i32', entryFor, [hart, pc]));
  fn.if(i32.eq(entry, i32Const(NOT_HELD)), () => fn.return(i32Const(0)));
  const slot = fn.keep(load('i32.load', entry, at + SLOT));
  fn.if(slot, () => fn.return(slot));
  const count = fn.keep(i32.add(load('i32.load', entry, at + COUNT), i32Const(1)));
  fn.store('i32.store', entry, count, at + COUNT);
  fn.if(isTimeToAsk(count), () => {
    const known = fn.keep(call('i32', lookUp, [hart, pc]));
    fn.if(i32.gt_s(known, i32Const(0)), () => {
      fn.store('i32.store', entry, known, at + SLOT);
      fn.return(known);
    });
  });
  fn.if(i32.ge_s(count, i32Const(hot)), () => {
    fn.store('i32.store', entry, i32Const(0), at + COUNT);
    const made = fn.keep(call('i32', compile, [pc]));
    fn.store('i32.store', entry, made, at + SLOT);
    fn.return(made);
  });
  fn.emit(i32Const(0));
  return fn;
}

function buildNote(module: ModuleBuilder, layout: MemoryLayout, entryFor: FuncRef): FunctionBuilder {
  const fn = module.func('note', { params: ['i32', 'i64', 'i64'], results: [] });
  const [hart, pc] = [hartOf(fn, layout), localGet(fn.param(1, 'i64'))];
  const entry = fn.keep(call('i32', entryFor, [hart, pc]));
  fn.if(i32.eq(entry, i32Const(NOT_HELD)), () => fn.return());
  fn.store('i64.store', entry, localGet(fn.param(2, 'i64')), layout.jumpCacheAt + FROM);
  return fn;
}

/** In line: goes to `leave` with the element in `slot` when there is code for a jump to `pc`, else counts the jump. */
export function leaveToCode(
  layout: MemoryLayout,
  find: FuncRef,
  hot: number,
): (fn: FunctionBuilder, hart: I32, pc: I64, slot: Local<'i32'>, leave: Label) => void {
  const at = layout.jumpCacheAt;
  // `find` looks whether the count is `hot`; where that is one of the times to ask it need not be looked at here.
  const mayBeHotBetween = hot % ASK_EVERY !== 0;
  return (fn, hart, pc, slot, leave) =>
    fn.scope(() => {
      const key = fn.keep(keyOf(hart, pc));
      const entry = fn.keep(offsetOf(key));
      const leaveWith = (found: I32): void => {
        fn.set(slot, found);
        fn.brIf(leave, localGet(slot), false);
      };
      const ask = (): void => leaveWith(call('i32', find, [hart, pc]));
      fn.if(
        i64.eq(load('i64.load', entry, at), key),
        () => {
          leaveWith(load('i32.load', entry, at + SLOT));
          const count = fn.keep(i32.add(load('i32.load', entry, at + COUNT), i32Const(1)));
          const isDue = mayBeHotBetween
            ? i32.or(i32.ge_s(count, i32Const(hot)), isTimeToAsk(count))
            : isTimeToAsk(count);
          fn.if(isDue, ask, () => fn.store('i32.store', entry, count, at + COUNT), false);
        },
        ask,
        true,
      );
    });
}

/** The same table, from JavaScript. */
export class JumpCache {
  readonly #view: DataView;
  readonly #bytes: Uint8Array;

  constructor(memory: WebAssembly.Memory, layout: MemoryLayout) {
    this.#bytes = new Uint8Array(memory.buffer, layout.jumpCacheAt, JUMP_CACHE_ENTRIES << ENTRY_SHIFT);
    this.#view = new DataView(memory.buffer, layout.jumpCacheAt, this.#bytes.length);
  }

  /** Whether a jump to `pc` in this fetch context is remembered. */
  has(pc: bigint, fetchContext: bigint): boolean {
    const key = BigInt.asUintN(64, pc ^ (fetchContext << BigInt(CONTEXT_SHIFT)));
    return this.#view.getBigUint64(offsetOfKey(key), true) === key;
  }

  /** Where the indirect jump at `from` was seen to lead in this fetch context. */
  targetsOf(from: bigint, fetchContext: bigint): bigint[] {
    const targets: bigint[] = [];
    const low = Number(BigInt.asIntN(32, from));
    for (let at = 0; at < this.#view.byteLength; at += JUMP_CACHE_ENTRY_BYTES) {
      if (this.#view.getInt32(at + FROM, true) !== low || this.#view.getBigUint64(at + FROM, true) !== from) continue;
      const key = this.#view.getBigUint64(at, true);
      targets.push(BigInt.asUintN(64, key ^ (fetchContext << BigInt(CONTEXT_SHIFT))));
    }
    return targets;
  }

  /** Lets this many more jumps to `pc` pass before code for it is asked for again. */
  postpone(pc: bigint, fetchContext: bigint, jumps: number): void {
    const key = BigInt.asUintN(64, pc ^ (fetchContext << BigInt(CONTEXT_SHIFT)));
    const at = offsetOfKey(key);
    if (this.#view.getBigUint64(at, true) === key) this.#view.setInt32(at + COUNT, -jumps, true);
  }

  /** Forgets the code of these slots. */
  forget(slots: ReadonlySet<number>): void {
    for (let at = 0; at < this.#view.byteLength; at += 1 << ENTRY_SHIFT) {
      if (slots.has(this.#view.getUint32(at + SLOT, true))) this.#view.setBigUint64(at + SLOT, 0n, true);
    }
  }

  clear(): void {
    this.#bytes.fill(0);
  }
}
