/**
 * A hart's block and RAM as plain named values, and back. It knows the layout of neither: names come from
 * hart-layout.ts.
 */

import { stateFields, TLB_ENTRIES, TLB_KINDS, type TlbKind } from '../cpu/hart-layout.ts';
import { PAGE_BYTES } from '../cpu/memory-layout.ts';
import type { Plain } from '../devices/device.ts';
import type { HartBlock } from './hart-block.ts';
import { isZero } from './page-keeper.ts';
import type { Ram } from './ram.ts';

export type HartState = { readonly [field: string]: Plain };

const tlbName = (kind: TlbKind, part: 'Tags' | 'Pages'): string => `${kind}Tlb${part}`;

/** State fields, `x1` to `x31`, `f0` to `f31`, and for each TLB its tags (u64) and pages (u32), little-endian. */
export function saveHart(hart: HartBlock): HartState {
  const state: { [field: string]: Plain } = {};
  for (const field of stateFields) state[field] = hart.get(field);
  for (let i = 1; i < 32; i++) state[`x${i}`] = hart.x(i);
  for (let i = 0; i < 32; i++) state[`f${i}`] = hart.f(i);
  for (const kind of TLB_KINDS) {
    state[tlbName(kind, 'Tags')] = hart.tlbTags(kind);
    state[tlbName(kind, 'Pages')] = hart.tlbPages(kind);
  }
  return state;
}

/** The engine's `rederive` must follow. A missing or wrong field throws: a snapshot is whole or it is none. */
export function restoreHart(hart: HartBlock, state: HartState): void {
  for (const field of stateFields) hart.set(field, word(state, field));
  for (let i = 1; i < 32; i++) hart.setX(i, word(state, `x${i}`));
  for (let i = 0; i < 32; i++) hart.setF(i, word(state, `f${i}`));
  for (const kind of TLB_KINDS) {
    const tags = table(state, tlbName(kind, 'Tags'), 8 * TLB_ENTRIES);
    const pages = table(state, tlbName(kind, 'Pages'), 4 * TLB_ENTRIES);
    for (let entry = 0; entry < TLB_ENTRIES; entry++) {
      hart.setTlb(kind, entry, tags.getBigUint64(8 * entry, true), pages.getUint32(4 * entry, true));
    }
  }
  hart.settle();
}

function word(state: HartState, field: string): bigint {
  const value = state[field];
  // CBOR gives small integers back as numbers.
  if (typeof value === 'number') return BigInt(value);
  if (typeof value !== 'bigint') throw new TypeError(`snapshot: hart field ${field} is missing`);
  return value;
}

function table(state: HartState, field: string, bytes: number): DataView {
  const value = state[field];
  if (!(value instanceof Uint8Array) || value.length !== bytes) throw new TypeError(`snapshot: no ${field}`);
  return new DataView(value.buffer, value.byteOffset, value.byteLength);
}

/** The pages that are not all zero, by page number; nobody may change them. */
export const savePages = (ram: Ram): ReadonlyMap<number, Uint8Array> => ram.keeper?.save() ?? copyPages(ram);

export function restorePages(ram: Ram, pages: ReadonlyMap<number, Uint8Array>): void {
  if (ram.keeper === undefined) writePages(ram, pages);
  else ram.keeper.restore(pages);
}

function copyPages(ram: Ram): Map<number, Uint8Array> {
  const pages = new Map<number, Uint8Array>();
  for (let index = 0; index < ram.pages; index++) {
    const page = ram.page(index);
    if (!isZero(page)) pages.set(index, page.slice());
  }
  return pages;
}

function writePages(ram: Ram, pages: ReadonlyMap<number, Uint8Array>): void {
  ram.bytes.fill(0);
  for (const [index, page] of pages) {
    if (index < 0 || index >= ram.pages || page.length !== PAGE_BYTES) throw new RangeError(`snapshot: page ${index}`);
    ram.page(index).set(page);
  }
  ram.markAllChanged();
}
