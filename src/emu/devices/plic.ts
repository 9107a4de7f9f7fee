/**
 * PLIC (RISC-V Platform-Level Interrupt Controller specification 1.0.0) with level-triggered gateways: sources 1 to 96,
 * two contexts a hart (M then S), 3 priority bits, the layout and sizes of QEMU's `virt` board.
 *
 * A gateway forwards one request at a time: a high line makes its source pending, a claim takes it into service, and
 * only the completion opens the gateway again. As the specification says, a request once pending stays when its line
 * falls.
 */

import type { Device } from './device.ts';

export const PLIC_SOURCES = 96;
export const PLIC_BYTES = 0x60_0000;
const PENDING = 0x1000;
const ENABLE = 0x2000;
const ENABLE_STRIDE = 0x80;
const CONTEXT = 0x20_0000;
const CONTEXT_STRIDE = 0x1000;
const PRIORITY_MASK = 7;
const IDS = PLIC_SOURCES + 1;
const BITMAP_WORDS = Math.ceil(IDS / 32);

export type PlicState = {
  /** By source number; entry 0 stays 0. */
  readonly priority: Uint8Array;
  readonly level: Uint8Array;
  readonly pending: Uint8Array;
  readonly inService: Uint8Array;
  /** By context: the enable bit of each source, and the threshold. */
  readonly enable: readonly Uint8Array[];
  readonly threshold: readonly number[];
};

export interface PlicPorts {
  readonly contexts: number;
  /** The external interrupt line of a context: 2 * hart for M, 2 * hart + 1 for S. */
  readonly notify: (context: number, level: boolean) => void;
}

export class Plic implements Device<PlicState> {
  readonly #ports: PlicPorts;
  readonly #priority = new Uint8Array(IDS);
  readonly #level = new Uint8Array(IDS);
  readonly #pending = new Uint8Array(IDS);
  readonly #inService = new Uint8Array(IDS);
  readonly #enable: readonly Uint8Array[];
  readonly #threshold: number[];

  constructor(ports: PlicPorts) {
    this.#ports = ports;
    this.#enable = Array.from({ length: ports.contexts }, () => new Uint8Array(IDS));
    this.#threshold = new Array<number>(ports.contexts).fill(0);
  }

  /** Power-on values; lines keep the level that their devices drive. */
  reset(): void {
    for (const array of [this.#priority, this.#pending, this.#inService, ...this.#enable]) array.fill(0);
    this.#threshold.fill(0);
    for (let id = 1; id < IDS; id++) this.#forward(id);
    this.#updateContexts();
  }

  /** A device drives its line. */
  setLevel(id: number, level: boolean): void {
    if (this.#level[id] === Number(level)) return;
    this.#level[id] = Number(level);
    if (!level) return;
    this.#forward(id);
    this.#updateContexts();
  }

  /** Contexts whose external interrupt would rise if this source's line rose now. */
  contextsOf(id: number): readonly number[] {
    if (this.#inService[id] === 1) return [];
    return this.#threshold.flatMap((threshold, context) =>
      this.#enable[context]![id] === 1 && this.#priority[id]! > threshold ? [context] : [],
    );
  }

  /** Registers are 32 bits wide; an access of another width or alignment reads 0 and writes nothing. */
  read(offset: number, width: 1 | 2 | 4): number {
    if (width !== 4 || offset % 4 !== 0) return 0;
    if (offset < PENDING) return this.#priority[offset / 4] ?? 0;
    if (offset < ENABLE) return bitmapWord(this.#pending, (offset - PENDING) / 4);
    if (offset < CONTEXT) {
      const { index, at } = locate(offset - ENABLE, ENABLE_STRIDE);
      const enable = this.#enable[index];
      return enable === undefined ? 0 : bitmapWord(enable, at / 4);
    }
    const { index, at } = locate(offset - CONTEXT, CONTEXT_STRIDE);
    if (index >= this.#ports.contexts) return 0;
    if (at === 0) return this.#threshold[index]!;
    return at === 4 ? this.#claim(index) : 0;
  }

  write(offset: number, width: 1 | 2 | 4, value: number): void {
    if (width !== 4 || offset % 4 !== 0) return;
    if (offset < PENDING) {
      const id = offset / 4;
      if (id >= 1 && id < IDS) this.#priority[id] = value & PRIORITY_MASK;
    } else if (offset >= ENABLE && offset < CONTEXT) {
      const { index, at } = locate(offset - ENABLE, ENABLE_STRIDE);
      const enable = this.#enable[index];
      if (enable !== undefined) setBitmapWord(enable, at / 4, value);
    } else if (offset >= CONTEXT) {
      const { index, at } = locate(offset - CONTEXT, CONTEXT_STRIDE);
      if (index >= this.#ports.contexts) return;
      if (at === 0) this.#threshold[index] = value & PRIORITY_MASK;
      else if (at === 4) this.#complete(index, value);
    }
    this.#updateContexts();
  }

  save(): PlicState {
    return {
      priority: this.#priority.slice(),
      level: this.#level.slice(),
      pending: this.#pending.slice(),
      inService: this.#inService.slice(),
      enable: this.#enable.map((enable) => enable.slice()),
      threshold: [...this.#threshold],
    };
  }

  /** Does not drive the context lines: mip is restored with its hart. */
  restore(state: PlicState): void {
    this.#priority.set(state.priority);
    this.#level.set(state.level);
    this.#pending.set(state.pending);
    this.#inService.set(state.inService);
    for (const [context, enable] of this.#enable.entries()) enable.set(state.enable[context]!);
    for (const context of this.#threshold.keys()) this.#threshold[context] = state.threshold[context]!;
  }

  #forward(id: number): void {
    if (this.#level[id] === 1 && this.#inService[id] === 0) this.#pending[id] = 1;
  }

  /**
   * Highest priority pending and enabled source, lowest number first among equals; 0 when none. The threshold does not
   * count.
   */
  #best(context: number): number {
    const enable = this.#enable[context]!;
    let best = 0;
    for (let id = 1; id < IDS; id++) {
      if (this.#pending[id] === 1 && enable[id] === 1 && this.#priority[id]! > this.#priority[best]!) best = id;
    }
    return best;
  }

  #claim(context: number): number {
    const id = this.#best(context);
    if (id === 0) return 0;
    this.#pending[id] = 0;
    this.#inService[id] = 1;
    this.#updateContexts();
    return id;
  }

  /** A completion by a context that does not enable the source is ignored. */
  #complete(context: number, id: number): void {
    if (this.#enable[context]![id] !== 1) return;
    this.#inService[id] = 0;
    this.#forward(id);
  }

  #updateContexts(): void {
    for (let context = 0; context < this.#ports.contexts; context++) {
      const id = this.#best(context);
      this.#ports.notify(context, id !== 0 && this.#priority[id]! > this.#threshold[context]!);
    }
  }
}

const locate = (offset: number, stride: number): { readonly index: number; readonly at: number } => ({
  index: Math.floor(offset / stride),
  at: offset % stride,
});

function bitmapWord(bits: Uint8Array, word: number): number {
  if (word >= BITMAP_WORDS) return 0;
  let value = 0;
  for (let i = 0; i < 32; i++) if (bits[32 * word + i] === 1) value |= 1 << i;
  return value >>> 0;
}

/** Bits of source 0 and beyond the last source are wired to 0. */
function setBitmapWord(bits: Uint8Array, word: number, value: number): void {
  for (let i = 0; i < 32; i++) {
    const id = 32 * word + i;
    if (id >= 1 && id < IDS) bits[id] = (value >>> i) & 1;
  }
}
