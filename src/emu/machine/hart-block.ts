/**
 * One hart's block in linear memory, from outside: fields and registers by name, between steps or inside a device
 * access. Not an engine: it gives nothing a meaning but the reset values.
 */

import type { HostAddr } from '../../lib/brands.ts';
import {
  F_OFFSET,
  fastTlbOffset,
  fieldOffset,
  type HartField,
  NEVER,
  RESERVATION_NONE,
  stateFields,
  TLB_ENTRIES,
  TLB_KINDS,
  type TlbKind,
  tagTlbOffset,
  X_OFFSET,
} from '../cpu/hart-layout.ts';
import { Envcfg, Irq, Priv } from '../cpu/priv/fields.ts';

const ALL_ONES = 0xffff_ffff_ffff_ffffn;
const LOW_ONES = 0xffff_ffff;
/** Tag of a TLB entry that holds nothing. */
export const TLB_TAG_EMPTY = ALL_ONES;
const RESERVED_BYTES = 8n;
const FAST_ENTRY_BYTES = 16;
const FAST_PAGE_AT = 12;

export class HartBlock {
  readonly at: HostAddr;
  readonly #view: DataView;

  constructor(memory: WebAssembly.Memory, at: HostAddr) {
    this.at = at;
    this.#view = new DataView(memory.buffer, at);
  }

  get(field: HartField): bigint {
    return this.#view.getBigUint64(fieldOffset(field), true);
  }
  set(field: HartField, value: bigint): void {
    this.#view.setBigUint64(fieldOffset(field), value, true);
  }
  x(i: number): bigint {
    return this.#view.getBigUint64(X_OFFSET + 8 * i, true);
  }
  setX(i: number, value: bigint): void {
    this.#view.setBigUint64(X_OFFSET + 8 * i, value, true);
  }
  f(i: number): bigint {
    return this.#view.getBigUint64(F_OFFSET + 8 * i, true);
  }
  setF(i: number, value: bigint): void {
    this.#view.setBigUint64(F_OFFSET + 8 * i, value, true);
  }

  /** Architectural tag and page of a TLB entry; the page of an empty entry reads 0. */
  tlbTag(kind: TlbKind, entry: number): bigint {
    return this.#view.getBigUint64(tagTlbOffset(kind) + 8 * entry, true);
  }
  tlbPage(kind: TlbKind, entry: number): number {
    if (this.tlbTag(kind, entry) === TLB_TAG_EMPTY) return 0;
    return this.#view.getUint32(fastTlbOffset(kind) + FAST_ENTRY_BYTES * entry + FAST_PAGE_AT, true);
  }
  /** All tags of a TLB, u64 little-endian; a copy. */
  tlbTags(kind: TlbKind): Uint8Array {
    return new Uint8Array(this.#view.buffer, this.at + tagTlbOffset(kind), 8 * TLB_ENTRIES).slice();
  }
  /** All physical page numbers of a TLB, u32 little-endian, 0 where the entry is empty; a copy. */
  tlbPages(kind: TlbKind): Uint8Array {
    const pages = new DataView(new ArrayBuffer(4 * TLB_ENTRIES));
    const tags = tagTlbOffset(kind);
    const entries = fastTlbOffset(kind) + FAST_PAGE_AT;
    for (let entry = 0; entry < TLB_ENTRIES; entry++) {
      const empty =
        this.#view.getUint32(tags + 8 * entry, true) === LOW_ONES &&
        this.#view.getUint32(tags + 8 * entry + 4, true) === LOW_ONES;
      if (!empty) pages.setUint32(4 * entry, this.#view.getUint32(entries + FAST_ENTRY_BYTES * entry, true), true);
    }
    return new Uint8Array(pages.buffer);
  }
  setTlb(kind: TlbKind, entry: number, tag: bigint, page: number): void {
    this.#view.setBigUint64(tagTlbOffset(kind) + 8 * entry, tag, true);
    this.#view.setUint32(fastTlbOffset(kind) + FAST_ENTRY_BYTES * entry + FAST_PAGE_AT, page, true);
  }

  /** Drives an external interrupt line at a position of mip. */
  drive(position: bigint, level: boolean): void {
    const lines = this.get('lines');
    const driven = level ? lines | (1n << position) : lines & ~(1n << position);
    if (driven === lines) return;
    this.set('lines', driven);
    this.set('attention', 1n);
  }

  /** A device has written these bytes: SC to what LR reserved among them fails. */
  breakReservation(pa: bigint, length: bigint): void {
    const reserved = this.get('reservation');
    if (reserved + RESERVED_BYTES > pa && reserved < pa + length) this.set('reservation', RESERVATION_NONE);
  }

  /** Hart times at which a timer ends a WFI. */
  wakingTimes(): bigint[] {
    const enabled = (irq: bigint): boolean => (this.get('mie') & (1n << irq)) !== 0n;
    const drivesStip = (this.get('menvcfg') & Envcfg.STCE) !== 0n;
    return [
      ...(enabled(Irq.MTI) ? [this.get('mtimecmp')] : []),
      ...(enabled(Irq.STI) && drivesStip ? [this.get('stimecmp')] : []),
    ].filter((time) => time < NEVER);
  }

  /**
   * The state in which a hart leaves reset, besides where it begins. Tick and clock go on: a reset does not turn back
   * time. The engine's `rederive` must follow.
   */
  reset(hartId: number): void {
    const kept = (['tick', 'anchorTick', 'anchorTime', 'rate', 'exactClock'] as const).map(
      (field) => [field, this.get(field)] as const,
    );
    for (const field of stateFields) this.set(field, 0n);
    for (const [field, value] of kept) this.set(field, value);
    for (let i = 0; i < 32; i++) {
      this.setX(i, 0n);
      this.setF(i, 0n);
    }
    this.set('priv', Priv.M);
    // Hardware updates of A and D are on until software turns them off, as on QEMU.
    this.set('menvcfg', Envcfg.ADUE);
    this.set('mhartid', BigInt(hartId));
    this.set('mtimecmp', ALL_ONES);
    this.set('stimecmp', ALL_ONES);
    this.set('cycleOffset', BigInt.asUintN(64, -this.get('tick')));
    this.set('instretOffset', BigInt.asUintN(64, -this.get('tick')));
    this.set('reservation', RESERVATION_NONE);
    this.set('superpageLow', ALL_ONES);
    for (const kind of TLB_KINDS) {
      for (let entry = 0; entry < TLB_ENTRIES; entry++) this.setTlb(kind, entry, TLB_TAG_EMPTY, 0);
    }
    this.settle();
  }

  /** Transient fields as they are between steps; engines look at everything again. */
  settle(): void {
    this.set('trapped', 0n);
    this.set('exitRequest', 0n);
    this.set('timerDue', NEVER);
    this.set('attention', 1n);
  }
}
