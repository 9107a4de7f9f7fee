/**
 * The text format of one function with operands folded into the instructions that take them, one statement a line, and
 * names for locals: for golden files and documents. What is left on the stack across statements is not folded.
 */

import type { FunctionBuilder } from '../../../src/emu/wasm/function.ts';
import { type Instr, instrText } from '../../../src/emu/wasm/instr.ts';
import { binaryOps, compareOps, loadOps, relaxedOps, storeOps } from '../../../src/emu/wasm/opcodes.ts';

const two = new Set<string>([...Object.keys(binaryOps), ...Object.keys(compareOps)]);
const loads = new Set<string>(Object.keys(loadOps));
const stores = new Set<string>(Object.keys(storeOps));
const relaxed = new Set<string>(Object.keys(relaxedOps));

/** How many operands an instruction takes, and how many results it leaves. */
function effect(instr: Instr, results: number): readonly [takes: number, gives: number] {
  const { op } = instr;
  switch (op) {
    case 'local.get':
    case 'i32.const':
    case 'i64.const':
    case 'f32.const':
    case 'f64.const':
      return [0, 1];
    case 'local.set':
    case 'drop':
    case 'br_if':
    case 'br_table':
    case 'if':
      return [1, 0];
    case 'local.tee':
      return [1, 1];
    case 'select':
      return [3, 1];
    case 'call':
      return [instr.func.type.params.length, instr.func.type.results.length];
    case 'return_call':
      return [instr.func.type.params.length, 0];
    case 'call_indirect':
      return [instr.type.params.length + 1, instr.type.results.length];
    case 'return_call_indirect':
      return [instr.type.params.length + 1, 0];
    case 'return':
      return [results, 0];
    case 'memory.copy':
    case 'memory.fill':
      return [3, 0];
    case 'block':
    case 'loop':
    case 'else':
    case 'end':
    case 'br':
    case 'unreachable':
    case 'nop':
      return [0, 0];
    default:
      if (stores.has(op)) return [2, 0];
      if (loads.has(op)) return [1, 1];
      return [relaxed.has(op) ? 3 : two.has(op) ? 2 : 1, 1];
  }
}

export interface WatNames {
  /** Of a local, by its index. */
  readonly local: (index: number) => string;
  /** What an instruction says besides its operands. */
  readonly instr?: (text: string) => string;
}

/** `width` is how long a line should be at most. */
export function toFoldedWat(func: FunctionBuilder, names: WatNames, width = 100): string {
  const { params, results } = func.type;
  const declare = (word: string, types: readonly string[], first: number): string[] =>
    types.map((type, i) => `(${word} $${names.local(first + i)} ${type})`);
  const lines = [
    [`(func $${func.name}`, ...declare('param', params, 0), `(result ${results.join(' ')})`].join(' '),
    ...wrapped(declare('local', func.localTypes, params.length), width).map((line) => `  ${line}`),
  ];
  let depth = 1;
  let stack: Folded[] = [];
  const emit = (text: Folded): void => {
    lines.push(...layOut(text, 2 * depth, width));
  };
  const settle = (): void => {
    for (const text of stack) emit(text);
    stack = [];
  };
  const close = (parentheses: string): void => {
    lines[lines.length - 1] += parentheses;
  };
  const open: Instr['op'][] = [];
  for (const instr of func.instrs) {
    const { op } = instr;
    const [takes, gives] = effect(instr, results.length);
    if (op === 'end' || op === 'else') {
      settle();
      depth -= 1;
      const ended = open.pop();
      if (op === 'else') {
        close(')');
        lines.push(`${' '.repeat(2 * depth)}(else`);
      } else {
        close(ended === 'if' || ended === 'else' ? '))' : ')');
        if (ended === 'if' || ended === 'else') depth -= 1;
      }
    } else {
      const count = Math.min(takes, stack.length);
      const folded: Folded = { head: headOf(instr, names), args: stack.splice(stack.length - count) };
      if (gives === 1 && count === takes) {
        stack.push(folded);
        continue;
      }
      // What lies below on the stack comes first.
      settle();
      emit(folded);
    }
    if (op === 'if') {
      depth += 1;
      lines.push(`${' '.repeat(2 * depth)}(then`);
    }
    if (op === 'block' || op === 'loop' || op === 'if' || op === 'else') {
      open.push(op);
      depth += 1;
    }
  }
  settle();
  return `${lines.join('\n')})\n`;
}

interface Folded {
  readonly head: string;
  readonly args: readonly Folded[];
}

function headOf(instr: Instr, { local, instr: named = (text) => text }: WatNames): string {
  return 'local' in instr ? `${instr.op} $${local(instr.local)}` : named(instrText(instr));
}

const flat = ({ head, args }: Folded): string => `(${[head, ...args.map(flat)].join(' ')})`;

/** What holds statements is left open: they and its parenthesis follow. */
const holds = (head: string): boolean => head === 'block' || head === 'loop' || head === 'if';

function layOut(folded: Folded, indent: number, width: number): string[] {
  const pad = ' '.repeat(indent);
  const { head, args } = folded;
  const closing = holds(head) ? '' : ')';
  const line = `${flat(folded).slice(0, -1)}${closing}`;
  if (indent + line.length <= width || args.length === 0) return [pad + line];
  const inner = args.flatMap((arg) => layOut(arg, indent + 2, width));
  return [`${pad}(${head}`, ...inner.slice(0, -1), `${inner.at(-1)}${closing}`];
}

function wrapped(words: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length + 3 > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
