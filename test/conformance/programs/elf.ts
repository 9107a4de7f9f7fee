/**
 * Puts a chunk's cases into the prebuilt executor: a segment appended to the file, loaded at CASES. The executor's
 * program header of type PT_RISCV_ATTRIBUTES, which no loader needs, becomes the segment's.
 */
import { readFileSync } from 'node:fs';
import { type Batch, encodeBatches } from './batch.ts';
import { CASES } from './layout.ts';

export const EXECUTOR = new URL('executor/executor.elf', import.meta.url);

const PT_LOAD = 1;
const PT_RISCV_ATTRIBUTES = 0x7000_0003;
const PF_RW = 6;

export function chunkElf(batches: readonly Batch[]): Uint8Array {
  const executor = readFileSync(EXECUTOR);
  const segment = encodeBatches(batches);
  const offset = Math.ceil(executor.length / 4096) * 4096;
  const file = new Uint8Array(offset + segment.length);
  file.set(executor);
  file.set(segment, offset);
  const view = new DataView(file.buffer);
  const headers = Number(view.getBigUint64(32, true));
  const count = view.getUint16(56, true);
  for (let i = 0; i < count; i++) {
    const at = headers + 56 * i;
    if (view.getUint32(at, true) !== PT_RISCV_ATTRIBUTES) continue;
    view.setUint32(at, PT_LOAD, true);
    view.setUint32(at + 4, PF_RW, true);
    const fields = [offset, CASES, CASES, segment.length, segment.length, 4096];
    for (const [k, value] of fields.entries()) view.setBigUint64(at + 8 + 8 * k, BigInt(value), true);
    return file;
  }
  throw new Error('the executor has no program header to take over');
}
