/**
 * Guest physical memory: RAM in linear memory, device registers behind the bus, and what the host keeps for each page.
 */

import type { Semantics, Width } from '../../isa/vocabulary.ts';
import { call, type I32, type I64, i32Const, i64Const, load } from '../../wasm/expr.ts';
import { i32, i64 } from '../../wasm/numeric.ts';
import { CODE_LINE_SHIFT, PAGE_SHIFT, PageFlag, RAM_BASE } from '../memory-layout.ts';
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
  | 'watched'
  | PageWords;
type PageWords = 'ramPages' | 'pageFlags' | 'setPageFlags' | 'pageHash' | 'setPageHash' | 'codeLines';

export const loadUnsigned = { 1: 'i64.load8_u', 2: 'i64.load16_u', 4: 'i64.load32_u', 8: 'i64.load' } as const;
export const loadSigned = { 1: 'i64.load8_s', 2: 'i64.load16_s', 4: 'i64.load32_s', 8: 'i64.load' } as const;
export const storeOp = { 1: 'i64.store8', 2: 'i64.store16', 4: 'i64.store32', 8: 'i64.store' } as const;

/** Host address of a byte of RAM, by its physical address as a value. */
export const ramAddress = ({ layout }: Linker, pa: I64): I32 =>
  i32.add(i32.wrap_i64(pa), i32Const(layout.ramAt - RAM_BASE));

/**
 * What follows a store of `width` bytes, inside one page, to a host address in RAM that did not go through a fast TLB
 * entry: the page counts as changed, and code compiled from these bytes is void. The address sits in a local.
 */
export function stored(order: Order, frame: Frame, { layout, bus }: Linker, address: I32, width: Width): void {
  const { fn } = order;
  const offset = order.keep(i32.sub(address, i32Const(layout.ramAt)));
  const page = order.keep(i32.shr_u(offset, i32Const(PAGE_SHIFT)));
  const old = order.keep(load('i32.load8_u', page, layout.pageFlagsAt));
  fn.store('i32.store8', page, i32.or(old, i32Const(PageFlag.dirty)), layout.pageFlagsAt);
  fn.if(i32.and(old, i32Const(PageFlag.code)), () => {
    const lines = load('i64.load', i32.shl(page, i32Const(3)), layout.codeLinesAt);
    const bit = (at: I32): I64 => i64.shl(i64Const(1), i64.extend_i32_u(i32.shr_u(at, i32Const(CODE_LINE_SHIFT))));
    const touched = width === 1 ? bit(offset) : i64.or(bit(offset), bit(i32.add(offset, i32Const(width - 1))));
    fn.if(i32.eqz(i64.eqz(i64.and(lines, touched))), () => {
      fn.call(bus.codeWritten, [offset, i32Const(width)]);
      frame.contextChanged();
    });
  });
  frame.facts.attends = true;
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
      stored(order, frame, linker, address, width);
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
    watched: (pa, bytes, touch) => {
      const args = [i32.wrap_i64(pa), i32.wrap_i64(bytes), i32.wrap_i64(touch)];
      return i64.extend_i32_u(order.keep(call('i32', bus.watched, args)));
    },
    ramPages: () => i64Const(layout.ramPages),
    pageFlags: (page) => order.read(load('i64.load8_u', i32.wrap_i64(page), layout.pageFlagsAt)),
    setPageFlags: (page, v) => {
      fn.emit(i32.wrap_i64(page));
      fn.emit(v);
      order.effect();
      fn.push({ op: 'i64.store8', offset: layout.pageFlagsAt });
    },
    codeLines: (page) => order.read(load('i64.load', hashAt(page), layout.codeLinesAt)),
    pageHash: (page) => order.read(load('i64.load', hashAt(page), layout.pageHashAt)),
    setPageHash: (page, v) => {
      fn.emit(hashAt(page));
      fn.emit(v);
      order.effect();
      fn.push({ op: 'i64.store', offset: layout.pageHashAt });
    },
  };
}
