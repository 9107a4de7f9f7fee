/**
 * A guest assembler for tests: text to bytes, by the instruction table. One line is a label (`loop:`), an instruction
 * under its own name (`bne t0, t1, loop`, `c.addi a0, 1`, `amoadd.w.aq a0, a1, (a2)`), or one of
 *
 *     .org OFFSET   .2byte N   .4byte N   .8byte N      numbers may be labels, which are addresses
 *     li rd, N (32 bits, signed)   la rd, LABEL   nop   ret   j LABEL   call LABEL   jr rs1
 *
 * after `#` comes a comment. A target is a label or an address.
 */

import { csrName } from '../../../../src/emu/cpu/priv/csr-table.ts';
import { disassemble } from '../../../../src/emu/isa/disassemble.ts';
import { fNames, roundingModeNames, xNames } from '../../../../src/emu/isa/register-names.ts';
import { encode, instruction, type OperandValues } from '../../../../src/emu/isa/table.ts';

export interface Assembled {
  /** Bytes by their offset from the base, in pieces that do not touch. */
  readonly pieces: readonly { readonly offset: number; readonly bytes: Uint8Array }[];
  readonly labels: Readonly<Record<string, bigint>>;
}

interface Item {
  readonly offset: number;
  readonly bytes: 2 | 4 | 8;
  readonly value: (labels: Labels) => bigint;
}
type Labels = (text: string) => bigint;

