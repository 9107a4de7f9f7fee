/**
 * A part of every chunk on the reference engine, all of each on the translator; the committed answers and executor are
 * what their sources give.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createReference } from '../../src/emu/cpu/reference/engine.ts';
import { parseAnswer } from './programs/batch.ts';
import { buildExecutor } from './programs/build.ts';
import { CHUNKS } from './programs/chunks/index.ts';
import { chunkElf, EXECUTOR } from './programs/elf.ts';
import { qemuVersion, runOnQemu } from './programs/qemu.ts';
import { checkChunk } from './programs/run-chunk.ts';
import { translating } from './programs/translating.ts';
import { expectedAnswers } from './programs/vectors.ts';

/** Cases of a chunk that the reference runs: it makes some hundred thousand steps a second. */
const CASES = 500;
const sizes = Object.entries(CHUNKS).map(([chunk, make]) => {
  return { chunk, cases: make().reduce((sum, { tuples }) => sum + tuples.length, 0) };
});

describe('the reference answers as QEMU does', () => {
  test.each(sizes)('$chunk', ({ chunk, cases }) => {
    const stride = Math.max(1, Math.floor(cases / CASES));
    const { failure, lines } = checkChunk(chunk, createReference, { stride, offset: 1 });
    expect(lines).toEqual([]);
    expect(failure).toBe('');
  });
});

describe('the translator answers as QEMU does', () => {
  test.each(sizes)('$chunk', ({ chunk, cases: all }) => {
    const { failure, lines, cases } = checkChunk(chunk, translating().engine);
    expect(lines).toEqual([]);
    expect(failure).toBe('');
    expect(cases).toBe(all);
  });
});

describe.skipIf(!qemuVersion()?.startsWith('7.2'))('QEMU 7.2 still gives the committed answers', () => {
  test.each(Object.keys(CHUNKS))('%s', (chunk) => {
    const batches = CHUNKS[chunk]!();
    const { bytes, failure } = runOnQemu(chunkElf(batches), chunk);
    expect(failure).toBe('');
    expect(parseAnswer(batches, bytes).answers).toEqual(expectedAnswers(chunk, batches));
  });
});

test('the executor is what its sources give', () => {
  const dir = mkdtempSync(join(tmpdir(), 'executor-'));
  try {
    const built = join(dir, 'executor.elf');
    buildExecutor(built);
    expect(readFileSync(built).equals(readFileSync(EXECUTOR))).toBe(true);
  } finally {
    rmSync(dir, { recursive: true });
  }
});
