/**
 * A hart, RAM and one simple device with no board around them: what engines are compared on. The device answers in
 * DEVICE_BASE.. with a register file; a store to its first word sets the hart's interrupt lines, one to EXIT asks the
 * engine to leave.
 */

import type { Bus, Engine, EngineFactory, ExitReason } from '../../../../src/emu/cpu/engine.ts';
import {
  F_OFFSET,
  fastTlbOffset,
  fieldOffset,
  type HartField,
  stateFields,
  TLB_ENTRIES,
  TLB_KINDS,
  tagTlbOffset,
  X_OFFSET,
} from '../../../../src/emu/cpu/hart-layout.ts';
import { createMemory, memoryLayout } from '../../../../src/emu/cpu/memory-layout.ts';

const ALL_ONES = 0xffff_ffff_ffff_ffffn;
/** Fields that are not 0 in a hart at rest in M-mode. */
const rest: readonly (readonly [HartField, bigint])[] = [
  ['priv', 3n],
  ['reservation', ALL_ONES],
  ['mtimecmp', ALL_ONES],
  ['stimecmp', ALL_ONES],
  ['superpageLow', ALL_ONES],
];

export const DEVICE_BASE = 0x1000_0000;
export const EXIT = DEVICE_BASE + 0x800;
const DEVICE_BYTES = 0x1000;
const MEI_SEI_MTI_MSI = 0xa88n;

export class BareMachine {
  readonly layout;
  readonly memory: WebAssembly.Memory;
  readonly view: DataView;
  readonly bytes: Uint8Array;
  readonly #device = new BigUint64Array(DEVICE_BYTES / 8);
  readonly #engines = new Map<EngineFactory, Engine>();
  #nondet = 0n;

  constructor(ramBytes: number) {
    this.layout = memoryLayout(ramBytes);
    this.memory = createMemory(this.layout);
    this.view = new DataView(this.memory.buffer);
    this.bytes = new Uint8Array(this.memory.buffer);
    for (const [field, value] of rest) this.set(field, value);
    for (const kind of TLB_KINDS) {
      const start = this.hart + tagTlbOffset(kind);
      this.bytes.fill(0xff, start, start + 8 * TLB_ENTRIES);
    }
    this.bytes.fill(1, this.layout.pageFlagsAt, this.layout.pageFlagsAt + this.layout.ramPages);
  }

  get hart() {
    return this.layout.hartAt(0);
  }
  get(field: HartField): bigint {
    return this.view.getBigUint64(this.hart + fieldOffset(field), true);
  }
  set(field: HartField, value: bigint): void {
    this.view.setBigUint64(this.hart + fieldOffset(field), value, true);
  }
  x(r: number): bigint {
    return this.view.getBigUint64(this.hart + X_OFFSET + 8 * r, true);
  }
  setX(r: number, value: bigint): void {
    this.view.setBigUint64(this.hart + X_OFFSET + 8 * r, value, true);
  }
  /** Puts bytes at an offset into RAM. */
  put(offset: number, bytes: Uint8Array): void {
    this.bytes.set(bytes, this.layout.ramAt + offset);
  }
  putWord(offset: number, word: number): void {
    this.view.setUint32(this.layout.ramAt + offset, word, true);
  }

  engine(factory: EngineFactory): Engine {
    const known = this.#engines.get(factory);
    if (known !== undefined) return known;
    const made = factory(this.memory, this.layout, this.#bus);
    this.#engines.set(factory, made);
    return made;
  }
  /** Runs until a tick with this kind of engine. */
  run(factory: EngineFactory, untilTick: bigint): ExitReason {
    this.set('untilTick', untilTick);
    return this.engine(factory).run(this.hart);
  }

  /** Registers and CSRs by name. */
  registers(): Record<string, bigint> {
    const state: Record<string, bigint> = {};
    for (let r = 0; r < 32; r++) {
      state[`x${r}`] = this.x(r);
      state[`f${r}`] = this.view.getBigUint64(this.hart + F_OFFSET + 8 * r, true);
    }
    for (const field of [...stateFields, 'timerDue', 'dataContext', 'fetchContext', 'lines'] as HartField[]) {
      state[field] = this.get(field);
    }
    return state;
  }
  /** All that must agree between engines, by name. */
  state(): Record<string, bigint | string> {
    const state: Record<string, bigint | string> = this.registers();
    for (const kind of TLB_KINDS) state[`tlb ${kind}`] = this.#tlb(kind);
    state.device = this.#device.join();
    state.ram = hash(new Uint32Array(this.memory.buffer, this.layout.ramAt, this.layout.ramBytes / 4));
    return state;
  }

  #tlb(kind: (typeof TLB_KINDS)[number]): string {
    const entries: string[] = [];
    for (let i = 0; i < TLB_ENTRIES; i++) {
      const tag = this.view.getBigUint64(this.hart + tagTlbOffset(kind) + 8 * i, true);
      const page = this.view.getUint32(this.hart + fastTlbOffset(kind) + 16 * i + 12, true);
      if (tag !== ALL_ONES) entries.push(`${i}:${tag.toString(16)}>${page.toString(16)}`);
    }
    return entries.join(' ');
  }

  readonly #bus: Bus = {
    has: (pa) => pa >= DEVICE_BASE && pa < DEVICE_BASE + DEVICE_BYTES,
    load: (pa, width) =>
      BigInt.asUintN(8 * width, (this.#device[(pa - DEVICE_BASE) >> 3] ?? 0n) >> BigInt(8 * (pa & 7))),
    store: (pa, width, value) => {
      this.#device[(pa - DEVICE_BASE) >> 3] = value + BigInt(width);
      if (pa === EXIT) this.set('exitRequest', 1n);
      if (pa !== DEVICE_BASE) return;
      this.set('lines', value & MEI_SEI_MTI_MSI);
      this.set('attention', 1n);
    },
    nondet: (kind) => ++this.#nondet * 1000n + BigInt(kind),
  };
}

function hash(words: Uint32Array): bigint {
  let h = 0x811c_9dc5;
  for (const word of words) h = Math.imul(h ^ word, 0x0100_0193);
  return BigInt(h >>> 0);
}
