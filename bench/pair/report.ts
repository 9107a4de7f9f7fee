/** The tables of the pair's bench. Ratios are taken within a round; medians of the rounds are shown. */

import { median, spread } from '../stats.ts';
import { figure, percent, type Table, withSpread } from '../table.ts';
import type { Sample } from './course.ts';
import type { Gauged, Lag } from './gauge.ts';
import { MODES, type Mode } from './machine.ts';
import { receivedBytes, STAGES, type StageName, titleOf, type WorkName } from './works.ts';

export interface FtBench {
  readonly quick: boolean;
  readonly samples: readonly Sample[];
}

export function tablesOf(done: FtBench): Table[] {
  const tables = [speedTable(done), costTable(done), channelTable(done), latencyTable(done)];
  return tables.filter(({ rows }) => rows.length > 0);
}

function speedTable(done: FtBench): Table {
  const rows = workingStages(done).map((work) => {
    const kept = (['run', 'record'] as const).flatMap((off) => [
      ratio(done, work, off, (gauged) => gauged.cpuSeconds),
      ratio(done, work, off, (gauged) => gauged.seconds),
    ]);
    const backup = median(each(done, work, 'ft', (gauged) => gauged.backupCpuSeconds / gauged.cpuSeconds));
    return [titleOf(work, done.quick), ...kept, figure(backup)];
  });
  return {
    title: 'FT on against FT off: speed that is left (1 = all of it), by processor time and by wall time',
    head: [
      'work',
      'FT/run processor',
      'FT/run wall',
      'FT/record processor',
      'FT/record wall',
      'backup/primary processor',
    ],
    rows,
  };
}

function costTable(done: FtBench): Table {
  const rows = workingStages(done).map((work) => {
    const of = (pick: (gauged: Gauged) => number): string[] =>
      MODES.map((mode) => figure(median(each(done, work, mode, pick))));
    return [titleOf(work, done.quick), ...of((gauged) => gauged.cpuSeconds), ...of((gauged) => gauged.seconds)];
  });
  const columns = (what: string): string[] => ['run', 'record', 'FT'].map((name) => `${name} ${what}`);
  return { title: 'Seconds', head: ['work', ...columns('processor'), ...columns('wall')], rows };
}

function channelTable(done: FtBench): Table {
  const rows = stagesOf(done)
    .filter((work) => each(done, work, 'ft', () => 0).length > 0)
    .map((work) => {
      const of = (pick: (gauged: Gauged) => number): number => median(each(done, work, 'ft', pick));
      // What idles makes no entries: its primary still tells of those before.
      const lag = (of: (lag: Lag) => number): number[] =>
        each(done, work, 'ft', (gauged) => (gauged.lag === undefined || work === 'idle' ? Number.NaN : of(gauged.lag)));
      return [
        titleOf(work, done.quick),
        of((gauged) => (gauged.channelBytes * 8) / 1e6 / gauged.seconds).toFixed(3),
        figure(of((gauged) => gauged.channelBytes / receivedBytes(work, done.quick))),
        figure(median(lag(({ p50 }) => p50))),
        figure(median(lag(({ p99 }) => p99))),
        figure(Math.max(...lag(({ now }) => now))),
        percent(Math.min(...each(done, work, 'ft', ({ share }) => share))),
        count(Math.max(...each(done, work, 'ft', ({ stalls }) => stalls))),
        percent(of((gauged) => gauged.cpuSeconds / gauged.seconds)),
        percent(of((gauged) => gauged.backupCpuSeconds / gauged.seconds)),
      ];
    });
  return {
    title: 'The channel, FT on',
    head: [
      'work',
      ...['Mbit/s', 'bytes / byte received', 'lag ms p50', 'lag ms p99', 'lag ms worst', 'least share', 'stalls'],
      ...['primary processor', 'backup processor'],
    ],
    rows,
  };
}

function latencyTable({ samples, quick }: FtBench): Table {
  const works = (['nginx', 'request'] as const).filter((name) => samples.some(({ work }) => work === name));
  const rows = works.map((work) => [
    titleOf(work, quick),
    ...[0.5, 0.99].flatMap((part) => {
      const [run, record, ft] = MODES.map((mode) => answers(samples, work, mode, part)) as [number, number, number];
      return [...[run, record, ft].map(figure), figure(ft - run)];
    }),
  ]);
  const columns = ['run', 'record', 'FT', 'added'];
  return {
    title: 'Answers to a client, ms',
    head: ['', ...columns.map((name) => `p50 ${name}`), ...columns.map((name) => `p99 ${name}`)],
    rows,
  };
}

const count = (value: number): string => (Number.isFinite(value) ? `${value}` : '-');

export function quantileOf(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

/** Time of an answer to a client, milliseconds: a quantile within each round, the median of the rounds. */
export function answers(samples: readonly Sample[], work: WorkName, mode: Mode, part: number): number {
  const own = samples.filter((sample) => sample.work === work && sample.mode === mode);
  return median(own.map(({ latencies = [] }) => quantileOf(latencies, part)));
}

/** Those that cost something. */
export function workingStages(done: FtBench): StageName[] {
  return stagesOf(done).filter((work) => work !== 'idle');
}

function stagesOf({ samples }: FtBench): StageName[] {
  return STAGES.filter((name) => samples.some(({ work }) => work === name));
}

export function each({ samples }: FtBench, work: WorkName, mode: Mode, pick: (gauged: Gauged) => number): number[] {
  const own = samples.filter((sample) => sample.work === work && sample.mode === mode);
  return own.flatMap(({ gauged }) => (gauged === undefined ? [] : [pick(gauged)]));
}

/** Cost with FT off by cost with it on, of the same round. */
export function ratio(
  { samples }: FtBench,
  work: WorkName,
  off: Mode,
  cost: (gauged: Gauged) => number,
  on: Mode = 'ft',
): string {
  const own = samples.filter((sample) => sample.work === work && sample.gauged !== undefined);
  const ratios = own
    .filter(({ mode }) => mode === on)
    .flatMap(({ round, gauged }) => {
      const base = own.find((sample) => sample.round === round && sample.mode === off)?.gauged;
      return base === undefined ? [] : [cost(base) / cost(gauged!)];
    });
  return withSpread(median(ratios), spread(ratios));
}
