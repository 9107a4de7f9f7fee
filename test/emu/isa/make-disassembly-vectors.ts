/**
 * Writes vectors/disassembly.txt: what objdump makes of some words of every row. Needs riscv64-linux-gnu binutils.
 * Run: node test/emu/isa/make-disassembly-vectors.ts
 */
import { writeFileSync } from 'node:fs';
import { objdump } from './objdump.ts';
import { compressedSamples, wideSamples } from './sample-words.ts';

const lines = objdump([...wideSamples(3), ...compressedSamples(4)]);
const text = lines.map(({ pc, bits, text }) => `${pc.toString(16)}\t${bits.toString(16)}\t${text}\n`).join('');
writeFileSync(new URL('vectors/disassembly.txt', import.meta.url), text);
