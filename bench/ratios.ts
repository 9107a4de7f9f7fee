/**
 * The ratios that the bench is about: what is compared with what. More is better, save where the head says otherwise.
 */

import type { Results } from './results.ts';
import type { Runner } from './runners.ts';
import { geometricMean } from './stats.ts';
import { figure, percent, type Table } from './table.ts';
import type { Row, RowGroup } from './works.ts';

export interface Ratio {
  readonly head: string;
  /** The figure is seconds under `over` divided by seconds under `under`. */
  readonly over: string;
  readonly under: string;
  readonly show: (value: number) => string;
}

/** Those whose runners are there. */
export function ratiosOf(runners: readonly Runner[]): Ratio[] {
  const names = runners.map(({ name }) => name);
  const peers = names.filter((name) => /^qemu-\S+$/.test(name));
  const all: Ratio[] = [
    { head: 'record cost', over: 'record', under: 'run', show: (value) => percent(value - 1, true) },
    { head: 'replay/record speed', over: 'record', under: 'replay', show: figure },
    ...peers.flatMap((peer): Ratio[] => [
      { head: `run/${peer}`, over: peer, under: 'run', show: figure },
      { head: `record/${peer}`, over: peer, under: 'record', show: figure },
      { head: `record/${peer} icount`, over: `${peer} icount`, under: 'record', show: figure },
      { head: `record/${peer} rr=record`, over: `${peer} rr=record`, under: 'record', show: figure },
      { head: `replay/${peer} rr=replay`, over: `${peer} rr=replay`, under: 'replay', show: figure },
    ]),
    { head: 'slower than native', over: 'record', under: 'native', show: figure },
    ...peers.map((peer): Ratio => ({ head: `${peer} slower than native`, over: peer, under: 'native', show: figure })),
  ];
  return all.filter(({ over, under }) => names.includes(over) && names.includes(under));
}

/** One line a ratio, one column a row: ratios are many, and so are rows. */
export function ratioTable(results: Results, rows: readonly Row[], runners: readonly Runner[]): Table {
  const ratios = ratiosOf(runners);
  const values = (row: Row): number[] => ratios.map(({ over, under }) => results.ratio(row, over, under));
  const shown = (numbers: readonly number[]): string[] => numbers.map((value, i) => ratios[i]!.show(value));
  const groups: readonly RowGroup[] = ['integer', 'floating point', 'system'];
  const means = groups
    .map((group) => ({ group, members: rows.filter((row) => row.group === group) }))
    .filter(({ members }) => members.length > 1)
    .map(({ group, members }) => [`geometric mean, ${group}`, ...shown(meanOf(members.map(values)))]);
  const cpu = rows.filter(({ group }) => group !== 'system');
  const overall = cpu.length > 1 ? [['geometric mean, CPU', ...shown(meanOf(cpu.map(values)))]] : [];
  return {
    title: 'Ratios (medians of the ratios of each round; speeds, so that more is better, save cost and "slower than")',
    head: ['', ...ratios.map(({ head }) => head)],
    rows: [...rows.map((row) => [row.name, ...shown(values(row))]), ...means, ...overall],
  };
}

function meanOf(lines: readonly (readonly number[])[]): number[] {
  return (lines[0] ?? []).map((_, column) => geometricMean(lines.map((line) => line[column] ?? Number.NaN)));
}
