/** Page tables for scenarios: address spaces in which virtual pages of RAM are those pages, until they are changed. */

import { type Guest, RAM } from '../guest.ts';

export const TABLES = 0x1_8000;
const SPACE_BYTES = 0x3000;
export const PAGE = 0x1000;
export const V_RWX = 0xfn;
export const USER = 0x10n;
const A_D = 0xc0n;
export const USUAL = V_RWX | A_D;

export const satpOf = (space: number): bigint =>
  (8n << 60n) | (BigInt(space + 1) << 44n) | ((RAM + BigInt(TABLES + space * SPACE_BYTES)) >> 12n);
/** Offset into RAM of the entry of a page. */
export const leafAt = (space: number, page: number): number => TABLES + space * SPACE_BYTES + 2 * PAGE + 8 * page;

/** Sv39: the first 2 MiB and those at RAM, both through one last table. */
export function putSpace({ machine }: Guest, space: number, flags: (page: number) => bigint): void {
  const put = (offset: number, target: number, bits: bigint): void =>
    machine.view.setBigUint64(machine.layout.ramAt + offset, (((RAM + BigInt(target)) >> 12n) << 10n) | bits, true);
  const root = TABLES + space * SPACE_BYTES;
  put(root, root + PAGE, 1n);
  put(root + 16, root + PAGE, 1n);
  put(root + PAGE, root + 2 * PAGE, 1n);
  for (let page = 0; page < 32; page++) put(leafAt(space, page), page * PAGE, flags(page));
}
/** Maps a page to another one. */
export const remap = (guest: Guest, space: number, page: number, target: number): void =>
  remapAt(guest, leafAt(space, page), target);
/** The entry at an offset into RAM maps to a page. */
export function remapAt({ machine }: Guest, entry: number, target: number, flags = USUAL): void {
  const pte = ((RAM + BigInt(target * PAGE)) >> 2n) | flags;
  machine.view.setBigUint64(machine.layout.ramAt + entry, pte, true);
}

export function inMode(guest: Guest, priv: 0n | 1n, space = 0): void {
  const { machine } = guest;
  machine.set('priv', priv);
  machine.set('satp', satpOf(space));
  machine.set('pmpcfg0', 0x1fn);
  machine.set('pmpaddr0', 0x3f_ffff_ffff_ffffn);
  machine.set('mstatus', 0x6000n);
}
/** S-mode in the first of two address spaces where every page is there. */
export function supervisor(guest: Guest): void {
  for (const space of [0, 1]) putSpace(guest, space, () => USUAL);
  inMode(guest, 1n);
}
