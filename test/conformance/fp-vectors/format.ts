/**
 * The vector file: what QEMU answered for every F and D instruction. Layout (little endian), the whole gzipped:
 *
 *     u32          length of the index
 *     index        JSON: { sets: [{ name, arity, count }], insns: [{ name, set, modes }] }
 *     per set      arity columns of count u64: register contents a, b, c
 *     per insn     modes columns of count u64: the result in mode 0, then result XOR result in mode 0
 *                  modes columns of count u8: fflags raised
 *
 * An instruction with `modes` 5 was run with frm 0 to 4 (RNE RTZ RDN RUP RMM), one with `modes` 1 does not round.
 * A case's result is the 64-bit destination register (a single NaN-boxed, an integer sign-extended), for a store the
 * memory doubleword, zero before. For a load, a is the memory doubleword; for FMV and FCVT from integers, a is rs1.
 */
import { readFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';

export const VECTOR_FILE = new URL('../vectors/fp.bin.gz', import.meta.url);

export interface FpCase {
  readonly name: string;
  readonly rm: 0 | 1 | 2 | 3 | 4;
  readonly a: bigint;
  readonly b: bigint;
  readonly c: bigint;
  readonly result: bigint;
  readonly flags: number;
}

interface Index {
  readonly sets: readonly { readonly name: string; readonly arity: number; readonly count: number }[];
  readonly insns: readonly { readonly name: string; readonly set: string; readonly modes: 1 | 5 }[];
}

export interface SetColumns {
  readonly name: string;
  /** One column per operand. */
  readonly columns: readonly BigUint64Array[];
}

export interface InsnColumns {
  readonly name: string;
  readonly set: string;
  /** One column per rounding mode. */
  readonly results: readonly BigUint64Array[];
  readonly flags: readonly Uint8Array[];
}

const xorColumn = (column: BigUint64Array, base: BigUint64Array): BigUint64Array =>
  column.map((x, i) => x ^ (base[i] ?? 0n));

export function encodeVectors(sets: readonly SetColumns[], insns: readonly InsnColumns[]): Uint8Array {
  const index: Index = {
    sets: sets.map(({ name, columns }) => ({ name, arity: columns.length, count: columns[0]?.length ?? 0 })),
    insns: insns.map(({ name, set, results }) => ({ name, set, modes: results.length === 5 ? 5 : 1 })),
  };
  const text = new TextEncoder().encode(JSON.stringify(index));
  const parts: Uint8Array[] = [new Uint8Array(Uint32Array.of(text.length).buffer), text];
  const bytesOf = (column: BigUint64Array): Uint8Array =>
    new Uint8Array(column.buffer, column.byteOffset, column.byteLength);
  for (const set of sets) parts.push(...set.columns.map(bytesOf));
  for (const { results, flags } of insns) {
    const base = results[0];
    if (base === undefined) throw new Error('an instruction without results');
    parts.push(...results.map((column, mode) => bytesOf(mode === 0 ? column : xorColumn(column, base))), ...flags);
  }
  return gzipSync(Buffer.concat(parts), { level: 9 });
}

export function decodeVectors(gzipped: Uint8Array): { readonly sets: SetColumns[]; readonly insns: InsnColumns[] } {
  const bytes = gunzipSync(gzipped);
  let at = 0;
  const take = (length: number): ArrayBuffer => {
    if (at + length > bytes.length) throw new Error('the vector file is cut');
    at += length;
    return new Uint8Array(bytes.subarray(at - length, at)).buffer;
  };
  const columns = <T>(count: number, read: () => T): T[] => Array.from({ length: count }, read);
  const indexLength = new DataView(take(4)).getUint32(0, true);
  const index = JSON.parse(new TextDecoder().decode(take(indexLength))) as Index;
  const counts = new Map(index.sets.map(({ name, count }) => [name, count]));
  const sets = index.sets.map(({ name, arity, count }) => ({
    name,
    columns: columns(arity, () => new BigUint64Array(take(8 * count))),
  }));
  const insns = index.insns.map(({ name, set, modes }) => {
    const count = counts.get(set) ?? 0;
    const [base = new BigUint64Array(0), ...others] = columns(modes, () => new BigUint64Array(take(8 * count)));
    const results = [base, ...others.map((column) => xorColumn(column, base))];
    return { name, set, results, flags: columns(modes, () => new Uint8Array(take(count))) };
  });
  if (at !== bytes.length) throw new Error('the vector file has bytes after its end');
  return { sets, insns };
}

/** Every case of the committed file, or every `stride`-th of each instruction and mode starting at `offset`. */
export function* fpCases(stride = 1, offset = 0): Generator<FpCase> {
  const { sets, insns } = decodeVectors(readFileSync(VECTOR_FILE));
  const operands = new Map(sets.map(({ name, columns }) => [name, columns]));
  for (const { name, set, results, flags } of insns) {
    const [a, b, c] = operands.get(set) ?? [];
    for (const rm of [0, 1, 2, 3, 4] as const) {
      const result = results[rm];
      if (result === undefined || a === undefined) continue;
      for (let i = offset % stride; i < result.length; i += stride) {
        const flag = flags[rm]?.[i] ?? 0;
        yield { name, rm, a: a[i] ?? 0n, b: b?.[i] ?? 0n, c: c?.[i] ?? 0n, result: result[i] ?? 0n, flags: flag };
      }
    }
  }
}
