/**
 * The hart in linear memory: one table of named 64-bit fields, then the TLB arrays. Every engine works on this block,
 * so engines can be exchanged between any two steps; a second hart is a second block.
 *
 * Kinds: `state` is architectural and in every snapshot and digest; `derived` is a function of state, recomputed after
 * a restore; `transient` has its reset value between steps, or belongs to the host (not observable by the guest).
 * CSR fields hold what the manual names, with WARL already applied.
 */

type FieldKind = 'state' | 'derived' | 'transient';

const state = [
  'pc',
  /** Steps since reset. */
  'tick',
  /** Privilege: 0 U, 1 S, 3 M. */
  'priv',
  'mstatus',
  'mie',
  /**
   * The software-written bits of mip: SSIP, STIP while menvcfg.STCE is clear, SEIP. What the CSR reads as is mip |
   * lines.
   */
  'mip',
  /**
   * Interrupt lines driven from outside, at their mip positions: MSIP (CLINT), MEIP and SEIP (PLIC), MTIP and STIP
   * (timer.ts).
   */
  'lines',
  'medeleg',
  'mideleg',
  'mtvec',
  'mepc',
  'mcause',
  'mtval',
  'mscratch',
  'mcounteren',
  'mcountinhibit',
  'menvcfg',
  'mseccfg',
  'stvec',
  'sepc',
  'scause',
  'stval',
  'sscratch',
  'scounteren',
  'senvcfg',
  'satp',
  'stimecmp',
  'fflags',
  'frm',
  'mhartid',
  /** mcycle = tick + cycleOffset unless mcountinhibit holds it, then mcycle = cycleOffset; likewise instret. */
  'cycleOffset',
  'instretOffset',
  'pmpcfg0',
  'pmpcfg2',
  'pmpaddr0',
  'pmpaddr1',
  'pmpaddr2',
  'pmpaddr3',
  'pmpaddr4',
  'pmpaddr5',
  'pmpaddr6',
  'pmpaddr7',
  'pmpaddr8',
  'pmpaddr9',
  'pmpaddr10',
  'pmpaddr11',
  'pmpaddr12',
  'pmpaddr13',
  'pmpaddr14',
  'pmpaddr15',
  /** Physical address reserved by LR, all ones for none. */
  'reservation',
  /** 1 while WFI waits: no step is made until an enabled interrupt is pending. */
  'waiting',
  /** CLINT mtimecmp of this hart. */
  'mtimecmp',
  /** The clock: time = anchorTime + ((tick - anchorTick) * rate >> 24). */
  'anchorTick',
  'anchorTime',
  'rate',
  /** 1: each read of time is asked of the host (Nondet.time) and moves the anchor: `--clock exact`. */
  'exactClock',
  /**
   * Virtual range low to high, both inside, that superpages in the TLB cover; low > high when none: decides how much
   * sfence.vma by address drops.
   */
  'superpageLow',
  'superpageHigh',
] as const;

const derived = [
  /** First tick at which time reaches mtimecmp or stimecmp and STIP or MTIP must rise; 2^63 - 1 for never. */
  'timerDue',
  /** TLB context of loads and stores, and of fetches: bits 3 to 11 of a TLB tag (tlb.ts). */
  'dataContext',
  'fetchContext',
  /** PMP decoded (pmp.ts), besides the ranges at PMP_OFFSET: entries up to the last active one. */
  'pmpCount',
  /**
   * Physical addresses, both inside, that one entry grants to all for everything and no earlier entry touches; low >
   * high when none.
   */
  'pmpOpenLow',
  'pmpOpenHigh',
] as const;

const transient = [
  /**
   * Set by whoever changes what the next step depends on (interrupt lines, context); engines look again and clear it.
   */
  'attention',
  /** 1 after a step raised, until the engine has seen it. */
  'trapped',
  /** The engine runs until this tick. */
  'untilTick',
  /** Non-zero: leave the engine after this step (set by a device: power off, reset). */
  'exitRequest',
  /** What the engine is to come back before (priv/alerts.ts), and 1 when it has. */
  'alerts',
  'alerted',
  /** Tick at which the present stretch of steps ends; compiled code counts down to it. */
  'stretchEnd',
  /** Steps made by compiled code since the hart was made: for reports. */
  'compiledTicks',
] as const;

export type HartField = (typeof state)[number] | (typeof derived)[number] | (typeof transient)[number];

export const X_OFFSET = 0;
export const F_OFFSET = 0x100;
const FIELDS_OFFSET = 0x200;
const names: readonly HartField[] = [...state, ...derived, ...transient];
const offsets = new Map<HartField, number>(names.map((name, i) => [name, FIELDS_OFFSET + 8 * i]));

/** Byte offset of a field from the hart's address. */
export function fieldOffset(field: HartField): number {
  const offset = offsets.get(field);
  if (offset === undefined) throw new Error(`no hart field ${field}`);
  return offset;
}
/** Fields that make up the architectural state, in snapshot and digest order. */
export const stateFields: readonly HartField[] = state;
export const fieldKind = (field: HartField): FieldKind =>
  (state as readonly string[]).includes(field)
    ? 'state'
    : (derived as readonly string[]).includes(field)
      ? 'derived'
      : 'transient';

/** Entries of each of the three TLBs (fetch, load, store); direct-mapped by virtual page number. */
export const TLB_ENTRIES = 1024;
export const TLB_KINDS = ['fetch', 'load', 'store'] as const;
export type TlbKind = (typeof TLB_KINDS)[number];
/**
 * Two arrays for each kind.
 * Architectural: `tag` u64 = virtual page address | context, all ones when empty: machine state, saved in snapshots.
 * Fast: 16 bytes `tag` u64, `addend` u32 (host address = low 32 bits of va + addend), `page` u32 (physical page number
 * of the entry: state, saved with the architectural tag). The fast tag is the architectural one, or all ones where the
 * host wants the slow path (first store to a page since it was last called clean, pages holding compiled code): never
 * observable.
 */
const TLB_OFFSET = 0x800;
/** Size of a fast entry, and where its fields are. */
export const FAST_ENTRY = { bytes: 16, tag: 0, addend: 8, page: 12 } as const;
const FAST_BYTES = TLB_ENTRIES * FAST_ENTRY.bytes;
const TAG_BYTES = TLB_ENTRIES * 8;
export const fastTlbOffset = (kind: TlbKind): number => TLB_OFFSET + TLB_KINDS.indexOf(kind) * FAST_BYTES;
export const tagTlbOffset = (kind: TlbKind): number =>
  TLB_OFFSET + 3 * FAST_BYTES + TLB_KINDS.indexOf(kind) * TAG_BYTES;
/** Bytes of linear memory that one hart takes. */
export const HART_BYTES = 0x1_4000;
/** Derived: 16 pairs of u64, first and last byte that each PMP entry covers; first > last when it covers none. */
export const PMP_OFFSET = 0x700;
export const pmpAddrField = (i: number): HartField => `pmpaddr${i}` as HartField;
export const RESERVATION_NONE = 0xffff_ffff_ffff_ffffn;
export const NEVER = 0x7fff_ffff_ffff_ffffn;

if (FIELDS_OFFSET + 8 * names.length > PMP_OFFSET) throw new Error('hart fields reach into the PMP ranges');
if (TLB_OFFSET + 3 * (FAST_BYTES + TAG_BYTES) > HART_BYTES) throw new Error('hart block too small');
