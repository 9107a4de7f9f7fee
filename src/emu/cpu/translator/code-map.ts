/**
 * The code map: which element of the code table stands for the code at a place, for wasm to find. A place is a virtual
 * address in a physical page, so what one process had compiled is there for every other that maps it likewise. It is
 * asked where the jump cache knows nothing. Set-associative, in linear memory; an entry is 16 bytes:
 *
 *     va u64     virtual address
 *     page u32   physical page number
 *     slot u32   element of the code table, 0 for none
 *
 * Only a hint: a full set loses an entry when it is given another. Kept by the code cache. Not state.
 */

import { type I32, type I64, i32Const, load, localGet } from '../../wasm/expr.ts';
import type { FunctionBuilder } from '../../wasm/function.ts';
import type { ModuleBuilder } from '../../wasm/module.ts';
import { i32, i64 } from '../../wasm/numeric.ts';
import { field, hartOf } from '../compile/hart-state.ts';
import { entryPage, entryTag, fastEntry, wantedTag } from '../compile/virtual.ts';
import { CODE_MAP_SET_BYTES, CODE_MAP_SETS, type MemoryLayout } from '../memory-layout.ts';

const PAGE = 8;
const SLOT = 12;
const ENTRY_BYTES = 16;

/** What `lookUp` says where the fetch TLB does not hold the page, so that the place is not known. */
export const NOT_HELD = -1;

/** Byte offset of the set of a place. Mirrored in `offsetOf`. */
function setOffset(low: I32, page: I32): I32 {
  const mixed = i32.xor(i32.xor(i32.shr_u(low, i32Const(1)), i32.shr_u(low, i32Const(13))), page);
  return i32.mul(i32.and(mixed, i32Const(CODE_MAP_SETS - 1)), i32Const(CODE_MAP_SET_BYTES));
}
function offsetOf(va: bigint, page: number): number {
  const low = Number(BigInt.asUintN(32, va));
  return (((low >>> 1) ^ (low >>> 13) ^ page) & (CODE_MAP_SETS - 1)) * CODE_MAP_SET_BYTES;
}

/** `lookUp(hart, pc) -> slot`: the code at `pc` in the hart's present address space; 0 for none, or NOT_HELD. */
export function buildLookUp(module: ModuleBuilder, layout: MemoryLayout): FunctionBuilder {
  const fn = module.func('lookUp', { params: ['i32', 'i64'], results: ['i32'] });
  const hart = hartOf(fn, layout);
  const pc: I64 = localGet(fn.param(1, 'i64'));
  const fast = fastEntry(hart, pc, (e) => fn.keep(e));
  const isHeld = i64.eq(entryTag(fast, 'fetch'), wantedTag(pc, 1, field(hart, 'fetchContext')));
  fn.if(i32.eqz(isHeld), () => fn.return(i32Const(NOT_HELD)));
  const page = fn.keep(entryPage(fast, 'fetch'));
  const set = fn.keep(setOffset(i32.wrap_i64(pc), page));
  for (let way = 0; way < CODE_MAP_SET_BYTES; way += ENTRY_BYTES) {
    const at = layout.codeMapAt + way;
    const isIt = i32.and(i64.eq(load('i64.load', set, at), pc), i32.eq(load('i32.load', set, at + PAGE), page));
    fn.if(isIt, () => fn.return(load('i32.load', set, at + SLOT)));
  }
  fn.emit(i32Const(0));
  return fn;
}

/** The same, from JavaScript. */
export class CodeMap {
  readonly #view: DataView;
  readonly #bytes: Uint8Array;

  constructor(memory: WebAssembly.Memory, layout: MemoryLayout) {
    this.#bytes = new Uint8Array(memory.buffer, layout.codeMapAt, CODE_MAP_SETS * CODE_MAP_SET_BYTES);
    this.#view = new DataView(memory.buffer, layout.codeMapAt, this.#bytes.length);
  }

  set(va: bigint, page: number, slot: number): void {
    const at = this.#find(va, page) ?? this.#room(va, page);
    this.#view.setBigUint64(at, va, true);
    this.#view.setUint32(at + PAGE, page, true);
    this.#view.setUint32(at + SLOT, slot, true);
  }

  delete(va: bigint, page: number): void {
    const at = this.#find(va, page);
    if (at !== undefined) this.#bytes.fill(0, at, at + ENTRY_BYTES);
  }

  clear(): void {
    this.#bytes.fill(0);
  }

  #find(va: bigint, page: number): number | undefined {
    const isIt = (at: number): boolean =>
      this.#view.getUint32(at + PAGE, true) === page && this.#view.getBigUint64(at, true) === va;
    return ways(va, page).find(isIt);
  }

  /** An empty entry, or the first, whose place makes room. */
  #room(va: bigint, page: number): number {
    const all = ways(va, page);
    return all.find((at) => this.#view.getUint32(at + SLOT, true) === 0) ?? (all[0] as number);
  }
}

function ways(va: bigint, page: number): number[] {
  const set = offsetOf(va, page);
  return Array.from({ length: CODE_MAP_SET_BYTES / ENTRY_BYTES }, (_, i) => set + i * ENTRY_BYTES);
}
