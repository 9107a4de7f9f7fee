/**
 * Guest physical memory: RAM in linear memory, device registers behind the bus, and what the host keeps for each page.
 */

import type { Semantics, Width } from '../../isa/vocabulary.ts';
import { call, type I32, type I64, i32Const, i64Const, load } from '../../wasm/expr.ts';
import { i32, i64 } from '../../wasm/numeric.ts';
import { PAGE_SHIFT, PageFlag, RAM_BASE } from '../memory-layout.ts';
import { zeroExtend } from './arithmetic.ts';
import type { Frame, Linker, WasmBinding } from './binding.ts';
import type { Order } from './order.ts';

type Words =
  | 'ramLoad'
  | 'ramStore'
  | 'inRam'
  | 'hostAddr'
  | 'inDevice'
  | 'mmioLoad'
  | 'mmioStore'
  | 'nondet'
  | PageWords;
type PageWords = 'ramPages' | 'pageFlags' | 'setPageFlags' | 'pageHash' | 'setPageHash';

export const loadUnsigned = { 1: 'i64.load8_u', 2: 'i64.load16_u', 4: 'i64.load32_u', 8: 'i64.load' } as const;
export const loadSigned = { 1: 'i64.load8_s', 2: 'i64.load16_s', 4: 'i64.load32_s', 8: 'i64.load' } as const;
export const storeOp = { 1: 'i64.store8', 2: 'i64.store16', 4: 'i64.store32', 8: 'i64.store' } as const;

/** Host address of a byte of RAM, by its physical address as a value. */
export const ramAddress = ({ layout }: Linker, pa: I64): I32 =>
  i32.add(i32.wrap_i64(pa), i32Const(layout.ramAt - RAM_BASE));

/** Marks the page of a host address inside RAM as changed. The address sits in a local. */
export function markDirty(order: Order, { layout }: Linker, address: I32): void {
  const flags = order.keep(i32.shr_u(i32.sub(address, i32Const(layout.ramAt)), i32Const(PAGE_SHIFT)));
  const old = load('i32.load8_u', flags, layout.pageFlagsAt);
  order.fn.store('i32.store8', flags, i32.or(old, i32Const(PageFlag.dirty)), layout.pageFlagsAt);
}

export function physical(order: Order, frame: Frame, linker: Linker): Pick<Semantics<WasmBinding>, Words> {
  const { fn } = order;
  const { layout, bus } = linker;
  const outside = (): void => {
    frame.facts.syncs = true;
    frame.facts.attends = true;
    order.effect();
    frame.sync();
  };
  const came = (): void => frame.returned({ raises: false, syncs: true, attends: true, jumps: false });
  const hashAt = (page: I64): I32 => i32.shl(i32.wrap_i64(page), i32Const(3));
  return {
    ramLoad: (pa, width) => order.read(load(loadUnsigned[width], ramAddress(linker, pa))),
    ramStore: (pa, width, v) => {
      const address = order.keep(ramAddress(linker, pa));
      fn.emit(address);
      fn.emit(v);
      order.effect();
      fn.push({ op: storeOp[width], offset: 0 });
      markDirty(order, linker, address);
    },
    inRam: (pa, bytes) => i64.le_u(i64.sub(pa, i64Const(RAM_BASE)), i64.sub(i64Const(layout.ramBytes), bytes)),
    hostAddr: (pa) => i64.extend_i32_u(ramAddress(linker, pa)),
    inDevice: (pa) => {
      const address = order.keep(pa);
      const below4GiB = i64.eqz(i64.shr_u(address, i64Const(32)));
      return order.keep(i32.and(below4GiB, call('i32', bus.has, [i32.wrap_i64(address)])));
    },
    mmioLoad: (pa, width) => {
      const address = order.keep(i32.wrap_i64(pa));
      outside();
      const value = order.keep(call('i64', bus.load, [address, i32Const(width)]));
      came();
      return value;
    },
    mmioStore: (pa: I64, width: Width, v: I64) => {
      const args = [order.keep(i32.wrap_i64(pa)), i32Const(width), order.keep(zeroExtend(8 * width, v))];
      outside();
      fn.call(bus.store, args);
      came();
    },
    nondet: (kind) => {
      outside();
      const value = order.keep(call('i64', bus.nondet, [i32Const(kind)]));
      came();
      return value;
    },
    ramPages: () => i64Const(layout.ramPages),
    pageFlags: (page) => order.read(load('i64.load8_u', i32.wrap_i64(page), layout.pageFlagsAt)),
    setPageFlags: (page, v) => {
      fn.emit(i32.wrap_i64(page));
      fn.emit(v);
      order.effect();
      fn.push({ op: 'i64.store8', offset: layout.pageFlagsAt });
    },
    pageHash: (page) => order.read(load('i64.load', hashAt(page), layout.pageHashAt)),
    setPageHash: (page, v) => {
      fn.emit(hashAt(page));
      fn.emit(v);
      order.effect();
      fn.push({ op: 'i64.store', offset: layout.pageHashAt });
    },
  };
}
