/**
 * What a debugger has asked the engine to come back for (priv/alerts.ts), where each part of it is looked at: traps in
 * the field `alerts`, memory by flags of its pages, which keep accesses off the fast path, and addresses of
 * instructions by the interpreter, since no code is compiled over them. Nothing of this can be observed by the guest.
 */

import type { AlertRequests, Watched } from '../engine.ts';
import { fieldOffset } from '../hart-layout.ts';
import { type MemoryLayout, PAGE_BYTES, PAGE_SHIFT, PageFlag, RAM_BASE } from '../memory-layout.ts';
import { Alert, Touch } from '../priv/alerts.ts';
import { FastTlb } from './fast-tlb.ts';

const WATCH = PageFlag.watchRead | PageFlag.watchWrite;
const TOUCHES = { read: Touch.read, write: Touch.write, access: Touch.both } as const;

export class AlertControl {
  readonly #memory: DataView;
  readonly #tlb: FastTlb;
  readonly #layout: MemoryLayout;
  #breakpoints: ReadonlySet<bigint> = new Set();
  #watched: readonly Watched[] = [];
  #mask = 0n;
  #armed = false;

  constructor(memory: WebAssembly.Memory, layout: MemoryLayout) {
    this.#memory = new DataView(memory.buffer);
    this.#tlb = new FastTlb(memory, layout);
    this.#layout = layout;
  }

  get armed(): boolean {
    return this.#armed;
  }
  /** Whether the interpreter has to look at addresses. */
  get breaks(): boolean {
    return this.#armed && this.#breakpoints.size > 0;
  }
  get hasBreakpoints(): boolean {
    return this.#breakpoints.size > 0;
  }
  isBreakpoint(va: bigint): boolean {
    return this.#breakpoints.has(va);
  }

  /** Replaces what was asked for. */
  ask({ breakpoints, memory, traps }: AlertRequests): void {
    this.#markPages(0);
    this.#breakpoints = breakpoints;
    this.#watched = memory;
    // An interrupt decides where the next step is, which breakpoints depend on.
    this.#mask = breakpoints.size > 0 ? Alert.interrupt : 0n;
    for (const trap of traps) this.#mask |= Alert[trap];
    // A trap or a return changes the privilege as well.
    if (traps.has('privilege')) this.#mask |= Alert.interrupt | Alert.exception | Alert.syscall;
    if (memory.length > 0) this.#mask |= Alert.memory;
    this.#markPages(WATCH);
    this.arm(this.#armed);
  }

  /** Alerts are given only while armed. */
  arm(on: boolean): void {
    this.#armed = on;
    for (let i = 0; i < this.#layout.harts; i++) {
      const hart = this.#layout.hartAt(i);
      this.#memory.setBigUint64(hart + fieldOffset('alerts'), on ? this.#mask : 0n, true);
      this.#memory.setBigUint64(hart + fieldOffset('alerted'), 0n, true);
    }
  }

  /** Whether an access (Touch) to these bytes of RAM is asked for. */
  touches(pa: number, length: number, touch: number): boolean {
    return this.#watched.some(
      (watch) =>
        (TOUCHES[watch.on] & touch) !== 0 && pa < Number(watch.pa) + watch.length && Number(watch.pa) < pa + length,
    );
  }

  /** Sets the flags of every watched page, of those in `allowed`, and clears the others. */
  #markPages(allowed: number): void {
    for (const { pa, length, on } of this.#watched) {
      const flag = on === 'write' ? PageFlag.watchWrite : WATCH;
      const first = Math.max(0, (Number(pa) - RAM_BASE) >> PAGE_SHIFT);
      const last = Math.min(this.#layout.ramPages - 1, (Number(pa) + length - 1 - RAM_BASE) >> PAGE_SHIFT);
      for (let page = first; page <= last; page++) {
        const at = this.#layout.pageFlagsAt + page;
        const kept = this.#memory.getUint8(at) & (allowed === 0 ? ~WATCH : 0xff);
        this.#memory.setUint8(at, kept | (flag & allowed));
        if (allowed !== 0) this.#tlb.slow(page + RAM_BASE / PAGE_BYTES, ['load', 'store']);
      }
    }
  }
}
