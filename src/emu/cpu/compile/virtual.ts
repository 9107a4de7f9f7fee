/**
 * Virtual memory accesses: the fast TLB arrays looked up in line, everything else left to the procedures loadSlow,
 * storeSlow and amoTranslate. A fast tag compares equal only for an aligned access in the same page and context
 * (hart-layout.ts).
 */

import type { Semantics, Width } from '../../isa/vocabulary.ts';
import { constant, type I32, type I64, i32Const, i64Const, load, localGet } from '../../wasm/expr.ts';
import { i32, i64 } from '../../wasm/numeric.ts';
import { FAST_ENTRY, fastTlbOffset, fieldOffset, RESERVATION_NONE, TLB_ENTRIES, type TlbKind } from '../hart-layout.ts';
import { PAGE_BYTES, PAGE_SHIFT } from '../memory-layout.ts';
import { arithmetic, zeroExtend } from './arithmetic.ts';
import type { Frame, Linker, SlowAccess, WasmBinding } from './binding.ts';
import { callProc } from './calls.ts';
import { field } from './hart-state.ts';
import type { Order } from './order.ts';
import { loadSigned, loadUnsigned, ramAddress, stored, storeOp } from './physical.ts';

type Words = 'load' | 'store' | 'amo' | 'loadReserved' | 'storeConditional';

const ENTRY_SHIFT = Math.log2(FAST_ENTRY.bytes);

/** Where the fast entry of a virtual address is in any of the three arrays: an address and what to add to it. */
export interface FastEntry {
  readonly at: I32;
  readonly offset: number;
}
export function fastEntry(hart: I32, va: I64, keep: (e: I32) => I32): FastEntry {
  const index = i32.and(
    i32.shr_u(i32.wrap_i64(va), i32Const(PAGE_SHIFT - ENTRY_SHIFT)),
    i32Const((TLB_ENTRIES - 1) << ENTRY_SHIFT),
  );
  const known = constant(hart);
  return known === undefined ? { at: keep(i32.add(hart, index)), offset: 0 } : { at: keep(index), offset: known };
}
/** The tag that an access of `width` bytes must find. */
export const wantedTag = (va: I64, width: number, context: I64): I64 =>
  i64.or(i64.and(va, i64Const(-PAGE_BYTES | (width - 1))), context);
export const entryTag = ({ at, offset }: FastEntry, kind: TlbKind): I64 =>
  load('i64.load', at, offset + fastTlbOffset(kind));
/** What turns the low half of a virtual address into a host address, under an entry that matches. */
export const entryAddend = ({ at, offset }: FastEntry, kind: TlbKind): I32 =>
  load('i32.load', at, offset + fastTlbOffset(kind) + FAST_ENTRY.addend);
/** Physical page number, under an entry that matches. */
export const entryPage = ({ at, offset }: FastEntry, kind: TlbKind): I32 =>
  load('i32.load', at, offset + fastTlbOffset(kind) + FAST_ENTRY.page);
export const hostAddress = (entry: FastEntry, kind: TlbKind, va: I64): I32 =>
  i32.add(i32.wrap_i64(va), entryAddend(entry, kind));

export function virtual(order: Order, frame: Frame, linker: Linker): Pick<Semantics<WasmBinding>, Words> {
  const { fn } = order;
  const { core } = linker;
  const slow = (proc: typeof core.loadSlow, ...args: I64[]): I64 => callProc(order, frame, linker, proc, args);
  const slowly: SlowAccess = frame.slow ?? {
    load: (va, width) => slow(core.loadSlow, va, i64Const(width)),
    store: (va, width, v) => void slow(core.storeSlow, va, i64Const(width), v),
  };

  /** Runs one of two arms by whether the fast TLB has the page; `va` sits in a local. */
  const lookUp = (kind: TlbKind, va: I64, width: Width, hit: (host: I32) => void, miss: () => void): void => {
    const entry = fastEntry(frame.hart, va, (e) => order.keep(e));
    order.if(
      i64.eq(entryTag(entry, kind), wantedTag(va, width, frame.dataContext())),
      () => hit(hostAddress(entry, kind, va)),
      miss,
      true,
    );
  };
  const access = (): void => {
    order.effect();
    frame.facts.raises = true;
    frame.facts.syncs = true;
    frame.facts.attends = true;
  };
  const translated = (va: I64, width: Width, kind: 0 | 1): I64 =>
    slow(core.amoTranslate, va, i64Const(width), i64Const(kind));

  return {
    load: (addr, width, signed) => {
      const va = order.keep(addr);
      access();
      const result = fn.local('i64');
      const bits = (8 * width) as 8 | 16 | 32 | 64;
      const extend = (v: I64): I64 => (signed && bits !== 64 ? arithmetic.sext(bits, v) : v);
      lookUp(
        'load',
        va,
        width,
        (host) => fn.set(result, load((signed ? loadSigned : loadUnsigned)[width], host)),
        () => fn.set(result, extend(slowly.load(va, width))),
      );
      return localGet(result);
    },

    store: (addr, width, v) => {
      const va = order.keep(addr);
      const value = order.keep(v);
      access();
      lookUp(
        'store',
        va,
        width,
        (host) => fn.store(storeOp[width], host, value),
        () => slowly.store(va, width, zeroExtend(8 * width, value)),
      );
    },

    amo: (addr, width, f) => {
      const va = order.keep(addr);
      access();
      order.settleAll();
      const host = fn.local('i32');
      const hit = fn.local('i32');
      fn.set(hit, i32Const(1));
      lookUp(
        'store',
        va,
        width,
        (address) => fn.set(host, address),
        () => {
          fn.set(host, ramAddress(linker, translated(va, width, 1)));
          fn.set(hit, i32Const(0));
        },
      );
      const old = fn.keep(load(loadSigned[width], localGet(host)) as I64);
      fn.store(storeOp[width], localGet(host), order.keep(f(old)));
      const isSlow = i32.eqz(localGet(hit));
      order.if(isSlow, () => stored(order, frame, linker, localGet(host), width), undefined, false);
      return old;
    },

    loadReserved: (addr, width) => {
      const va = order.keep(addr);
      access();
      const pa = translated(va, width, 0);
      fn.store('i64.store', frame.hart, pa, fieldOffset('reservation'));
      return fn.keep(load(loadSigned[width], ramAddress(linker, pa)) as I64);
    },

    storeConditional: (addr, width, v) => {
      const va = order.keep(addr);
      const value = order.keep(v);
      access();
      const pa = translated(va, width, 1);
      const failed = order.keep(i64.ne(field(frame.hart, 'reservation'), pa));
      fn.store('i64.store', frame.hart, i64Const(RESERVATION_NONE), fieldOffset('reservation'));
      order.if(i32.eqz(failed), () => {
        const host = order.keep(ramAddress(linker, pa));
        fn.store(storeOp[width], host, value);
        stored(order, frame, linker, host, width);
      });
      return i64.extend_i32_u(failed);
    },
  };
}
