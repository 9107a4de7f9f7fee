/**
 * Where a virtual address leads by the present page tables, told level by level. Manual: "Virtual Address Translation
 * Process", for Bare, Sv39 and Sv48.
 *
 * It says what is mapped, not who may go there: the flags of each PTE are given, but neither R, W, X and U nor SUM,
 * MXR, A, D and PMP decide anything, and mstatus.MPRV is ignored. So a debugger reads what the running code may not.
 * Nothing is changed: no A or D bit, no TLB entry. The TLB is not asked either, so a stale entry does not show.
 */

import { Priv, SATP_ASID, SATP_MODE_SHIFT, SATP_PPN, SatpMode } from '../../emu/cpu/priv/fields.ts';
import type { Board } from '../../emu/machine/board.ts';
import { readPhysical } from './physical.ts';

const PTE_BYTES = 8;
const PAGE_BITS = 12n;
const INDEX_BITS = 9n;
const PPN_SHIFT = 10n;
/** Bits of a PTE from 0 up, as the manual writes them. */
const FLAGS = [...'VRWXUGAD'];
const Pte = { V: 1n, R: 2n, W: 4n, X: 8n, U: 16n, A: 64n, D: 128n, reserved: 0x3ffn << 54n } as const;
const SATP_ASID_SHIFT = 44n;

/** Why an address leads nowhere. */
export type WalkFault =
  /** Not the sign extension of its 39 or 48 bits. */
  | 'not-canonical'
  /** V is clear. */
  | 'not-valid'
  /** W without R, a reserved bit, or U, A or D in a pointer. */
  | 'reserved'
  /** A pointer at the last level. */
  | 'no-leaf'
  /** A superpage whose physical address is not a multiple of its size. */
  | 'misaligned'
  /** The PTE itself is not in RAM. */
  | 'table-outside-ram';

export interface PageLevel {
  /** 0 is the last one, of 4 KiB pages. */
  readonly level: number;
  /** Physical address of the PTE. */
  readonly at: bigint;
  /** undefined: not in RAM. */
  readonly pte: bigint | undefined;
  /** Its low eight bits, `DAGUXWRV`, each a dash where it is clear. */
  readonly flags: string;
}

export interface PageWalk {
  readonly va: bigint;
  /** `none`: machine mode, where addresses are physical. */
  readonly mode: 'none' | 'bare' | 'Sv39' | 'Sv48';
  readonly asid: bigint;
  /** From the root down, as far as the walk came; empty without translation. */
  readonly levels: readonly PageLevel[];
  /** The physical address; whether anything answers there is another matter. */
  readonly pa: bigint | undefined;
  /** Bytes of the page that holds it; 4096 without translation. */
  readonly pageBytes: bigint | undefined;
  readonly fault: WalkFault | undefined;
}

export interface WalkOptions {
  /** Number of the hart; 0 when left out. */
  readonly hart?: number;
  /**
   * `privilege`, the default: as code running now addresses memory, without translation in machine mode. `satp`: by the
   * page tables whatever the privilege, to look at a kernel while the firmware runs.
   */
  readonly through?: 'privilege' | 'satp';
}

/** `va`: 64 bits, unsigned. */
export function walk(board: Board, va: bigint, { hart = 0, through = 'privilege' }: WalkOptions = {}): PageWalk {
  const block = board.harts[hart]!;
  const satp = block.get('satp');
  const asid = (satp & SATP_ASID) >> SATP_ASID_SHIFT;
  if (through === 'privilege' && block.get('priv') === Priv.M) return untranslated(va, 'none', asid);
  const mode = satp >> SATP_MODE_SHIFT;
  if (mode === SatpMode.bare) return untranslated(va, 'bare', asid);
  const paged = { va, asid, mode: mode === SatpMode.sv39 ? 'Sv39' : 'Sv48' } as const;
  return walkTables(board, (satp & SATP_PPN) << PAGE_BITS, paged);
}

const untranslated = (va: bigint, mode: 'none' | 'bare', asid: bigint): PageWalk => {
  return { va, mode, asid, levels: [], pa: va, pageBytes: 1n << PAGE_BITS, fault: undefined };
};

function walkTables(board: Board, root: bigint, paged: Pick<PageWalk, 'va' | 'asid' | 'mode'>): PageWalk {
  const { va, mode } = paged;
  const levels: PageLevel[] = [];
  const failed = (fault: WalkFault): PageWalk => ({ ...paged, levels, pa: undefined, pageBytes: undefined, fault });
  const top = mode === 'Sv39' ? 2 : 3;
  const bits = Number(PAGE_BITS + INDEX_BITS) + 9 * top;
  if (BigInt.asUintN(64, BigInt.asIntN(bits, va)) !== va) return failed('not-canonical');
  let table = root;
  for (let level = top; level >= 0; level--) {
    const shift = PAGE_BITS + INDEX_BITS * BigInt(level);
    const at = table + BigInt(PTE_BYTES) * ((va >> shift) & 0x1ffn);
    const pte = readPte(board, at);
    levels.push({ level, at, pte, flags: flagText(pte ?? 0n) });
    if (pte === undefined) return failed('table-outside-ram');
    if ((pte & Pte.V) === 0n) return failed('not-valid');
    if ((pte & (Pte.R | Pte.W)) === Pte.W || (pte & Pte.reserved) !== 0n) return failed('reserved');
    const page = (pte >> PPN_SHIFT) << PAGE_BITS;
    if ((pte & (Pte.R | Pte.X)) !== 0n) {
      const pageBytes = 1n << shift;
      if ((page & (pageBytes - 1n)) !== 0n) return failed('misaligned');
      return { ...paged, levels, pa: page | (va & (pageBytes - 1n)), pageBytes, fault: undefined };
    }
    if ((pte & (Pte.U | Pte.A | Pte.D)) !== 0n) return failed('reserved');
    table = page;
  }
  return failed('no-leaf');
}

function readPte(board: Board, at: bigint): bigint | undefined {
  const bytes = readPhysical(board, at, PTE_BYTES);
  if (bytes.length < PTE_BYTES) return undefined;
  return new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
}

const flagText = (pte: bigint): string =>
  FLAGS.map((letter, bit) => (pte & (1n << BigInt(bit)) ? letter : '-'))
    .reverse()
    .join('');
