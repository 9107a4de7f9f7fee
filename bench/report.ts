/** The tables of a bench, and the same as data. */

import { ratiosOf, ratioTable } from './ratios.ts';
import { Results } from './results.ts';
import type { Sample } from './rounds.ts';
import type { Runner } from './runners.ts';
import type { StartUp } from './start-up.ts';
import { median, spread } from './stats.ts';
import { figure, mebibytes, type Table, withSpread } from './table.ts';
import { type Row, rowsOf, type Work } from './works.ts';

export interface Bench {
  readonly works: readonly Work[];
  readonly runners: readonly Runner[];
  readonly samples: readonly Sample[];
  readonly startUp: StartUp;
}

const GUEST_RAM_BYTES = 256 * 2 ** 20;

export function tablesOf({ works, runners, samples, startUp }: Bench): Table[] {
  const results = new Results(samples);
  const rows = rowsOf(works);
  return [
    secondsTable(results, rows, runners),
    mipsTable(results, rows, runners),
    ratioTable(results, rows, runners),
    logTable(results, works, runners),
    memoryTable(results, works, runners),
    startUpTable(startUp),
  ];
}

/** What went wrong, as sentences: what matters to lockstep, and what only costs a peer its column. */
export function problemsOf({ works, runners, samples, startUp }: Bench): { ours: string[]; theirs: string[] } {
  const failed = samples.filter(({ failure }) => failure !== undefined);
  const isOurs = ({ runner }: Sample): boolean => runners.find(({ name }) => name === runner)?.kind !== 'qemu';
  const sentence = ({ round, work, runner, failure }: Sample): string =>
    `round ${round}, ${work}, ${runner}: ${failure}`;
  const disagreements = new Results(samples).disagreements(rowsOf(works));
  const ours = [...failed.filter(isOurs).map(sentence), ...disagreements];
  return {
    ours: startUp.failure === undefined ? ours : [...ours, `lockstep --help: ${startUp.failure}`],
    theirs: failed.filter((sample) => !isOurs(sample)).map(sentence),
  };
}

/** Everything measured, for --json. */
export function dataOf(bench: Bench): unknown {
  const results = new Results(bench.samples);
  const ratios = ratiosOf(bench.runners);
  return {
    rows: rowsOf(bench.works).map((row) => ({
      name: row.name,
      group: row.group,
      instructions: orNull(results.instructions(row)),
      seconds: Object.fromEntries(bench.runners.map(({ name }) => [name, results.seconds(row, name).map(orNull)])),
      ratios: Object.fromEntries(
        ratios.map(({ head, over, under }) => [head, orNull(results.ratio(row, over, under))]),
      ),
    })),
    samples: bench.samples.map((sample) => ({ ...sample, marks: Object.fromEntries(sample.marks) })),
    startUpSeconds: bench.startUp.seconds,
    problems: problemsOf(bench),
  };
}

function secondsTable(results: Results, rows: readonly Row[], runners: readonly Runner[]): Table {
  return {
    title: `Seconds (median of ${results.rounds}, half the range; less is better)`,
    head: ['', 'M instr', ...runners.map(({ name }) => name)],
    rows: rows.map((row) => [
      row.name,
      figure(results.instructions(row) / 1e6),
      ...runners.map(({ name }) => {
        const seconds = results.seconds(row, name);
        return withSpread(median(seconds), spread(seconds));
      }),
    ]),
  };
}

function mipsTable(results: Results, rows: readonly Row[], runners: readonly Runner[]): Table {
  return {
    title: 'MIPS (million guest instructions a second; for native: of the instructions that it saves)',
    head: ['', ...runners.map(({ name }) => name)],
    rows: rows.map((row) => [row.name, ...runners.map(({ name }) => figure(median(results.mips(row, name))))]),
  };
}

function logTable(results: Results, works: readonly Work[], runners: readonly Runner[]): Table {
  const peers = runners.filter(({ name }) => name.endsWith('rr=record')).map(({ name }) => name);
  const columns = (work: Work): string[] => {
    const ticks = results.whole(work, 'record', (sample) => sample.ticks);
    const bytes = results.whole(work, 'record', ({ logBytes }) => logBytes);
    const others = peers.map((peer) => figure(results.whole(work, peer, ({ logBytes }) => logBytes)));
    return [figure(ticks / 1e6), figure(bytes), figure((bytes * 1e3) / ticks), ...others];
  };
  return {
    title: 'Recordings (whole runs, start to power off)',
    head: ['', 'M instr', 'log bytes', 'bytes/1000 instr', ...peers.map((peer) => `${peer} bytes`)],
    rows: works.map((work) => [work.name, ...columns(work)]),
  };
}

function memoryTable(results: Results, works: readonly Work[], runners: readonly Runner[]): Table {
  const machines = runners.filter(({ kind }) => kind !== 'native').map(({ name }) => name);
  const most = machines.map((name) =>
    works.reduce((peak, work) => {
      const here = results.whole(work, name, ({ peakBytes }) => peakBytes);
      return here > peak || Number.isNaN(peak) ? here : peak;
    }, Number.NaN),
  );
  return {
    title: `Peak memory, MiB (largest of the medians; over: beyond the guest's ${mebibytes(GUEST_RAM_BYTES)})`,
    head: ['', ...machines],
    rows: [
      ['resident', ...most.map(mebibytes)],
      ['over', ...most.map((bytes) => mebibytes(bytes - GUEST_RAM_BYTES))],
    ],
  };
}

function startUpTable({ seconds }: StartUp): Table {
  return {
    title: 'Start-up',
    head: ['', 'seconds'],
    rows: [['lockstep --help', withSpread(median(seconds), spread(seconds))]],
  };
}

const orNull = (value: number): number | null => (Number.isFinite(value) ? value : null);
