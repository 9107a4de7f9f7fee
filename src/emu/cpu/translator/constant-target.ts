/**
 * How far a jump or branch goes when that is a constant of the instruction. A row whose body goes to the sum of the pc
 * and the immediate goes as far as the immediate says; its body is run once, with values that nothing is known about.
 */

import { extract } from '../../isa/format.ts';
import type { Insn } from '../../isa/insn.ts';
import type { Operands } from '../../isa/vocabulary.ts';
import { type I64, i32Const, localGet, Once } from '../../wasm/expr.ts';
import { FunctionBuilder } from '../../wasm/function.ts';
import { type Frame, type Linker, noFacts, type Reg, type WasmBinding } from '../compile/binding.ts';
import { Order } from '../compile/order.ts';
import { wasmSemantics } from '../compile/semantics.ts';

/** An instruction as it stands in memory, and its row of the table. */
export interface Word {
  /** Bytes. */
  readonly length: 2 | 4;
  /** As in memory: 16 bits when compressed; and the 32-bit instruction that it is or stands for. */
  readonly raw: number;
  readonly word: number;
  readonly row: Insn;
}

/**
 * Distance in bytes of a jump or branch; undefined when the target depends on a register, or is the same from
 * everywhere (jalr of x0).
 */
export function constantTarget({ row, word }: Pick<Word, 'row' | 'word'>): number | undefined {
  const imm = row.format.imm;
  return imm !== undefined && goesByImmediate(row) ? extract(imm, word) : undefined;
}

const known = new Map<Insn, boolean>();
function goesByImmediate(row: Insn): boolean {
  const found = known.get(row) ?? isPcAndImmediate(targetOf(row));
  known.set(row, found);
  return found;
}

function isPcAndImmediate(target: I64 | undefined): boolean {
  if (target === undefined || target instanceof Once || target.instr.op !== 'i64.add') return false;
  const [a, b] = target.args;
  return (a === PC && b === IMMEDIATE) || (a === IMMEDIATE && b === PC);
}

/** Parameters of the function that a body is run for: nothing folds them. */
const PARAMS = ['i64', 'i64', 'i64'] as const;
const [PC, IMMEDIATE, UNKNOWN] = PARAMS.map((type, index) => localGet({ index, type })) as [I64, I64, I64];

/** Where a row's body jumps or branches to. */
function targetOf(row: Insn): I64 | undefined {
  const refuse = (): never => {
    throw new Error(`${row.name} is a jump, and does more than that`);
  };
  const register: Reg = { index: 1 };
  const operands = { rd: register, rs1: register, rs2: register, imm: IMMEDIATE } as Operands<WasmBinding>;
  let target: I64 | undefined;
  const frame: Frame = {
    facts: noFacts(),
    hart: i32Const(0),
    registers: { x: () => UNKNOWN, setX: () => {}, f: refuse, setF: refuse },
    pc: () => PC,
    nextPc: () => UNKNOWN,
    insn: () => UNKNOWN,
    jump: (to) => {
      target = to;
    },
    branch: (_condition, to) => {
      target = to;
    },
    dataContext: refuse,
    sync: refuse,
    returned: refuse,
    abandon: refuse,
    contextChanged: refuse,
    ret: refuse,
  };
  const fn = new FunctionBuilder('scratch', () => 0, { params: PARAMS, results: [] });
  row.body(wasmSemantics(new Order(fn), frame, { core: {} } as Linker), operands);
  return target;
}
