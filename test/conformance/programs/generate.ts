/**
 * Makes test/conformance/vectors/CHUNK.bin.gz: runs each chunk of cases under QEMU and packs what it answers. From the
 * repository root, for all chunks or the named ones; --executor first builds executor/executor.elf from its sources:
 *
 *     node test/conformance/programs/generate.ts [--executor] [CHUNK...]
 *
 * Needs qemu-system-riscv64 (the committed files: 7.2) and, for --executor, riscv64-unknown-elf-gcc. The cases are
 * seeded: the same tools give the same files.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { nthCase, parseAnswer } from './batch.ts';
import { buildExecutor } from './build.ts';
import { CHUNKS } from './chunks/index.ts';
import { chunkElf, EXECUTOR } from './elf.ts';
import { qemuVersion, runOnQemu } from './qemu.ts';
import { encodeVectors, vectorFile } from './vectors.ts';

const names = process.argv.slice(2).filter((arg) => arg !== '--executor');
if (process.argv.includes('--executor')) buildExecutor(fileURLToPath(EXECUTOR));

for (const [name, make] of Object.entries(CHUNKS)) {
  if (names.length > 0 && !names.includes(name)) continue;
  const batches = make();
  const started = performance.now();
  const { bytes, failure } = runOnQemu(chunkElf(batches), name);
  const { answers, complete, casesRead } = parseAnswer(batches, bytes);
  const cases = batches.reduce((sum, { tuples }) => sum + tuples.length, 0);
  if (!complete || failure !== '') {
    throw new Error(`${name}: ${failure} after ${casesRead} of ${cases} cases, in ${nthCase(batches, casesRead)}`);
  }
  const file = encodeVectors(`qemu-system-riscv64 ${qemuVersion()}`, batches, answers);
  writeFileSync(vectorFile(name), file);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${name}: ${batches.length} batches, ${cases} cases, ${file.length} bytes, ${seconds} s`);
}