export function assemble(text: string, base: bigint): Assembled {
  const items: Item[] = [];
  const labels: Record<string, bigint> = {};
  let offset = 0;
  for (const line of text.split('\n').map((each) => each.replace(/#.*/, '').trim())) {
    const [, label, rest = line] = /^(\w+):\s*(.*)$/.exec(line) ?? [];
    if (label !== undefined) labels[label] = base + BigInt(offset);
    if (rest === '') continue;
    const [, name = '', operands = ''] = /^(\S+)\s*(.*)$/.exec(rest) ?? [];
    if (name === '.org') {
      offset = Number(operands);
      continue;
    }
    for (const [bytes, value] of statement(
      name,
      operands.split(',').map((part) => part.trim()),
    )) {
      const pc = base + BigInt(offset);
      items.push({ offset, bytes, value: (known) => value(known, pc) });
      offset += bytes;
    }
  }
  return { pieces: piecesOf(items, (name) => labels[name] ?? BigInt(name)), labels };
}

function piecesOf(items: readonly Item[], labels: Labels): { offset: number; bytes: Uint8Array }[] {
  const pieces: { offset: number; bytes: number[] }[] = [];
  for (const { offset, bytes, value } of items) {
    const last = pieces.at(-1);
    const goesOn = last !== undefined && last.offset + last.bytes.length === offset;
    const piece = goesOn ? last : { offset, bytes: [] };
    if (!goesOn) pieces.push(piece);
    const bits = BigInt.asUintN(8 * bytes, value(labels));
    for (let i = 0; i < bytes; i++) piece.bytes.push(Number((bits >> BigInt(8 * i)) & 0xffn));
  }
  return pieces.map(({ offset, bytes }) => ({ offset, bytes: Uint8Array.from(bytes) }));
}

type Value = (labels: Labels, pc: bigint) => bigint;
type Statement = readonly (readonly [2 | 4 | 8, Value])[];

function statement(name: string, operands: readonly string[]): Statement {
  const [a = '', b = ''] = operands;
  const one = (mnemonic: string, ...texts: readonly string[]): Statement => [[4, wide(mnemonic, texts)]];
  switch (name) {
    case '.2byte':
    case '.4byte':
    case '.8byte':
      return [[Number(name[1]) as 2 | 4 | 8, (labels) => labels(a)]];
    case 'nop':
      return one('addi', 'zero', 'zero', '0');
    case 'ret':
      return one('jalr', 'zero', '0(ra)');
    case 'jr':
      return one('jalr', 'zero', `0(${a})`);
    case 'j':
      return one('jal', 'zero', a);
    case 'call':
      return one('jal', 'ra', a);
    case 'li':
      return pair('lui', a, () => BigInt(b));
    case 'la':
      return pair('auipc', a, (labels, pc) => labels(b) - pc);
    default:
      return name.startsWith('c.') ? [[2, compressed(name, operands)]] : one(name, ...operands);
  }
}

/** The upper and the lower part of a 32-bit number, in two instructions. */
function pair(upper: 'lui' | 'auipc', rd: string, number: Value): Statement {
  const parts: Value = (labels, pc) => BigInt.asIntN(32, number(labels, pc));
  const low: Value = (labels, pc) => BigInt.asIntN(12, parts(labels, pc));
  const register = xNames.indexOf(rd);
  return [
    [4, (l, pc) => word(upper, { rd: register, imm: Number(BigInt.asIntN(32, parts(l, pc) - low(l, pc))) })],
    [
      4,
      (l, pc) =>
        word(upper === 'lui' ? 'addiw' : 'addi', { rd: register, rs1: register, imm: Number(low(l, pc - 4n)) }),
    ],
  ];
}
const word = (name: string, operands: OperandValues): bigint => BigInt(encode(name, operands));

/** By the operands that the row's assembly text names. */
function wide(mnemonic: string, texts: readonly string[]): Value {
  const [, name = mnemonic, order] = /^(.*?)(?:\.(aqrl|aq|rl))?$/.exec(mnemonic) ?? [];
  const { asm } = instruction(name);
  const given = texts.filter((text) => text !== '');
  return (labels, pc) => {
    const values: Record<string, number> = order === undefined ? {} : { aqrl: ['', 'rl', 'aq', 'aqrl'].indexOf(order) };
    for (const [i, template] of asm
      .split(', ')
      .filter((part) => part !== '')
      .entries()) {
      const names = template.match(/\w+/g) ?? [];
      const parts = given[i]?.match(/-?[\w.]+/g) ?? [];
      for (const [k, operand] of names.entries()) setOperand(values, operand, parts[k], labels, pc);
    }
    return word(name, values);
  };
}

function setOperand(
  values: Record<string, number>,
  name: string,
  text: string | undefined,
  labels: Labels,
  pc: bigint,
): void {
  if (name === 'rm' || name === 'exact')
    values.rm = text === undefined ? (name === 'rm' ? 7 : 0) : roundingModeNames.indexOf(text);
  else if (text === undefined) throw new Error(`operand ${name} is missing`);
  else if (name === 'target') values.imm = Number(BigInt.asIntN(64, labels(text) - pc));
  else if (name === 'upper') values.imm = Number(text) << 12;
  else if (name === 'pred' || name === 'succ') values.imm = 0xff;
  else if (name === 'csr') values.csr = csrNumbers().get(text) ?? Number(text);
  else values[name] = registerOf(text) ?? Number(labels(text));
}

const registers = new Map([...xNames.entries(), ...fNames.entries()].map(([number, name]) => [name, number]));
const registerOf = (text: string): number | undefined => registers.get(text);

let csrs: Map<string, number> | undefined;
function csrNumbers(): ReadonlyMap<string, number> {
  csrs ??= new Map(Array.from({ length: 4096 }, (_, csr) => [csrName(csr) ?? '', csr]));
  return csrs;
}

let halves: Map<string, number> | undefined;
/** Looked up among all halfwords by their text. */
function compressed(name: string, operands: readonly string[]): Value {
  halves ??= new Map(Array.from({ length: 0x1_0000 }, (_, half) => [disassemble(half), half] as const).reverse());
  return (labels, pc) => {
    const [last = '', ...before] = operands.toReversed();
    const isTarget = ['c.j', 'c.beqz', 'c.bnez'].includes(name);
    const shown = isTarget ? `0x${BigInt.asUintN(64, labels(last) - pc).toString(16)}` : last;
    const text = `${name} ${[...before.toReversed(), shown].join(',')}`.trim();
    const half = halves?.get(text);
    if (half === undefined) throw new Error(`no halfword is ${text}`);
    return BigInt(half);
  };
}
