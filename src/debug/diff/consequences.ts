/**
 * What came of a difference: where code first sees it, where the two sides first do something else, and what is first
 * seen of it from outside, followed forward from the moment at which it is there.
 */

import type { Board } from '../../emu/machine/board.ts';
import { minOf } from '../../lib/bigint.ts';
import type { SymbolTable } from '../guest/symbols.ts';
import { advance, type Breathe } from './advance.ts';
import { type Both, both, SIDES, type Side } from './both.ts';
import type { Ear } from './ear.ts';
import { FunctionSamples, functionTrail } from './function-trail.ts';
import { functionsParting } from './function-ways.ts';
import { momentOf } from './moment.ts';
import { narrow, type Parting } from './narrow.ts';
import type { Consequences, FlowParted, Parted, SideEnd } from './report.ts';
import type { Run } from './run.ts';
import { numbersAside, type Said } from './said.ts';
import { compareRegisters } from './state-diff.ts';
import { foresee, stepMade } from './step-made.ts';
import { type StreamDifference, StreamPairs } from './stream-pairs.ts';
import { flowAlike, registersAlike, stepTogether, waysAlike } from './together.ts';

export interface Followed {
  readonly runs: Both<Run>;
  readonly ears: Both<Ear>;
  readonly symbols: Both<SymbolTable>;
  /** The code may lie elsewhere. */
  readonly otherCode: boolean;
  /** Not followed beyond this tick. */
  readonly until: bigint;
  readonly breathe: Breathe;
}

/** Steps looked at one by one before strides are taken. */
const SINGLE_STEPS = 32_768;
const STRIDE_TICKS = 1n << 20n;
/** Ticks between two samples of what function a side is in. */
const SAMPLE_TICKS = 1n << 16n;
const TRAIL_ENTRIES = 12;

/** The runs stand at one tick, the last at which they are alike. Afterwards they stand where following ended. */
export async function followDifference(followed: Followed): Promise<Consequences> {
  const { runs, ears, symbols } = followed;
  const linesBefore = ears.a.lately;
  const said = hearBoth(ears);
  const named = followed.otherCode && symbols.a.size > 0 && symbols.b.size > 0;
  const functionsParted = named ? await functionsParting(runs, symbols, followed.breathe) : undefined;
  const registers = await registersParting(followed);
  const flow = registers === undefined ? undefined : await flowParting(followed);
  const samples = both((side) => new FunctionSamples(symbols[side]));
  await runOn(followed, samples);
  const over = both((side) => runs[side].ended !== undefined);
  for (const side of SIDES) if (over[side]) ears[side].end();
  return {
    registers,
    flow,
    functionsParted,
    ...said.differences(over),
    functions: { a: samples.a.notIn(samples.b), b: samples.b.notIn(samples.a) },
    ends: both((side) => endOf(runs[side])),
    linesBefore,
  };
}

type Alike = (a: Board, b: Board) => boolean;
interface Found {
  readonly parting: Parting;
  readonly first: boolean;
}

async function registersParting(followed: Followed): Promise<Parted | undefined> {
  const found = await part(followed, registersAlike, 'looking for where code sees the difference');
  return found && partedAt(followed, found);
}

async function flowParting(followed: Followed): Promise<FlowParted | undefined> {
  const { runs, symbols } = followed;
  const found = await flowFound(followed);
  if (found === undefined) return undefined;
  const trail = both((side) => {
    const entries = symbols[side].size === 0 ? [] : functionTrail(runs[side], symbols[side], TRAIL_ENTRIES);
    runs[side].back(found.parting.marks[side]);
    return entries;
  });
  const parted = partedAt(followed, found);
  return parted && { ...parted, trail };
}

/** First where the ways taken seem to differ, and from there on exactly. */
async function flowFound(followed: Followed): Promise<Found | undefined> {
  const doing = 'looking for where the sides do something else';
  const ways = await part(followed, waysAlike, doing);
  if (ways === undefined) return undefined;
  const found = await part(followed, flowAlike, doing);
  return found && { parting: found.parting, first: found.first && ways.first };
}

/** The runs, which stand where they are alike, do so afterwards, unless they come to their end. */
async function part({ runs, until, breathe }: Followed, alike: Alike, doing: string): Promise<Found | undefined> {
  const { a, b } = runs;
  if (!alike(a.board, b.board)) {
    const marks = both((side) => runs[side].mark());
    return { parting: { alike: a.now, tick: a.now, marks }, first: true };
  }
  const stepped = await stepTogether(runs, SINGLE_STEPS, alike, breathe);
  if (stepped !== undefined) return { parting: stepped, first: true };
  if (a.ended !== undefined || b.ended !== undefined) return undefined;
  const parting = await narrow(runs, { until, stride: STRIDE_TICKS, alike, doing, breathe });
  // One of them may only have ended.
  return parting === undefined || parting.alike === parting.tick ? undefined : { parting, first: false };
}

/** Takes the runs, which stand at `alike`, to `tick`; undefined when one of them cannot go there. */
function partedAt({ runs, symbols }: Followed, { parting: { alike, tick }, first }: Found): Parted | undefined {
  const view = () => both((side) => momentOf(runs[side].board, symbols[side]));
  const before = view();
  const foreseen = both((side) => foresee(runs[side].board));
  for (const side of SIDES) runs[side].to(tick);
  if (SIDES.some((side) => runs[side].now !== tick)) return undefined;
  const registers = compareRegisters(runs.a.board, runs.b.board).filter(({ kind }) => kind === 'register');
  const made = both((side) => (tick === alike ? [] : stepMade(foreseen[side], runs[side].board)));
  return { alike, tick, first, before, made, at: view(), registers };
}

async function runOn({ runs, ears, until, breathe }: Followed, samples: Both<FunctionSamples>): Promise<void> {
  const how = { doing: 'following both sides', breathe };
  const going = (side: Side): boolean => runs[side].ended === undefined && runs[side].now < until;
  while (going('a') || going('b')) {
    const behind = SIDES.filter(going).map((side): bigint => runs[side].now);
    const target = minOf(until, behind.reduce(minOf) + SAMPLE_TICKS);
    for (const side of SIDES) {
      await advance(runs[side], target, how);
      ears[side].mark();
      if (going(side)) samples[side].add(runs[side].board);
    }
  }
}

function hearBoth(ears: Both<Ear>) {
  const alike = (a: Said, b: Said): boolean => a.content === b.content;
  const lines = new StreamPairs<Said>(alike);
  const outputs = new StreamPairs<Said>(alike);
  const aside = new StreamPairs<Said>((a, b) => numbersAside(a.content) === numbersAside(b.content));
  for (const side of SIDES) {
    ears[side].sink = (said) => {
      const isLine = said.stream.startsWith('console');
      (isLine ? lines : outputs).take(side, said.stream, said);
      if (isLine) aside.take(side, said.stream, said);
    };
  }
  return {
    /** Where a side is not over, what it has not said yet it may still say. */
    differences: (over: Both<boolean>): Pick<Consequences, 'lines' | 'linesNumbersAside' | 'outputs'> => {
      const sure = (pairs: StreamPairs<Said>): StreamDifference<Said>[] =>
        pairs.differences().filter(({ a, b }) => (a !== undefined || over.a) && (b !== undefined || over.b));
      return { lines: sure(lines), linesNumbersAside: sure(aside), outputs: sure(outputs) };
    },
  };
}

const endOf = ({ now, ended, board }: Run): SideEnd => ({
  tick: now,
  over: ended !== undefined,
  why: ended ?? 'it was not followed further',
  code: board.halt?.code,
});
