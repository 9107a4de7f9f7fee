/**
 * What a hart's next step will do, found by making it on a copy: the bodies of the instruction table run on the
 * machine's state, and what they would change is kept aside and forgotten. So traces and watchpoints see accesses and
 * traps with the meaning that the engines give them, and none of it is written twice.
 *
 * The inputs of the present tick must have been applied: they can raise an interrupt that comes first. Limits: what a
 * device would answer is not known before the step is made; the exact clock's answer neither.
 */

import { CACHE_BLOCK_BYTES } from '../../emu/cpu/priv/cache-blocks.ts';
import { Cause } from '../../emu/cpu/priv/fields.ts';
import * as procs from '../../emu/cpu/priv/procs.ts';
import { translateLoad, translateStore } from '../../emu/cpu/priv/translate.ts';
import type { Big } from '../../emu/cpu/reference/arithmetic.ts';
import { decodeBits } from '../../emu/cpu/reference/decoded.ts';
import { Trapped } from '../../emu/cpu/reference/signals.ts';
import { isWide } from '../../emu/isa/table.ts';
import type { Proc, Width } from '../../emu/isa/vocabulary.ts';
import { HartView, type Seen } from './hart-view.ts';

export interface MemoryAccess {
  readonly kind: 'read' | 'write';
  readonly va: bigint;
  /** Of its first byte; `upper` of the first one on a second page, where there is one. */
  readonly pa: bigint;
  readonly upper?: bigint;
  /** Bytes: 1, 2, 4, 8, or 64 for a cache block. */
  readonly width: number;
  /** Zero-extended; undefined where a device answers, and for a cache block, which is zeroed. */
  readonly value: bigint | undefined;
}

export interface Trap {
  /** As mcause has it: bit 63 set for an interrupt. */
  readonly cause: bigint;
  readonly tval: bigint;
}

export interface NextStep {
  /** Taken before the step, which is then the first one of its handler. */
  readonly interrupt: Trap | undefined;
  /** Where the instruction is, and the privilege in which it runs. */
  readonly pc: bigint;
  readonly priv: bigint;
  /** 16 or 32 of them; undefined when it cannot be fetched. */
  readonly bits: number | undefined;
  /** In program order. An access that traps is not among them. */
  readonly accesses: readonly MemoryAccess[];
  readonly exception: Trap | undefined;
  /** Where the step after it begins, unless an interrupt comes first. */
  readonly next: bigint;
}

/** 'idle': the hart waits, and no step is made until an input or a timer ends that. */
export function nextStep(board: Seen, hart = 0): NextStep | 'idle' {
  return new Rehearsal(board, hart).make();
}

/** Values of procs.boundary. */
const IDLE = 2n;

class Rehearsal extends HartView {
  readonly #accesses: MemoryAccess[] = [];
  /** Of the access being made: its first byte, that of a second page, and whether a device answers. */
  #pa: bigint | undefined;
  #upper: bigint | undefined;
  #atDevice = false;
  #trap: Trap | undefined;

  make(): NextStep | 'idle' {
    this.set('untilTick', this.get('tick') + 1n);
    this.set('exitRequest', 0n);
    if (this.call(procs.boundary) === IDLE) return 'idle';
    const interrupt = this.#trap;
    this.#trap = undefined;
    const [pc, priv] = [this.get('pc'), this.get('priv')];
    const bits = this.#attempt(() => this.#fetch(pc));
    if (bits !== undefined) this.#attempt(() => this.#execute(pc, bits));
    return { interrupt, pc, priv, bits, accesses: this.#accesses, exception: this.#trap, next: this.get('pc') };
  }

  #attempt<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (signal) {
      if (signal instanceof Trapped) return undefined;
      throw signal;
    }
  }

  #fetch(pc: bigint): number {
    const half = (va: bigint): number => Number(this.ramLoad(this.call(procs.fetchTranslate, va), 2));
    const low = half(pc);
    return isWide(low) ? (low | (half(BigInt.asUintN(64, pc + 2n)) << 16)) >>> 0 : low;
  }

  #execute(pc: bigint, bits: number): void {
    const nextPc = BigInt.asUintN(64, pc + (isWide(bits) ? 4n : 2n));
    this.step = { pc, nextPc, raw: BigInt(bits), next: nextPc };
    const { row, operands } = decodeBits(bits);
    if (row === undefined) this.raise(Cause.illegal, BigInt(bits));
    else row.body<Big>(this, operands);
    this.set('pc', this.step.next);
  }

  override load(addr: bigint, width: Width, signed: boolean): bigint {
    return this.#access('read', addr, width, () => super.load(addr, width, signed));
  }
  override store(addr: bigint, width: Width, v: bigint): void {
    this.#access('write', addr, width, () => {
      super.store(addr, width, v);
      return v;
    });
  }
  override loadReserved(addr: bigint, width: 4 | 8): bigint {
    return this.#access('read', addr, width, () => super.loadReserved(addr, width));
  }
  override storeConditional(addr: bigint, width: 4 | 8, v: bigint): bigint {
    let failed = 0n;
    this.#access('write', addr, width, () => {
      failed = super.storeConditional(addr, width, v);
      return v;
    });
    if (failed !== 0n) this.#accesses.pop();
    return failed;
  }
  override amo(addr: bigint, width: 4 | 8, f: (old: bigint) => bigint): bigint {
    const old = this.#access('read', addr, width, () => super.amo(addr, width, (v) => v));
    this.#access('write', addr, width, () => f(old));
    return old;
  }

  /** `make` gives the value that moves; `#pa` is left by the translation inside it. */
  #access(kind: MemoryAccess['kind'], va: bigint, width: number, make: () => bigint): bigint {
    this.#atDevice = false;
    const value = make();
    const known = this.#atDevice && kind === 'read' ? undefined : BigInt.asUintN(8 * width, value);
    const upper = this.#upper === undefined ? {} : { upper: this.#upper };
    this.#accesses.push({ kind, va, pa: this.#pa!, ...upper, width, value: known });
    return value;
  }

  override call(p: Proc, ...args: bigint[]): bigint {
    if (p === procs.takeTrap) this.#trap = { cause: args[0]!, tval: args[1]! };
    if (p === procs.loadSlow || p === procs.storeSlow || p === procs.amoTranslate) {
      this.#pa = undefined;
      this.#upper = undefined;
    }
    const value = super.call(p, ...args);
    if (p === translateLoad || p === translateStore) {
      if (this.#pa === undefined) this.#pa = value;
      else this.#upper = value;
    }
    if (p === procs.cboZero) this.#zeroed(args[0]!);
    return value;
  }

  #zeroed(va: bigint): void {
    const block = ~BigInt(CACHE_BLOCK_BYTES - 1);
    const pa = super.call(translateStore, va, 1n) & block;
    this.#accesses.push({ kind: 'write', va: va & block, pa, width: CACHE_BLOCK_BYTES, value: undefined });
  }

  override mmioLoad(pa: bigint, width: Width): bigint {
    this.#atDevice = true;
    return super.mmioLoad(pa, width);
  }
}
