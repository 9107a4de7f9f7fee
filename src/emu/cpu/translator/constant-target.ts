/**
 * How far a jump or branch goes when that is a constant of the instruction: found by running the row's body with its
 * operands known, at two addresses, and looking at what it jumps to.
 */

import type { Insn } from '../../isa/insn.ts';
import type { Semantics } from '../../isa/vocabulary.ts';
import { constant, type I64, i32Const, i64Const } from '../../wasm/expr.ts';
import { FunctionBuilder } from '../../wasm/function.ts';
import { type Frame, type Linker, noFacts, type Registers, type WasmBinding } from '../compile/binding.ts';
import { staticOperands } from '../compile/operands.ts';
import { Order } from '../compile/order.ts';
import { wasmSemantics } from '../compile/semantics.ts';

/** A jump or branch as it stands in memory, and its row of the table. */
export interface Word {
  /** Bytes. */
  readonly length: 2 | 4;
  /** As in memory: 16 bits when compressed; and the 32-bit instruction that it is or stands for. */
  readonly raw: number;
  readonly word: number;
  readonly row: Insn;
}

const refuse = (): never => {
  throw new Error('a jump does nothing but jump');
};

/** Registers are unknown values. */
function unknownRegisters(fn: FunctionBuilder): Registers {
  const unknown = (): I64 => ({ type: 'i64', instr: { op: 'local.get', local: fn.param(0, 'i64').index }, args: [] });
  return {
    x: (r) => ('index' in r && r.index === 0 ? i64Const(0) : unknown()),
    setX: () => {},
    f: unknown,
    setF: () => {},
  };
}

class TargetFrame implements Frame {
  readonly facts = noFacts();
  readonly hart = i32Const(0);
  readonly registers: Registers;
  target: I64 | undefined;
  #word: Word | undefined;
  #pc = 0;

  constructor(registers: Registers) {
    this.registers = registers;
  }

  begin(word: Word, pc: number): void {
    this.#word = word;
    this.#pc = pc;
    this.target = undefined;
  }
  pc(): I64 {
    return i64Const(this.#pc);
  }
  nextPc(): I64 {
    return i64Const(this.#pc + (this.#word?.length ?? 0));
  }
  insn(): I64 {
    return i64Const(this.#word?.raw ?? 0);
  }
  jump(target: I64): void {
    this.target = target;
  }
  branch(_condition: unknown, target: I64): void {
    this.target = target;
  }
  dataContext = refuse;
  sync = refuse;
  returned = refuse;
  abandon = refuse;
  contextChanged = refuse;
  ret = refuse;
}

interface Scratch {
  readonly fn: FunctionBuilder;
  readonly frame: TargetFrame;
  readonly semantics: Semantics<WasmBinding>;
}
let made: Scratch | undefined;
function scratch(): Scratch {
  if (made !== undefined) return made;
  const fn = new FunctionBuilder('scratch', () => 0, { params: ['i64'], results: [] });
  const frame = new TargetFrame(unknownRegisters(fn));
  const linker = { core: {} } as Linker;
  made = { fn, frame, semantics: wasmSemantics(new Order(fn), frame, linker) };
  return made;
}

/** Distance in bytes; undefined when the target depends on a register, or is the same from everywhere (jalr of x0). */
export function constantTarget(word: Word): number | undefined {
  const [here, there] = [targetFrom(0, word), targetFrom(ELSEWHERE, word)];
  return here !== undefined && there === here + ELSEWHERE ? here : undefined;
}
const ELSEWHERE = 0x1000;

function targetFrom(pc: number, word: Word): number | undefined {
  const { fn, frame, semantics } = scratch();
  frame.begin(word, pc);
  fn.scope(() => word.row.body(semantics, staticOperands(word.row.format, word.word)));
  fn.clear();
  const target = frame.target === undefined ? undefined : constant(frame.target);
  return target === undefined ? undefined : Number(target);
}
