/**
 * Assembly text against what objdump printed (vectors/disassembly.txt, made by make-disassembly-vectors.ts).
 */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { disassemble } from '../../../src/emu/isa/disassemble.ts';
import { compressed, instructions, isWide } from '../../../src/emu/isa/table.ts';

const vectors = readFileSync(new URL('vectors/disassembly.txt', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => {
    const [pc, bits, text] = line.split('\t');
    return { pc: BigInt(`0x${pc}`), bits: Number.parseInt(bits!, 16), text: text! };
  });

test('reads as objdump reads it', () => {
  for (const { pc, bits, text } of vectors) expect(disassemble(bits, pc)).toBe(text);
});

test('the vectors have every instruction of the table', () => {
  const names = new Set(vectors.map(({ text }) => text.split(' ')[0]!.replace(/\.(aq|rl|aqrl)$/, '')));
  for (const { name } of [...instructions, ...compressed]) expect(names, name).toContain(name);
});

test('what is no instruction shows as data', () => {
  expect(disassemble(0xffff_ffff)).toBe('.4byte 0xffffffff');
  expect(disassemble(0x8000)).toBe('.2byte 0x8000');
  expect(disassemble(0)).toBe('c.unimp');
});

test('fields that the manual leaves unused do not hide an instruction', () => {
  expect(disassemble(0x8ff0_000f)).toBe('fence iorw,iorw');
  expect(disassemble(0x0100_000f)).toBe('fence w,unknown');
  expect(disassemble(0xfff5_150f)).toBe('fence.i');
  expect(disassemble(0xd205_f5d3)).toBe('fcvt.d.w fa1,a1,dyn');
});

test('targets wrap around the address space', () => {
  expect(disassemble(0xffdff06f, 0n)).toBe('jal zero,0xfffffffffffffffc');
  expect(isWide(0xf06f)).toBe(true);
});
