/**
 * A hart in small memory for tests of the procedures, on the reference binding with the wasm one as its twin: fields
 * by name, RAM by physical address.
 */
import type { Bus } from '../../../../src/emu/cpu/engine.ts';
import type { HartField } from '../../../../src/emu/cpu/hart-layout.ts';
import { createMemory, memoryLayout, PageFlag, RAM_BASE } from '../../../../src/emu/cpu/memory-layout.ts';
import { updateContexts } from '../../../../src/emu/cpu/priv/contexts.ts';
import { decodePmp } from '../../../../src/emu/cpu/priv/pmp.ts';
import * as procs from '../../../../src/emu/cpu/priv/procs.ts';
import { updateTimerDue } from '../../../../src/emu/cpu/priv/timer.ts';
import { Reference } from '../../../../src/emu/cpu/reference/binding.ts';
import { Trapped } from '../../../../src/emu/cpu/reference/signals.ts';
import type { Proc, Width } from '../../../../src/emu/isa/vocabulary.ts';
import { HartBlock } from '../../../../src/emu/machine/hart-block.ts';
import { type BusTalk, WasmTwin } from './wasm-twin.ts';

export const RAM = BigInt(RAM_BASE);
/** The one device: a window whose accesses are noted and whose loads give `deviceValue`. */
export const DEVICE = 0x1000_0000n;
const PAGES = 64;

export interface Trap {
  readonly cause: bigint;
  readonly tval: bigint;
}
export type Outcome = bigint | Trap;

export class Hart {
  readonly binding: Reference;
  readonly memory = createMemory(memoryLayout(PAGES * 4096));
  readonly layout = memoryLayout(PAGES * 4096);
  readonly #talk: BusTalk[] = [];
  readonly #twin: WasmTwin;
  deviceValue = 0n;
  /** Answers to nondet reads, first one first. */
  readonly nondet: bigint[] = [];

  constructor() {
    const bus: Bus = {
      has: (pa) => pa >= Number(DEVICE) && pa < Number(DEVICE) + 0x1000,
      load: (pa, width) => this.#note(`load ${pa.toString(16)} ${width}`, BigInt.asUintN(8 * width, this.deviceValue)),
      store: (pa, width, value) => void this.#note(`store ${pa.toString(16)} ${width} ${value}`, 0n),
      nondet: (kind) => this.#note(`nondet ${kind}`, this.nondet.shift() ?? 0n),
    };
    this.binding = new Reference(this.memory, this.layout, bus, procs);
    new HartBlock(this.memory, this.layout.hartAt(0)).reset(0);
    for (let page = 0n; page < PAGES; page++) this.binding.setPageFlags(page, BigInt(PageFlag.dirty));
    this.#twin = new WasmTwin(this.layout, bus.has);
    this.call(procs.rederive);
  }

  get(field: HartField): bigint {
    return this.binding.get(field);
  }
  set(field: HartField, v: bigint): void {
    this.binding.set(field, BigInt.asUintN(64, v));
  }
  /** Sets fields, then what is derived from them; the TLBs stay. */
  setAll(fields: Partial<Record<HartField, bigint>>): void {
    for (const [field, v] of Object.entries(fields)) this.set(field as HartField, v);
    for (const derive of [updateContexts, decodePmp, updateTimerDue]) this.call(derive);
  }
  /** Calls a procedure that does not trap. */
  call(p: Proc, ...args: (bigint | number)[]): bigint {
    const outcome = this.try(p, ...args);
    if (typeof outcome !== 'bigint') throw new Error(`${p.name} trapped: cause ${outcome.cause}`);
    return outcome;
  }
  /** The value, or the trap that was raised instead. The wasm twin has done the same. */
  try(p: Proc, ...args: (bigint | number)[]): Outcome {
    const words = args.map((v) => BigInt.asUintN(64, BigInt(v)));
    const talked = this.#talk.length;
    this.#twin.take(this.memory);
    const outcome = this.#run(p, words);
    const summary = typeof outcome === 'bigint' ? outcome : 'trap';
    this.#twin.follow(p, words, this.#talk.slice(talked), summary, this.memory);
    return outcome;
  }
  #run(p: Proc, args: readonly bigint[]): Outcome {
    try {
      return this.binding.call(p, ...args);
    } catch (signal) {
      if (signal instanceof Trapped) return { cause: signal.cause, tval: signal.tval };
      throw signal;
    }
  }
  #note(asked: string, answer: bigint): bigint {
    this.#talk.push({ asked, answer });
    return answer;
  }
  /** `load 10000000 4`, `store 10000004 4 5`. */
  get deviceAccesses(): readonly string[] {
    return this.#talk.map(({ asked }) => asked);
  }
  /** As CSRRW does it, without the instruction. */
  csrw(csr: number, v: bigint): Outcome {
    const denied = this.try(procs.csrCheck, csr, 1, INSN);
    return typeof denied === 'bigint' ? this.call(procs.csrWrite, csr, v) : denied;
  }
  /** As CSRRS with rs1 = x0. */
  csrr(csr: number): Outcome {
    const denied = this.try(procs.csrCheck, csr, 0, INSN);
    return typeof denied === 'bigint' ? this.call(procs.csrRead, csr) : denied;
  }
  /** As CSRRS with rs1 = x0, of a CSR that can be read. */
  csr(csr: number): bigint {
    const v = this.csrr(csr);
    if (typeof v !== 'bigint') throw new Error(`csr ${csr.toString(16)} trapped`);
    return v;
  }
  /** PMP entry 15 grants everything to everyone. */
  openPmp(): void {
    this.setAll({ pmpaddr15: (1n << 54n) - 1n, pmpcfg2: 0x1fn << 56n });
  }
  peek(pa: bigint, width: Width = 8): bigint {
    return this.binding.ramLoad(pa, width);
  }
  poke(pa: bigint, v: bigint, width: Width = 8): void {
    this.binding.ramStore(pa, width, BigInt.asUintN(64, v));
  }
}

/** Raw bits handed to procedures that may raise illegal-instruction. */
export const INSN = 0x1234_5073n;
export const ILLEGAL: Trap = { cause: 2n, tval: INSN };

/** Deterministic random numbers (xorshift64*), so that a failure repeats. */
export function random(seed: bigint): { bits(n: number): bigint; below(n: number): number } {
  let state = seed;
  const next = (): bigint => {
    state ^= state >> 12n;
    state = BigInt.asUintN(64, state ^ (state << 25n));
    state ^= state >> 27n;
    return BigInt.asUintN(64, state * 0x2545_f491_4f6c_dd1dn);
  };
  return { bits: (n) => next() >> BigInt(64 - n), below: (n) => Number(next() % BigInt(n)) };
}
