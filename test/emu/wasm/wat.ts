/** The text format of one function, one instruction a line: for reading and for golden tests. */

import type { FunctionBuilder } from '../../../src/emu/wasm/function.ts';
import { instrText, typeText } from '../../../src/emu/wasm/instr.ts';

export function toWat(func: FunctionBuilder): string {
  const head = [`(func $${func.name}`, typeText(func.type)].filter((part) => part !== '').join(' ');
  const lines = [head];
  if (func.localTypes.length > 0) lines.push(`  (local ${func.localTypes.join(' ')})`);
  let depth = 1;
  for (const instr of func.instrs) {
    if (instr.op === 'end' || instr.op === 'else') depth -= 1;
    lines.push('  '.repeat(depth) + instrText(instr));
    if (instr.op === 'block' || instr.op === 'loop' || instr.op === 'if' || instr.op === 'else') depth += 1;
  }
  return `${lines.join('\n')})\n`;
}
