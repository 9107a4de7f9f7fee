/**
 * The engine's linear memory, shared by every engine:
 *
 *     0            64 KiB             +harts*HART_BYTES     +512 KiB     +512 KiB   +256 KiB
 *     +------------+------------------+---------------------+------------+----------+
 *     | never used | hart 0, hart 1 … | RVC expansion u64[] | jump cache | code map |
 *     +------------+------------------+---------------------+------------+----------+
 *                  +pages      +8*pages    +8*pages
 *     +------------+-----------+-----------+
 *     | page flags | page hash | code lines|
 *     +------------+-----------+-----------+
 *     64 KiB aligned
 *     +-----------+-----+
 *     | guest RAM | pad |
 *     +-----------+-----+
 *
 * Host addresses are unsigned 32-bit (wasm memory up to 4 GiB): the pad lets a 4-byte fetch at RAM's last half-word
 * stay inside.
 */

import type { HostAddr } from '../../lib/brands.ts';
import { HART_BYTES } from './hart-layout.ts';

export const PAGE_SHIFT = 12;
export const PAGE_BYTES = 4096;
/** Where RAM begins in guest physical memory (QEMU virt). */
export const RAM_BASE = 0x8000_0000;

/** Page flags, one byte a RAM page; about the host only. */
export const PageFlag = { dirty: 1, code: 2, watchRead: 4, watchWrite: 8 } as const;

export interface MemoryLayout {
  readonly harts: number;
  readonly ramBytes: number;
  readonly ramPages: number;
  readonly hartAt: (index: number) => HostAddr;
  /**
   * u64[65536]: of each compressed instruction met so far its 32-bit equivalent, and from bit RVC_ROW_SHIFT on the
   * number of that one's row in the instruction table; 0 where reserved or not met. About the host only.
   */
  readonly rvcAt: HostAddr;
  /** JUMP_CACHE_ENTRIES of 32 bytes (translator/jump-cache.ts): where jumps went, and the code compiled for it. */
  readonly jumpCacheAt: HostAddr;
  /** CODE_MAP_SETS of CODE_MAP_SET_BYTES (translator/code-map.ts): the code compiled for a place. */
  readonly codeMapAt: HostAddr;
  /** u8[ramPages] of PageFlag bits. */
  readonly pageFlagsAt: HostAddr;
  /** u64[ramPages]: hash of each page as of when its dirty flag was last cleared. */
  readonly pageHashAt: HostAddr;
  /** u64[ramPages]: of a page with PageFlag.code, a bit for each line of 64 bytes that compiled code was made from. */
  readonly codeLinesAt: HostAddr;
  readonly ramAt: HostAddr;
  readonly totalBytes: number;
}

/** A page's bytes as bits of one u64. */
export const CODE_LINE_SHIFT = 6;
export const RVC_ENTRY_SHIFT = 3;
export const RVC_ROW_SHIFT = 32;
export const JUMP_CACHE_ENTRIES = 16384;
export const JUMP_CACHE_ENTRY_BYTES = 32;
export const CODE_MAP_SETS = 4096;
export const CODE_MAP_SET_BYTES = 64;

const WASM_PAGE = 65536;
const alignUp = (n: number, to: number): number => Math.ceil(n / to) * to;
export const MAX_RAM_BYTES = 3 * 1024 ** 3;

/** `ramBytes` is a multiple of 4096, at most MAX_RAM_BYTES. */
export function memoryLayout(ramBytes: number, harts = 1): MemoryLayout {
  if (ramBytes <= 0 || ramBytes % PAGE_BYTES !== 0 || ramBytes > MAX_RAM_BYTES)
    throw new RangeError(`ram of ${ramBytes} bytes`);
  const hartsAt = WASM_PAGE;
  const rvcAt = hartsAt + harts * HART_BYTES;
  const ramPages = ramBytes / PAGE_BYTES;
  const jumpCacheAt = rvcAt + (65536 << RVC_ENTRY_SHIFT);
  const codeMapAt = alignUp(jumpCacheAt + JUMP_CACHE_ENTRY_BYTES * JUMP_CACHE_ENTRIES, CODE_MAP_SET_BYTES);
  const pageFlagsAt = codeMapAt + CODE_MAP_SETS * CODE_MAP_SET_BYTES;
  const pageHashAt = alignUp(pageFlagsAt + ramPages, 8);
  const codeLinesAt = pageHashAt + 8 * ramPages;
  const ramAt = alignUp(codeLinesAt + 8 * ramPages, WASM_PAGE);
  return {
    harts,
    ramBytes,
    ramPages,
    hartAt: (index) => (hartsAt + index * HART_BYTES) as HostAddr,
    rvcAt: rvcAt as HostAddr,
    jumpCacheAt: jumpCacheAt as HostAddr,
    codeMapAt: codeMapAt as HostAddr,
    pageFlagsAt: pageFlagsAt as HostAddr,
    pageHashAt: pageHashAt as HostAddr,
    codeLinesAt: codeLinesAt as HostAddr,
    ramAt: ramAt as HostAddr,
    totalBytes: alignUp(ramAt + ramBytes + 16, WASM_PAGE),
  };
}

export const createMemory = (layout: MemoryLayout): WebAssembly.Memory =>
  new WebAssembly.Memory({ initial: layout.totalBytes / WASM_PAGE, maximum: layout.totalBytes / WASM_PAGE });
