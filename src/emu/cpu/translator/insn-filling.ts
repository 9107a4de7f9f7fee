/** What is open in the stencil of one instruction where it stands in a region. */

import type { FuncRef } from '../../wasm/instr.ts';
import type { ValType } from '../../wasm/opcodes.ts';
import type { Filling } from '../../wasm/stencil.ts';
import type { GuestInsn } from './guest-insn.ts';
import type { RegionRegisters } from './region-registers.ts';
import type { StencilUse } from './stencils.ts';

/** Where an instruction stands. */
export interface InsnPlace {
  /** Its address and the next one's: safe integers, or modulo 2^64. */
  readonly va: bigint | number;
  readonly next: bigint | number;
  /** Instructions of its block from this one on. */
  readonly ahead: number;
  /** Depths of the labels that the stencil leaves by. */
  readonly interrupted: number;
  readonly stopped: number;
}

export class InsnFilling implements Filling {
  readonly #registers: RegionRegisters;
  readonly #callee: (name: string) => FuncRef;
  readonly #use: StencilUse;
  readonly #insn: GuestInsn;
  readonly #at: InsnPlace;

  constructor(
    registers: RegionRegisters,
    callee: (name: string) => FuncRef,
    use: StencilUse,
    insn: GuestInsn,
    at: InsnPlace,
  ) {
    this.#registers = registers;
    this.#callee = callee;
    this.#use = use;
    this.#insn = insn;
    this.#at = at;
  }

  value(name: string): bigint | number {
    switch (name) {
      case 'pc':
        return this.#at.va;
      case 'next':
        return this.#at.next;
      case 'raw':
        return this.#insn.raw;
      case 'ahead':
        return this.#at.ahead;
      case 'after':
        return this.#at.ahead - 1;
      default:
        return this.#use.values[name] as number;
    }
  }
  /** Registers of a stencil are called x0, x1, … and f0, f1, … */
  local(name: string): number {
    const isX = name.charCodeAt(0) === X;
    const { x, f } = this.#use.registers;
    const register = (isX ? x : f)[name.charCodeAt(1) - ZERO] as number;
    return this.#registers.local(isX ? 'x' : 'f', register).index;
  }
  temp(index: number, type: ValType): number {
    return this.#registers.temp(index, type);
  }
  call(callee: string): FuncRef {
    return this.#callee(callee);
  }
  branch(label: number): number {
    return label === 0 ? this.#at.interrupted : this.#at.stopped;
  }
}

const [X, ZERO] = ['x'.charCodeAt(0), '0'.charCodeAt(0)];
