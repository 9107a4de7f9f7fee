/**
 * The committed answers: one gzipped file a chunk.
 *
 *     u32          length of the index
 *     index        JSON: { machine, cases, batches: [{ name, rows, columns: [name] }] }
 *     per column   u8 width w, then w planes of one byte a row: the lowest bytes of all words, the next …
 *
 * `cases` is the SHA-256 of the program, executor and cases, so that answers to other questions are noticed.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Batch, BatchAnswer } from './batch.ts';
import { chunkElf } from './elf.ts';

export const vectorFile = (chunk: string): URL => new URL(`../vectors/${chunk}.bin.gz`, import.meta.url);

interface Index {
  readonly machine: string;
  readonly cases: string;
  readonly batches: readonly { readonly name: string; readonly rows: number; readonly columns: readonly string[] }[];
}

export const casesDigest = (batches: readonly Batch[]): string =>
  createHash('sha256').update(chunkElf(batches)).digest('hex');

function encodeColumn(column: BigUint64Array): Uint8Array {
  const bytes = new Uint8Array(column.buffer, column.byteOffset, column.byteLength);
  let width = 8;
  while (width > 0 && !bytes.some((byte, i) => i % 8 === width - 1 && byte !== 0)) width--;
  const out = new Uint8Array(1 + width * column.length);
  out[0] = width;
  for (let plane = 0; plane < width; plane++) {
    for (let row = 0; row < column.length; row++) {
      out[1 + plane * column.length + row] = bytes[8 * row + plane] ?? 0;
    }
  }
  return out;
}

export function encodeVectors(machine: string, batches: readonly Batch[], answers: readonly BatchAnswer[]): Uint8Array {
  const index: Index = {
    machine,
    cases: casesDigest(batches),
    batches: batches.map(({ name, tuples, outputs }) => ({
      name,
      rows: tuples.length,
      columns: outputs.map((place) => place.name),
    })),
  };
  const text = new TextEncoder().encode(JSON.stringify(index));
  const length = new Uint8Array(Uint32Array.of(text.length).buffer);
  const columns = answers.flatMap((answer) => answer.columns.map(encodeColumn));
  return gzipSync(Buffer.concat([length, text, ...columns]), { level: 9 });
}

export function decodeVectors(gzipped: Uint8Array): { readonly index: Index; readonly answers: BatchAnswer[] } {
  const bytes = gunzipSync(gzipped);
  const length = bytes.readUInt32LE(0);
  const index = JSON.parse(bytes.subarray(4, 4 + length).toString('utf8')) as Index;
  let at = 4 + length;
  const column = (rows: number): BigUint64Array => {
    const width = bytes[at] ?? 0;
    const out = new Uint8Array(8 * rows);
    for (let plane = 0; plane < width; plane++) {
      for (let row = 0; row < rows; row++) out[8 * row + plane] = bytes[at + 1 + plane * rows + row] ?? 0;
    }
    at += 1 + width * rows;
    return new BigUint64Array(out.buffer);
  };
  const answers = index.batches.map(({ name, rows, columns }) => ({ name, columns: columns.map(() => column(rows)) }));
  if (at !== bytes.length) throw new Error('a vector file of the wrong length');
  return { index, answers };
}

/** The committed answers of a chunk; throws when they answer other cases than these. */
export function expectedAnswers(chunk: string, batches: readonly Batch[]): BatchAnswer[] {
  const file = vectorFile(chunk);
  const remedy = 'run node test/conformance/programs/generate.ts';
  if (!existsSync(file)) throw new Error(`no answers for ${chunk}: ${remedy}`);
  const { index, answers } = decodeVectors(readFileSync(file));
  if (index.cases !== casesDigest(batches)) throw new Error(`the answers for ${chunk} are to other cases: ${remedy}`);
  return answers;
}
