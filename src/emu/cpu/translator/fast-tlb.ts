/** The fast TLBs (hart-layout.ts) as JavaScript looks into them, beside the code that uses them. */

import type { HostAddr } from '../../../lib/brands.ts';
import { FAST_ENTRY, fastTlbOffset, TLB_ENTRIES, type TlbKind } from '../hart-layout.ts';
import { type MemoryLayout, PAGE_SHIFT } from '../memory-layout.ts';

const EMPTY = 0xffff_ffff_ffff_ffffn;

export class FastTlb {
  readonly #memory: DataView;
  readonly #layout: MemoryLayout;

  constructor(memory: WebAssembly.Memory, layout: MemoryLayout) {
    this.#memory = new DataView(memory.buffer);
    this.#layout = layout;
  }

  /** Physical page number of the virtual page at `va`, in this context; undefined when it is not held. */
  page(hart: HostAddr, kind: TlbKind, va: bigint, context: bigint): number | undefined {
    const index = Number((va >> BigInt(PAGE_SHIFT)) & BigInt(TLB_ENTRIES - 1));
    const entry = hart + fastTlbOffset(kind) + index * FAST_ENTRY.bytes;
    const isHeld = this.#memory.getBigUint64(entry + FAST_ENTRY.tag, true) === (va | context);
    return isHeld ? this.#memory.getUint32(entry + FAST_ENTRY.page, true) : undefined;
  }

  /** Every such access to a physical page takes the slow path from now on, on every hart. */
  slow(page: number, kinds: readonly TlbKind[]): void {
    for (let hart = 0; hart < this.#layout.harts; hart++) {
      for (const kind of kinds) {
        const fast = this.#layout.hartAt(hart) + fastTlbOffset(kind);
        for (let at = fast; at < fast + TLB_ENTRIES * FAST_ENTRY.bytes; at += FAST_ENTRY.bytes) {
          if (this.#memory.getUint32(at + FAST_ENTRY.page, true) !== page) continue;
          this.#memory.setBigUint64(at + FAST_ENTRY.tag, EMPTY, true);
        }
      }
    }
  }
}
