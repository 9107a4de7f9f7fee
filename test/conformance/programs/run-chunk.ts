/** One chunk, or a part of it, on this machine with an engine, compared with the committed answers. */
import type { EngineFactory } from '../../../src/emu/cpu/engine.ts';
import { nthCase, parseAnswer, type Selection, select } from './batch.ts';
import { CHUNKS } from './chunks/index.ts';
import { type Comparison, compareAnswers } from './compare.ts';
import { chunkElf } from './elf.ts';
import { runOnMachine } from './machine-run.ts';
import { expectedAnswers } from './vectors.ts';

export interface ChunkResult extends Comparison {
  /** Empty, or why the program did not end and in which case. */
  readonly failure: string;
  readonly ticks: number;
}

export function checkChunk(chunk: string, engine: EngineFactory, selection: Selection = {}): ChunkResult {
  const all = CHUNKS[chunk]?.();
  if (all === undefined) throw new Error(`no chunk ${chunk}: ${Object.keys(CHUNKS).join(', ')}`);
  const { batches, answers: expected } = select(all, expectedAnswers(chunk, all), selection);
  const { bytes, failure, ticks } = runOnMachine(chunkElf(batches), engine);
  const { answers, complete, casesRead } = parseAnswer(batches, bytes);
  const stopped = complete && failure === '';
  return {
    ...compareAnswers(chunk, batches, expected, answers),
    failure: stopped ? '' : `${failure || 'the answer is cut'}, in ${nthCase(batches, casesRead)}`,
    ticks,
  };
}
