/**
 * Every chunk of conformance programs on the interpreter, and a part of each on the translator, against the committed
 * answers of QEMU.
 */
import { describe, expect, test } from 'vitest';
import { createInterpreter } from '../../src/emu/cpu/interpreter/interpreter.ts';
import { instructions } from '../../src/emu/isa/table.ts';
import { CHUNKS } from './programs/chunks/index.ts';
import { deviations } from './programs/deviations.ts';
import { checkChunk } from './programs/run-chunk.ts';
import { translating } from './programs/translating.ts';
import { runWords } from './programs/words.ts';

const used = new Set<string>();

describe('the interpreter answers as QEMU does', () => {
  test.each(Object.keys(CHUNKS))('%s', (chunk) => {
    const { failure, cases, lines, reasons } = checkChunk(chunk, createInterpreter);
    for (const reason of reasons) used.add(reason);
    expect(lines).toEqual([]);
    expect(failure).toBe('');
    expect(cases).toBeGreaterThan(200);
  });

  test('and every known deviation of QEMU was met', () => {
    expect(deviations.map(({ why }) => why).filter((why) => !used.has(why))).toEqual([]);
  });
});

/** Cases of a chunk that the translator runs. */
const CASES = 400;

describe('and so does the translator', () => {
  test.each(Object.entries(CHUNKS))('%s', (chunk, make) => {
    const all = make().reduce((sum, { tuples }) => sum + tuples.length, 0);
    const { engine, compiledShare } = translating();
    const { failure, cases, lines } = checkChunk(chunk, engine, {
      stride: Math.max(1, Math.floor(all / CASES)),
      offset: 1,
    });
    expect(lines).toEqual([]);
    expect(failure).toBe('');
    expect(cases).toBeGreaterThan(200);
    expect(compiledShare()).toBeGreaterThan(compiledAtLeast[chunk] ?? 0.5);
  });
});
/** Of the words of `decode` most are no instruction. */
const compiledAtLeast: Readonly<Record<string, number>> = { decode: 0.1 };

/** cbo came to QEMU after the version that the answers are from. */
const NOT_IN_QEMU = ['cbo.inval', 'cbo.clean', 'cbo.flush', 'cbo.zero'];

test('every row of the instruction table is run', () => {
  const words = runWords();
  const missing = instructions.filter(({ mask, match }) => !words.some((word) => (word & mask) >>> 0 === match >>> 0));
  expect(missing.map(({ name }) => name)).toEqual(NOT_IN_QEMU);
});
