/** The four-way table: the same guest, the same pair, each method in turn. Ratios are taken within a round. */

import { median } from '../stats.ts';
import { figure, type Table } from '../table.ts';
import type { Gauged } from './gauge.ts';
import { METHOD_MODES } from './machine.ts';
import { answers, each, type FtBench, ratio, workingStages } from './report.ts';
import { titleOf } from './works.ts';

const METHODS = METHOD_MODES.filter((mode) => mode !== 'run');
const NAMES = { ft: 'log', checkpoints: 'checkpoints', epochs: 'epochs', stop: 'stop' } as const;

export function methodTablesOf(done: FtBench): Table[] {
  return [costTable(done), answerTable(done)].filter(({ rows }) => rows.length > 0);
}

function costTable(done: FtBench): Table {
  const rows = workingStages(done).flatMap((work) =>
    METHODS.map((mode) => {
      const of = (pick: (gauged: Gauged) => number): string => figure(median(each(done, work, mode, pick)));
      return [
        `${titleOf(work, done.quick)}: ${NAMES[mode]}`,
        ratio(done, work, 'run', (gauged) => gauged.cpuSeconds, mode),
        ratio(done, work, 'run', (gauged) => gauged.seconds, mode),
        of((gauged) => (gauged.channelBytes * 8) / 1e6 / gauged.seconds),
        of((gauged) => gauged.channelBytes / 2 ** 20),
        of((gauged) => gauged.backupCpuSeconds / gauged.cpuSeconds),
      ];
    }),
  );
  const title = 'Each method against run: speed that is left (1 = all of it), what the channel carries';
  const head = ['work: method', 'processor', 'wall', 'Mbit/s', 'MiB', 'backup/primary processor'];
  return { title, head, rows };
}

function answerTable({ samples, quick }: FtBench): Table {
  const works = (['nginx', 'request'] as const).filter((name) => samples.some(({ work }) => work === name));
  const rows = works.flatMap((work) =>
    METHODS.map((mode) => [
      `${titleOf(work, quick)}: ${NAMES[mode]}`,
      ...[0.5, 0.99].flatMap((part) => {
        const [run, own] = [answers(samples, work, 'run', part), answers(samples, work, mode, part)];
        return [run, own, own - run].map(figure);
      }),
    ]),
  );
  const columns = ['run', 'FT', 'added'];
  const head = ['work: method', ...columns.map((name) => `p50 ${name}`), ...columns.map((name) => `p99 ${name}`)];
  return { title: 'Answers to a client, ms', head, rows };
}
