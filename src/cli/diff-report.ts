/** The report of a comparison as text: the first difference, in what it consists, what came of it. */

import chalk from 'chalk';
import { type Both, SIDES, type Side } from '../debug/diff/both.ts';
import type { FunctionEntry } from '../debug/diff/function-trail.ts';
import type { FunctionsParted } from '../debug/diff/function-ways.ts';
import type { DiffReport, FlowParted, Parted, PathStep, Verdict } from '../debug/diff/report.ts';
import type { Said } from '../debug/diff/said.ts';
import type { StreamDifference } from '../debug/diff/stream-pairs.ts';
import type { SymbolTable } from '../debug/guest/symbols.ts';
import type { LogRecord } from '../logformat/records.ts';
import { beside, cut, dim, heading, indented, letter, paint, table, tickText } from './diff-layout.ts';
import { codeLines, placeText, registerRows, stateLines } from './diff-state.ts';
import { recordText } from './record-text.ts';
import { columns, count } from './text.ts';

const NAMES: { readonly [kind in Verdict['kind']]: string } = {
  same: 'the same',
  machine: 'a different machine',
  input: 'a different input',
  moved: 'the same input at a different tick',
  state: 'the same inputs, a different state',
  end: 'one ends before the other',
};
const FUNCTIONS_MAX = 6;
/** Fewer can be missing on the other side by chance. */
const SAMPLES_MIN = 8;
const LINE_WIDTH = 100;

export function diffText(report: DiffReport, symbols: Both<SymbolTable>): string {
  return [
    ...sideLines(report),
    ...verdictLines(report.verdict),
    ...machineLines(report),
    ...inputLines(report),
    ...placeLines(report, symbols),
    ...beforeLines(report),
    ...eventLines(report),
    ...consequenceLines(report),
    ...pathLines(report.path),
  ].join('\n');
}

function sideLines({ sides }: DiffReport): string[] {
  const rows = SIDES.map((side) => {
    const { name, engine, tool, ticks } = sides[side];
    return [side.toUpperCase(), name, `${count(ticks)} ticks`, `recorded by ${tool}`, `run by ${engine}`];
  });
  return columns(rows, [2])
    .split('\n')
    .map((line, i) => `${letter(SIDES[i]!)}${line.slice(1)}`);
}

function verdictLines({ kind, tick, exact, after, text }: Verdict): string[] {
  if (kind === 'same') return [heading('no difference'), indented(text)];
  const where = exact
    ? `at tick ${tickText(tick)}`
    : `after tick ${tickText(after)}, at tick ${tickText(tick)} at the latest`;
  return [heading(`first difference: ${NAMES[kind]}, ${chalk.yellow(where)}`), indented(text)];
}

function machineLines({ machine }: DiffReport): string[] {
  if (machine.length === 0) return [];
  return [heading('machine'), ...table(machine.map(({ field, a, b }) => [field, a ?? '-', b ?? '-']))];
}

function inputLines({ inputs }: DiffReport): string[] {
  if (inputs === undefined) return [];
  return [
    heading(`first input that differs: tick ${tickText(inputs.tick)}`),
    ...SIDES.map((side) => sideRecord(side, inputs[side])),
  ];
}

const sideRecord = (side: Side, record: LogRecord | undefined): string =>
  indented(`${letter(side)} ${record === undefined ? dim('none'.padStart(18)) : recordText(record)}`);

function placeLines({ verdict, before, moments, state }: DiffReport, symbols: Both<SymbolTable>): string[] {
  if (state === undefined || before === undefined || moments === undefined) return [];
  const atOnce = verdict.kind === 'machine';
  const where = `at tick ${tickText(verdict.after)}: ${placeText(before.a)}`;
  const what = atOnce ? 'state at power on' : `state one step later, at tick ${tickText(moments.a.tick)}`;
  return [...(atOnce ? [] : [heading(where), ...codeLines(before)]), heading(what), ...stateLines(state, symbols.a)];
}

function beforeLines({ recordsBefore, consequences, inputs, verdict }: DiffReport): string[] {
  const lines: string[] = [];
  const { a, b } = recordsBefore;
  if (a.length > 0) {
    const same = verdict.kind === 'state' || inputs !== undefined;
    lines.push(heading(same ? 'in the logs just before, alike' : 'in the logs just before'));
    lines.push(...a.map((record) => (same ? indented(recordText(record)) : sideRecord('a', record))));
    if (!same) lines.push(...b.map((record) => sideRecord('b', record)));
  }
  const said = consequences?.linesBefore ?? [];
  if (said.length > 0) lines.push(heading('on the console just before'), ...said.map(saidLine));
  return lines;
}

const saidLine = ({ tick, text }: Said): string => indented(`${tickText(tick).padStart(18)}  ${cut(text, LINE_WIDTH)}`);

