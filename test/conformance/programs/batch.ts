/**
 * A batch: one piece of code run once for each tuple of inputs, each run a case. Here are its binary form, as the
 * executor reads it, and the reading of the executor's answer.
 *
 *     segment      u64 number of batches, then each: code bytes, inits, ins, outs, tuples, flags (u64 each);
 *                  code, padded to 8; inits (selector, value); input selectors; output selectors; tuples
 *     answer       for each case, for each output: a byte n, 0 to 8, and n bytes of the word, low first
 */
import type { Place } from './layout.ts';

/** What the executor does around each case; costs time, so only where it matters. */
export const Flag = { resetCsrs: 1, useF: 2, checkWindow: 4, resetPmp: 8, checkWide: 16 } as const;

export interface Batch {
  readonly name: string;
  /** Instruction words, run in M-mode; they end by a trap to M-mode: ebreak, ecall, or the fault in question. */
  readonly code: readonly number[];
  /** Set once, before the first case. */
  readonly init: readonly (readonly [Place, bigint])[];
  readonly inputs: readonly Place[];
  readonly outputs: readonly Place[];
  readonly tuples: readonly (readonly bigint[])[];
  readonly flags: number;
  /** A case in words, where its inputs do not speak for themselves. */
  readonly describe?: (tuple: readonly bigint[]) => string;
}

type Given = Pick<Batch, 'name' | 'code' | 'inputs' | 'outputs' | 'tuples'> & Partial<Batch>;
export function batch(given: Given): Batch {
  for (const tuple of given.tuples) {
    if (tuple.length !== given.inputs.length) throw new Error(`${given.name}: a tuple of ${tuple.length} inputs`);
  }
  return { init: [], flags: 0, ...given };
}

export function encodeBatches(batches: readonly Batch[]): Uint8Array {
  const words: bigint[] = [BigInt(batches.length)];
  for (const { code, init, inputs, outputs, tuples, flags } of batches) {
    const counts = [4 * code.length, init.length, inputs.length, outputs.length, tuples.length, flags];
    words.push(...counts.map(BigInt));
    for (let i = 0; i < code.length; i += 2) words.push(BigInt(code[i] ?? 0) | (BigInt(code[i + 1] ?? 0) << 32n));
    for (const [place, value] of init) words.push(BigInt(place.selector), value);
    for (const place of [...inputs, ...outputs]) words.push(BigInt(place.selector));
    for (const tuple of tuples) words.push(...tuple);
  }
  return new Uint8Array(BigUint64Array.from(words, (word) => BigInt.asUintN(64, word)).buffer);
}

/** One column of words an output, one row a case. */
export interface BatchAnswer {
  readonly name: string;
  readonly columns: readonly BigUint64Array[];
}

/** Reads what the executor wrote; `complete` is false when it ends early, the words after that being zero. */
export function parseAnswer(
  batches: readonly Batch[],
  bytes: Uint8Array,
): { readonly answers: BatchAnswer[]; readonly complete: boolean; readonly casesRead: number } {
  let at = 0;
  let casesRead = 0;
  let complete = true;
  const word = (): bigint => {
    const n = bytes[at];
    if (n === undefined || n > 8 || at + 1 + n > bytes.length) {
      complete = false;
      at = bytes.length;
      return 0n;
    }
    let value = 0n;
    for (let i = n; i > 0; i--) value = (value << 8n) | BigInt(bytes[at + i] ?? 0);
    at += 1 + n;
    return value;
  };
  const answers = batches.map(({ name, outputs, tuples }) => {
    const columns = outputs.map(() => new BigUint64Array(tuples.length));
    for (let row = 0; row < tuples.length; row++) {
      for (const column of columns) column[row] = word();
      if (complete) casesRead++;
    }
    return { name, columns };
  });
  return { answers, complete: complete && at === bytes.length, casesRead };
}

/** The batch and case with this number, counting through all batches. */
export function nthCase(batches: readonly Batch[], n: number): string {
  let left = n;
  for (const one of batches) {
    if (left < one.tuples.length) return `${one.name}: ${caseWords(one, left)}`;
    left -= one.tuples.length;
  }
  return 'the end';
}

const hex = (value: bigint): string => BigInt.asUintN(64, value).toString(16);

/** A case of a batch in words: its inputs by name. */
export function caseWords({ inputs, tuples, describe }: Batch, row: number): string {
  const tuple = tuples[row] ?? [];
  const values = inputs.map(({ name }, i) => `${name} ${hex(tuple[i] ?? 0n)}`).join(', ');
  return describe === undefined ? values : `${describe(tuple)} (${values})`;
}

/** Part of a chunk: batches whose name matches, and of each every `stride`-th case from `offset` on. */
export interface Selection {
  readonly name?: RegExp;
  readonly stride?: number;
  readonly offset?: number;
}

/** Cases stand on their own, so a part of them has the same answers. */
export function select(
  batches: readonly Batch[],
  answers: readonly BatchAnswer[],
  { name = /./, stride = 1, offset = 0 }: Selection,
): { readonly batches: Batch[]; readonly answers: BatchAnswer[] } {
  const chosen = batches.flatMap((one, i) => {
    const answer = answers[i];
    return answer !== undefined && name.test(one.name) ? [{ one, answer }] : [];
  });
  const wanted = (_: unknown, row: number): boolean => row % stride === offset % stride;
  return {
    batches: chosen.map(({ one }) => ({ ...one, tuples: one.tuples.filter(wanted) })),
    answers: chosen.map(({ answer }) => ({
      ...answer,
      columns: answer.columns.map((column) => column.filter(wanted)),
    })),
  };
}
