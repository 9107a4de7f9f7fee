/**
 * One WebAssembly instruction as data, its bytes and its text. Labels are relative depths already.
 */

import type { ByteSink } from './bytes.ts';
import {
  accessLog2,
  type ExtractOp,
  type LoadOp,
  type NumericOp,
  opcode,
  type RelaxedOp,
  type SplatOp,
  type StoreOp,
  type ValType,
  valTypeCode,
} from './opcodes.ts';

export interface FuncType {
  readonly params: readonly ValType[];
  readonly results: readonly ValType[];
}
/** A function of the module being built, imported or defined. */
export interface FuncRef {
  readonly name: string;
  /** Known when every import is: read it when encoding. */
  readonly index: number;
  readonly type: FuncType;
}

type NoImmediate =
  | 'unreachable'
  | 'nop'
  | 'else'
  | 'end'
  | 'return'
  | 'drop'
  | 'select'
  | 'memory.copy'
  | 'memory.fill';
export type Instr =
  | { readonly op: NumericOp | SplatOp | RelaxedOp | NoImmediate }
  | { readonly op: ExtractOp; readonly lane: number }
  | { readonly op: LoadOp | StoreOp; readonly offset: number }
  | { readonly op: 'i32.const' | 'f32.const' | 'f64.const'; readonly value: number }
  | { readonly op: 'i64.const'; readonly value: bigint }
  | { readonly op: 'local.get' | 'local.set' | 'local.tee'; readonly local: number }
  | { readonly op: 'block' | 'loop' }
  /** `likely`: whether the condition is expected to hold, where something is expected. */
  | { readonly op: 'if'; readonly likely?: boolean | undefined }
  | { readonly op: 'br'; readonly depth: number }
  | { readonly op: 'br_if'; readonly depth: number; readonly likely?: boolean | undefined }
  | { readonly op: 'br_table'; readonly depths: readonly number[]; readonly otherwise: number }
  | { readonly op: 'call' | 'return_call'; readonly func: FuncRef }
  | {
      readonly op: 'call_indirect' | 'return_call_indirect';
      readonly type: FuncType;
      readonly typeIndex: number;
    };

const EMPTY_BLOCK_TYPE = 0x40;
const MEMORY_OR_TABLE_0 = 0x00;
/** Opcodes above this one, up to the prefixed ones, are numeric instructions. */
const [IF, BR_IF] = [opcode.if, opcode.br_if];
const LAST_CONST = opcode['f64.const'];

/** Where something is expected of a condition the place is marked, 1 for true and 0 for false. */
export function encodeInstr(sink: ByteSink, instr: Instr): void {
  const code = opcode[instr.op];
  if ((code === IF || code === BR_IF) && 'likely' in instr && instr.likely !== undefined)
    sink.mark(instr.likely ? 1 : 0);
  if (code > 0xff) {
    sink.byte(code >> 16);
    sink.unsigned(code & 0xffff);
  } else {
    sink.byte(code);
  }
  // Numeric instructions, which are many, have nothing more to say.
  if (code <= LAST_CONST || code > 0xff) encodeImmediates(sink, instr);
}

function encodeImmediates(sink: ByteSink, instr: Instr): void {
  switch (instr.op) {
    case 'local.get':
    case 'local.set':
    case 'local.tee':
      sink.unsigned(instr.local);
      break;
    case 'i32.const':
      sink.signed(instr.value);
      break;
    case 'i64.const':
      sink.signed64(instr.value);
      break;
    case 'br':
    case 'br_if':
      sink.unsigned(instr.depth);
      break;
    case 'block':
    case 'loop':
    case 'if':
      sink.byte(EMPTY_BLOCK_TYPE);
      break;
    case 'call':
    case 'return_call':
      sink.unsigned(instr.func.index);
      break;
    default:
      encodeRare(sink, instr);
  }
}

function encodeRare(sink: ByteSink, instr: Instr): void {
  switch (instr.op) {
    case 'f32.const':
      sink.float32(instr.value);
      break;
    case 'f64.const':
      sink.float64(instr.value);
      break;
    case 'br_table':
      sink.unsigned(instr.depths.length);
      for (const depth of instr.depths) sink.unsigned(depth);
      sink.unsigned(instr.otherwise);
      break;
    case 'call_indirect':
    case 'return_call_indirect':
      sink.unsigned(instr.typeIndex);
      sink.byte(MEMORY_OR_TABLE_0);
      break;
    case 'memory.copy':
      sink.append([MEMORY_OR_TABLE_0, MEMORY_OR_TABLE_0]);
      break;
    case 'memory.fill':
      sink.byte(MEMORY_OR_TABLE_0);
      break;
    default:
      if ('offset' in instr) {
        sink.unsigned(accessLog2(instr.op));
        sink.unsigned(instr.offset);
      } else if ('lane' in instr) {
        sink.byte(instr.lane);
      }
  }
}

/** One line of the text format. */
export function instrText(instr: Instr): string {
  switch (instr.op) {
    case 'call':
    case 'return_call':
      return `${instr.op} $${instr.func.name}`;
    case 'call_indirect':
    case 'return_call_indirect':
      return `${instr.op} ${typeText(instr.type)}`.trimEnd();
    case 'br_table':
      return [instr.op, ...instr.depths, instr.otherwise].join(' ');
  }
  if ('offset' in instr) return instr.offset === 0 ? instr.op : `${instr.op} offset=${instr.offset}`;
  if ('lane' in instr) return `${instr.op} ${instr.lane}`;
  if ('value' in instr) return `${instr.op} ${instr.value}`;
  if ('local' in instr) return `${instr.op} ${instr.local}`;
  return 'depth' in instr ? `${instr.op} ${instr.depth}` : instr.op;
}

export function typeText({ params, results }: FuncType): string {
  const list = (word: string, types: readonly ValType[]): string =>
    types.length === 0 ? '' : `(${word} ${types.join(' ')})`;
  return [list('param', params), list('result', results)].filter((part) => part !== '').join(' ');
}

export function encodeFuncType(sink: ByteSink, type: FuncType): void {
  sink.byte(0x60);
  for (const list of [type.params, type.results]) {
    sink.unsigned(list.length);
    for (const entry of list) sink.byte(valTypeCode[entry]);
  }
}