function eventLines({ events }: DiffReport): string[] {
  return events.flatMap(({ stream, index, a, b }) => [
    heading(`${stream}, by content: number ${count(index + 1)} differs`),
    sideRecord('a', a),
    sideRecord('b', b),
  ]);
}

function consequenceLines({ consequences }: DiffReport): string[] {
  if (consequences === undefined) return [];
  const { registers, flow, functionsParted, outputs, lines, linesNumbersAside, functions, ends } = consequences;
  const [line] = lines;
  const aside = linesNumbersAside.filter(({ stream, index }) => stream !== line?.stream || index !== line.index);
  return [
    ...(registers === undefined ? [] : partedLines('code sees it', registers)),
    ...(flow === undefined ? [] : flowLines(flow)),
    ...(functionsParted === undefined ? [] : functionLines(functionsParted)),
    ...outputs.flatMap((output) => saidLines(`${output.stream}: the first output that differs`, output)),
    ...lines.flatMap((one) => saidLines(`${one.stream}: the first line that differs`, one)),
    ...aside.flatMap((one) => saidLines(`${one.stream}: the first line that differs in more than numbers`, one)),
    ...SIDES.flatMap((side) => onlyLines(side, functions[side])),
    heading('ends'),
    ...SIDES.map((side) => {
      const { tick, why, code } = ends[side];
      return indented(`${letter(side)}  tick ${tickText(tick)}: ${why}${code === undefined ? '' : `, code ${code}`}`);
    }),
  ];
}

function partedLines(what: string, parted: Parted): string[] {
  const { tick, before, registers } = parted;
  const where = `${what}: tick ${tickText(tick)}, made by ${placeText(before.a)}`;
  const rows = registers.length > 0 ? table(registerRows(registers)) : [];
  return [heading(where), ...noteLines(parted), ...codeLines(before), ...madeLines(parted), ...rows];
}

const noteLines = ({ first }: Parted): string[] =>
  first ? [] : [indented(dim('what came and went within a million ticks before was passed over'))];

function madeLines({ made: { a, b } }: Parted): string[] {
  if (a.join() === b.join()) return a.map((text) => indented(dim(`the step ${text}`)));
  const line = (side: Side, texts: readonly string[]): string[] =>
    texts.map((text) => indented(`${letter(side)}  ${paint[side](`the step ${text}`)}`));
  return [...line('a', a), ...line('b', b)];
}

function flowLines(flow: FlowParted): string[] {
  const head = heading(
    `control flow: the sides part at tick ${tickText(flow.tick)}, coming from ${placeText(flow.before.a)}`,
  );
  const lines = [head, ...noteLines(flow), ...madeLines(flow), ...codeLines(flow.at)];
  const { a, b } = flow.trail;
  if (a.length === 0 && b.length === 0) return lines;
  const entry = ({ tick, name }: { readonly tick: bigint; readonly name: string }) => `${tickText(tick)}  ${name}`;
  return [...lines, indented(dim('functions from there on')), ...beside(a.map(entry), b.map(entry))];
}

function functionLines({ alike, a, b }: FunctionsParted): string[] {
  const entry = (side: Side, one: FunctionEntry | undefined): string => {
    const name = one === undefined ? dim('it has ended') : paint[side](one.name);
    return indented(`${letter(side)} ${tickText(one?.tick).padStart(18)}  ${name}`);
  };
  return [heading(`by function: ${count(alike)} alike one after the other, then`), entry('a', a), entry('b', b)];
}

function saidLines(what: string, { a, b }: StreamDifference<Said>): string[] {
  const said = (side: Side, one: Said | undefined): string =>
    one === undefined
      ? sideRecord(side, undefined)
      : indented(`${letter(side)} ${tickText(one.tick).padStart(18)}  ${paint[side](cut(one.text, LINE_WIDTH))}`);
  return [heading(what), said('a', a), said('b', b)];
}

function onlyLines(side: Side, functions: DiffReportFunctions): string[] {
  const most = functions
    .filter(({ samples }) => samples >= SAMPLES_MIN)
    .sort((x, y) => y.samples - x.samples)
    .slice(0, FUNCTIONS_MAX);
  if (most.length === 0) return [];
  return [
    heading(`functions seen in ${side.toUpperCase()} alone, by samples`),
    ...most.map(({ name, tick, samples }) =>
      indented(`${tickText(tick).padStart(18)}  ${name}${dim(`, ${count(samples)} times`)}`),
    ),
  ];
}
type DiffReportFunctions = NonNullable<DiffReport['consequences']>['functions'][Side];

function pathLines(path: readonly PathStep[]): string[] {
  if (path.length === 0) return [];
  const rows = path.map(({ tick, text }) => [tickText(tick.a), tickText(tick.b), text]);
  return [
    heading('from the first difference to what is seen of it'),
    ...columns([['tick in A', 'tick in B', ''], ...rows], [0, 1])
      .split('\n')
      .map(indented),
  ];
}
