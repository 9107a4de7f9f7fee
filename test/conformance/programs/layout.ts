/**
 * What the generator and the executor agree on: addresses in guest memory, and the selectors that name a case's inputs
 * and outputs. Kept equal to executor/frame.h, main.c and link.ld by hand; a wrong value shows in every case.
 */
export const FIELD = 0x8020_0000;
/** A case's code, in the middle of a field of c.ebreak from FIELD to FIELD + 0x4000. */
export const CODE = 0x8020_1000;
/** Register xN starts as DATA + 16 * N; memory around holds a pattern. */
export const DATA = 0x8030_4000;
export const DATA_START = 0x8030_0000;
/** Free for page tables. */
export const TABLES = 0x8010_0000;
/** Batches as batch.ts encodes them. */
export const CASES = 0x8040_0000;

/** Trap tables of 64 entries: S-mode by ecall, S-mode by ebreak, M-mode with the entry's address + 4 in t6. */
export const S_TABLE = 0x8000_1000;
export const S_BREAK_TABLE = 0x8000_1100;
export const M_TABLE = 0x8000_1200;

/** mstatus as every case starts: UXL and SXL 64, FS Initial; MPP and MPIE of the mret that starts it apart. */
export const MSTATUS = 0xa_0000_2000n;

/** A named input or output of a case. */
export interface Place {
  readonly name: string;
  readonly selector: number;
}

export const x = (register: number, name = `x${register}`): Place => ({ name, selector: register });
export const f = (register: number, name = `f${register}`): Place => ({ name, selector: 32 + register });
/** A doubleword, or a word, of memory by physical address. */
export const mem = (address: number, name = `memory ${address.toString(16)}`): Place => ({ name, selector: address });
export const mem32 = (address: number, name: string): Place => ({ name, selector: address + 1 });
/** The instruction word `index` of the case's code. */
export const codeWord = (index: number, name = 'instruction'): Place => mem32(CODE + 4 * index, name);

const field = (name: string, index: number): Place => ({ name, selector: 64 + index });
/** What the trap to M-mode left, that ends every case. Cause is mcause + 1. */
export const TRAP = {
  cause: field('mcause+1', 0),
  epc: field('mepc', 1),
  tval: field('mtval', 2),
  mstatus: field('mstatus', 3),
  mip: field('mip', 4),
  scause: field('scause', 5),
  sepc: field('sepc', 6),
  stval: field('stval', 7),
  fcsr: field('fcsr', 8),
} as const;

/** Registers changed by the case: how many, the first of them, its change; the memory around DATA likewise. */
export const CHANGED = [
  { name: 'x registers changed', selector: 80 },
  { name: 'first x changed', selector: 81 },
  { name: 'by', selector: 82 },
] as const satisfies readonly Place[];
export const CHANGED_F = [
  { name: 'f registers changed', selector: 83 },
  { name: 'first f changed', selector: 84 },
  { name: 'by (f)', selector: 85 },
] as const satisfies readonly Place[];
export const WINDOW = [
  { name: 'first doubleword changed, + 1', selector: 86 },
  { name: 'its value', selector: 87 },
] as const satisfies readonly Place[];
