/** What is open in the stencil of one instruction where it stands in a region. */

import type { FuncRef } from '../../wasm/instr.ts';
import type { ValType } from '../../wasm/opcodes.ts';
import type { Filling } from '../../wasm/stencil.ts';
import type { GuestInsn } from './guest-insn.ts';
import type { RegionRegisters } from './region-registers.ts';
import type { StencilUse } from './stencils.ts';

export class InsnFilling implements Filling {
  readonly #registers: RegionRegisters;
  readonly #callee: (name: string) => FuncRef;
  readonly #use: StencilUse;
  readonly #insn: GuestInsn;
  readonly #va: bigint;
  readonly #ahead: number;
  readonly #depths: readonly number[];

  constructor(
    registers: RegionRegisters,
    callee: (name: string) => FuncRef,
    use: StencilUse,
    insn: GuestInsn,
    va: bigint,
    ahead: number,
    depths: readonly number[],
  ) {
    this.#registers = registers;
    this.#callee = callee;
    this.#use = use;
    this.#insn = insn;
    this.#va = va;
    this.#ahead = ahead;
    this.#depths = depths;
  }

  value(name: string): bigint {
    switch (name) {
      case 'pc':
        return this.#va;
      case 'next':
        return this.#va + BigInt(this.#insn.length);
      case 'raw':
        return BigInt(this.#insn.raw);
      case 'ahead':
        return BigInt(this.#ahead);
      case 'after':
        return BigInt(this.#ahead - 1);
      default:
        return this.#use.values[name] as bigint;
    }
  }
  /** Registers of a stencil are called x0, x1, … and f0, f1, … */
  local(name: string): number {
    const file = name[0] as 'x' | 'f';
    return this.#registers.local(file, this.#use.registers[file][Number(name[1])] as number).index;
  }
  temp(index: number, type: ValType): number {
    return this.#registers.temp(index, type);
  }
  call(callee: string): FuncRef {
    return this.#callee(callee);
  }
  branch(label: number): number {
    return this.#depths[label] as number;
  }
}
