/**
 * Guest RAM as bus masters and loaders reach it: bounds, page flags, copies. The CPU does not come by here; engines
 * work on the same linear memory, so what is written here is seen by the very next step.
 *
 * Invariant: a page whose bytes change gets its dirty flag; a page that holds compiled code is reported before anything
 * runs again.
 */

import { type MemoryLayout, PAGE_BYTES, PAGE_SHIFT, PageFlag, RAM_BASE } from '../cpu/memory-layout.ts';
import { type GuestMemory, GuestMemoryFault } from '../devices/device.ts';
import type { PageKeeper, PageView } from './page-keeper.ts';

export interface RamHooks {
  /** Bytes at a physical address were changed by a device. */
  readonly written: (pa: number, length: number) => void;
  /** Bytes of a page with PageFlag.code were changed by a device: its compiled code is void. */
  readonly codeWritten: (page: number) => void;
}

export class Ram implements GuestMemory {
  readonly bytes: Uint8Array;
  /** RAM and what the engine keeps about its pages. */
  readonly view: PageView;
  /** Where snapshots put the pages and get them from; they are copied, all of them, without one. */
  keeper: PageKeeper | undefined;
  /** Told of what devices and loaders write, as RamHooks.written; for whoever watches the machine. */
  observer: RamHooks['written'] | undefined;
  readonly #flags: Uint8Array;
  readonly #hooks: RamHooks;

  constructor(memory: WebAssembly.Memory, layout: MemoryLayout, hooks: RamHooks) {
    this.bytes = new Uint8Array(memory.buffer, layout.ramAt, layout.ramBytes);
    this.#flags = new Uint8Array(memory.buffer, layout.pageFlagsAt, layout.ramPages);
    this.#hooks = hooks;
    const hashes = new Uint32Array(memory.buffer, layout.pageHashAt, 2 * layout.ramPages);
    this.view = { bytes: this.bytes, flags: this.#flags, hashes, codeWritten: hooks.codeWritten };
  }

  get pages(): number {
    return this.#flags.length;
  }

  /** A copy. */
  read(pa: bigint, length: number): Uint8Array {
    const at = this.#offset(pa, length);
    return this.bytes.slice(at, at + length);
  }

  write(pa: bigint, bytes: Uint8Array): void {
    const at = this.#offset(pa, bytes.length);
    if (bytes.length === 0) return;
    this.bytes.set(bytes, at);
    this.#changed(at, bytes.length);
  }

  fill(pa: bigint, length: number): void {
    const at = this.#offset(pa, length);
    if (length === 0) return;
    this.bytes.fill(0, at, at + length);
    this.#changed(at, length);
  }

  /** Page `index` of RAM, not a copy. */
  page(index: number): Uint8Array {
    return this.bytes.subarray(index * PAGE_BYTES, (index + 1) * PAGE_BYTES);
  }

  /** Every page counts as changed, as after a restore or at power on. */
  markAllChanged(): void {
    const flags = this.#flags;
    for (let page = 0; page < flags.length; page++) if (flags[page]! & PageFlag.code) this.#hooks.codeWritten(page);
    flags.fill(PageFlag.dirty);
  }

  /** No engine holds compiled code any more. */
  forgetCode(): void {
    for (const [page, flags] of this.#flags.entries()) this.#flags[page] = flags & ~PageFlag.code;
  }

  #changed(at: number, length: number): void {
    const last = (at + length - 1) >>> PAGE_SHIFT;
    for (let page = at >>> PAGE_SHIFT; page <= last; page++) {
      if (this.#flags[page]! & PageFlag.code) this.#hooks.codeWritten(page);
      this.#flags[page]! |= PageFlag.dirty;
    }
    this.#hooks.written(at + RAM_BASE, length);
    this.observer?.(at + RAM_BASE, length);
  }

  #offset(pa: bigint, length: number): number {
    const at = pa - BigInt(RAM_BASE);
    if (at < 0n || at + BigInt(length) > BigInt(this.bytes.length)) {
      throw new GuestMemoryFault(`${length} bytes at 0x${pa.toString(16)} are not in RAM`);
    }
    return Number(at);
  }
}
