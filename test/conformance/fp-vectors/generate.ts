/**
 * Makes test/conformance/vectors/fp.bin.gz: builds a bare-metal riscv64 program with one kernel per F and D
 * instruction, runs it under QEMU and packs what it answers. Run from the repository root:
 *
 *     node test/conformance/fp-vectors/generate.ts
 *
 * Needs riscv64-unknown-elf-gcc and qemu-system-riscv64 (the committed file: QEMU 7.2). The operands are seeded: the
 * same tools give the same contents.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodeVectors, type InsnColumns, type SetColumns, VECTOR_FILE } from './format.ts';
import { VECTOR_INSNS } from './insns.ts';
import { operandSets, type Tuple } from './operands.ts';

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** Operands a, b, c of each tuple in 24 bytes, as the program reads them. */
function tupleBytes(tuples: readonly Tuple[]): Uint8Array {
  const words = new BigUint64Array(3 * tuples.length);
  for (const [i, tuple] of tuples.entries()) words.set(tuple, 3 * i);
  return new Uint8Array(words.buffer);
}

/** The generated half of the program: operand sets, kernels, and the table main.c walks. See struct run in main.c. */
function assembly(dir: string, sets: Readonly<Record<string, readonly Tuple[]>>): string {
  const data = Object.keys(sets).map((name) => `.balign 8\nset_${name}:\n.incbin "${join(dir, name)}"`);
  const kernels = VECTOR_INSNS.map(({ body }, i) => `kernel_${i}:\n${body.join('\n')}\nret`);
  const table = VECTOR_INSNS.map(
    ({ set, modes }, i) => `.dword kernel_${i}, set_${set}, ${sets[set]?.length ?? 0}, ${modes}`,
  );
  const lines = ['.text', ...kernels, '.section .rodata', ...data, '.balign 8', '.globl runs, runs_end'];
  return [...lines, 'runs:', ...table, 'runs_end:', ''].join('\n');
}

/** Reads the program's answer: for each run, for each mode, for each tuple, 8 bytes of result and one of flags. */
function parseAnswer(answer: Uint8Array, sets: Readonly<Record<string, readonly Tuple[]>>): InsnColumns[] {
  const view = new DataView(answer.buffer, answer.byteOffset, answer.byteLength);
  let at = 0;
  const insns = VECTOR_INSNS.map(({ name, set, modes }) => {
    const count = sets[set]?.length ?? 0;
    const results = Array.from({ length: modes }, () => new BigUint64Array(count));
    const flags = Array.from({ length: modes }, () => new Uint8Array(count));
    for (let mode = 0; mode < modes; mode++) {
      for (let i = 0; i < count; i++, at += 9) {
        results[mode]?.fill(view.getBigUint64(at, true), i, i + 1);
        flags[mode]?.fill(view.getUint8(at + 8), i, i + 1);
      }
    }
    return { name, set, results, flags };
  });
  if (at !== answer.length) throw new Error(`the program wrote ${answer.length} bytes, ${at} expected`);
  return insns;
}

const dir = mkdtempSync(join(tmpdir(), 'fp-vectors-'));
try {
  const sets = operandSets();
  for (const [name, tuples] of Object.entries(sets)) writeFileSync(join(dir, name), tupleBytes(tuples));
  writeFileSync(join(dir, 'kernels.S'), assembly(dir, sets));
  const elf = join(dir, 'fp.elf');
  const gcc = [
    '-march=rv64gc',
    '-mabi=lp64d',
    '-mcmodel=medany',
    '-O2',
    '-ffreestanding',
    '-nostdlib',
    '-Wl,--no-warn-rwx-segments',
  ];
  const sources = [here('start.S'), here('main.c'), join(dir, 'kernels.S')];
  execFileSync('riscv64-unknown-elf-gcc', [...gcc, '-T', here('link.ld'), ...sources, '-o', elf], { stdio: 'inherit' });

  const answer = join(dir, 'answer');
  const devices = ['-display', 'none', '-monitor', 'none', '-serial', `file:${answer}`];
  execFileSync('qemu-system-riscv64', ['-M', 'virt', '-m', '64', '-bios', 'none', ...devices, '-kernel', elf], {
    stdio: 'inherit',
    timeout: 300_000,
  });

  const insns = parseAnswer(readFileSync(answer), sets);
  const setColumns: SetColumns[] = Object.entries(sets).map(([name, tuples]) => ({
    name,
    columns: (tuples[0] ?? []).map((_, k) => BigUint64Array.from(tuples, (tuple) => tuple[k] ?? 0n)),
  }));
  const file = encodeVectors(setColumns, insns);
  writeFileSync(VECTOR_FILE, file);
  const cases = insns.reduce((sum, { results }) => sum + results.length * (results[0]?.length ?? 0), 0);
  console.log(`${insns.length} instructions, ${cases} cases, ${file.length} bytes`);
} finally {
  rmSync(dir, { recursive: true });
}
