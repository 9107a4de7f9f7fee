/** An inspection for people: sections with a head each, aligned, coloured on a terminal. */

import chalk from 'chalk';
import type { CodeLine } from '../debug/guest/code.ts';
import type { Task } from '../debug/guest/linux.ts';
import type { PageWalk, WalkFault } from '../debug/guest/page-walk.ts';
import type { SymbolTable } from '../debug/guest/symbols.ts';
import type { Inspection, Memory, Timer } from '../debug/inspect/inspection.ts';
import type { LogRecord } from '../logformat/records.ts';
import { deviceRows } from './inspect-devices.ts';
import { recordText } from './record-text.ts';
import { count, hex } from './text.ts';

export interface InspectionReport extends Inspection {
  /** Last tick of the recording. */
  readonly end: bigint;
  /** Records of the log before this tick, oldest first. */
  readonly events: readonly LogRecord[];
  /** The process of a Linux guest that runs, where that can be told. */
  readonly process: Task | undefined;
}

const HEX_DIGITS = 16;
/** Said by name even when 0. */
const ALWAYS = new Set(['mstatus', 'satp']);
/** CSRs that are many and mostly nothing: not named while they are 0. */
const MANY = /^(m?hpm|pmp|tdata|tselect|tinfo|mvendorid|marchid|mimpid|mconfigptr)/;
/** Said elsewhere, or parts of others. */
const ELSEWHERE = new Set(['fflags', 'frm', 'cycle', 'instret']);

const full = (value: bigint): string => value.toString(16).padStart(HEX_DIGITS, '0');

export function inspectionText(report: InspectionReport, symbols: SymbolTable): string {
  const sections: readonly (readonly [string, readonly string[]])[] = [
    ['CODE', codeRows(report)],
    ['CALLS (by frame pointers)', report.calls.length > 1 ? callRows(report) : []],
    ['REGISTERS', registerRows(report.x, symbols)],
    ['FLOATING POINT', floatRows(report)],
    ['CSRS', csrRows(report, symbols)],
    ['INTERRUPTS AND TIMERS', interruptRows(report)],
    ['DEVICES', deviceRows(report.devices)],
    ['PAGE WALK', report.walk === undefined ? [] : walkRows(report.walk, report.privilege)],
    ['MEMORY', report.memory === undefined ? [] : memoryRows(report.memory)],
    ['RECORDED BEFORE', report.events.map(recordText)],
  ];
  const shown = sections.filter(([, rows]) => rows.length > 0);
  return [head(report), ...shown.map(([title, rows]) => [chalk.bold(title), ...rows].join('\n'))].join('\n\n');
}

function head(report: InspectionReport): string {
  const { tick, end, time, wallNs, pc, place, privilege, halt, waiting, next, process: task } = report;
  const wall = new Date(Number(wallNs / 1_000_000n)).toISOString();
  const state = [
    ...(halt === undefined ? [] : [`stopped (${halt.reason}) with code ${halt.code}`]),
    ...(waiting ? ['waits for an interrupt'] : []),
    ...(next.interrupt === undefined ? [] : [`takes next: ${next.interrupt}`]),
    ...(next.exception === undefined ? [] : [`raises next: ${next.exception}`]),
  ];
  return [
    `tick ${chalk.bold(count(tick))} of ${count(end)}, guest time ${(Number(time) / 1e7).toFixed(7)} s, ${wall}`,
    `${privilege}-mode, pc ${chalk.bold(hex(pc))} ${chalk.cyan(place ?? '')}`.trimEnd(),
    ...(task === undefined ? [] : [`process ${task.tgid} ${chalk.cyan(task.comm)}, parent ${task.parent}`]),
    ...state.map((text) => chalk.yellow(text)),
  ].join('\n');
}

function codeRows({ code, pc }: Inspection): string[] {
  let function_ = '';
  return code.flatMap((line) => {
    const name = line.place?.replace(/\+0x[0-9a-f]+$/, '') ?? '';
    const title = name === function_ || name === '' ? [] : [`  ${chalk.cyan(`${name}:`)}`];
    function_ = name;
    return [...title, codeRow(line, line.address === pc)];
  });
}

function codeRow({ address, bits, length, text }: CodeLine, here: boolean): string {
  const bytes = bits === undefined ? '' : bits.toString(16).padStart(2 * length, '0');
  const row = `${hex(address)}  ${bytes.padStart(8)}  ${text}`;
  return here ? chalk.bold(`> ${row}`) : `  ${row}`;
}

const callRows = ({ calls }: Inspection): string[] =>
  calls.map(({ pc, place }, i) => `  ${String(i).padStart(2)}  ${hex(pc)}  ${chalk.cyan(place ?? '')}`.trimEnd());

function registerRows(x: Inspection['x'], symbols: SymbolTable): string[] {
  const cells = Object.entries(x)
    .filter(([name]) => name !== 'zero')
    .map(([name, value]) => `${name.padStart(4)} ${value === 0n ? chalk.dim(full(value)) : full(value)}`);
  const names = Object.entries(x).flatMap(([name, value]) => {
    const place = symbols.nameOf(value);
    return place === undefined ? [] : [`${name} ${chalk.cyan(place)}`];
  });
  return [...grid(cells, 4), ...(names.length === 0 ? [] : [`  in: ${names.join(', ')}`])];
}

function floatRows({ f, csrs }: Inspection): string[] {
  if (csrs.mstatus!.fields.FS === 'Off' || Object.values(f).every((value) => value === 0n)) return [];
  const cells = Object.entries(f).map(
    ([name, value]) => `${name.padStart(4)} ${value === 0n ? chalk.dim(full(value)) : full(value)}`,
  );
  return grid(cells, 4);
}

const grid = (cells: readonly string[], width: number): string[] =>
  Array.from({ length: Math.ceil(cells.length / width) }, (_, row) =>
    `  ${cells.slice(row * width, (row + 1) * width).join('  ')}`.trimEnd(),
  );

function csrRows({ csrs }: Inspection, symbols: SymbolTable): string[] {
  const all = Object.entries(csrs).filter(([name]) => !ELSEWHERE.has(name));
  const zero = all.filter(([name, { value }]) => value === 0n && !ALWAYS.has(name) && !MANY.test(name));
  const shown = all.filter(([name, { value }]) => value !== 0n || ALWAYS.has(name));
  const rows = shown.flatMap(([name, { value, text }]) => {
    const place = /^(m|s)(epc|tvec|tval)$/.test(name) ? symbols.nameOf(value & ~1n) : undefined;
    const words = [text, ...(place === undefined ? [] : [chalk.cyan(place)])].join(' ');
    return wrapped(`  ${name.padEnd(13)} ${full(value)}  `, words);
  });
  return [...rows, ...wrapped('  0:            ', chalk.dim(zero.map(([name]) => name).join(' ')))];
}

/** Words behind a label, in as many lines as they need. */
function wrapped(label: string, words: string): string[] {
  const width = 118 - label.length;
  const lines = [''];
  for (const word of words.split(' ')) {
    const line = lines.at(-1)!;
    if (line !== '' && line.length + word.length >= width) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines.map((line, i) => `${i === 0 ? label : ' '.repeat(label.length)}${line}`.trimEnd());
}

function interruptRows({ interrupts, timers, tick }: Inspection): string[] {
  const list = (names: readonly string[]): string => (names.length === 0 ? chalk.dim('none') : names.join(' '));
  return [
    `  pending   ${list(interrupts.pending)}`,
    `  enabled   ${list(interrupts.enabled)}`,
    `  delegated ${list(interrupts.delegated)}`,
    ...timers.map((timer) => timerRow(timer, tick)),
  ];
}

function timerRow({ name, at, tick: due }: Timer, now: bigint): string {
  if (at === undefined) return `  ${name}  ${chalk.dim('not armed')}`;
  if (due === undefined) return `  ${name}  at time ${count(at)}, which is out of reach`;
  const distance = due <= now ? 'due' : `in ${count(due - now)} ticks, tick ${count(due)}`;
  return `  ${name}  at time ${count(at)}, ${distance}`;
}

const FAULTS: { readonly [fault in WalkFault]: string } = {
  'not-canonical': 'the address is not a sign extension: page fault',
  'not-valid': 'V is clear: page fault',
  reserved: 'a reserved combination of bits: page fault',
  'no-leaf': 'a pointer where a leaf must be: page fault',
  misaligned: 'a superpage at an address that is no multiple of its size: page fault',
  'table-outside-ram': 'the entry is not in RAM: access fault',
};

function walkRows({ va, mode, asid, levels, pa, pageBytes, fault }: PageWalk, privilege: string): string[] {
  const how = mode === 'none' ? 'machine mode does not translate' : mode === 'bare' ? 'Bare: not translated' : mode;
  const below = privilege === 'M' ? ', for S and U: machine mode does not translate' : '';
  const space = levels.length === 0 ? '' : `, address space ${asid}${below}`;
  return [
    `  ${hex(va)}  ${how}${space}`,
    ...levels.map(({ level, at, pte, flags }) => {
      const value = pte === undefined ? chalk.red('not in RAM') : full(pte);
      return `  level ${level}  entry at ${hex(at)}  ${value}  ${flags}`;
    }),
    fault === undefined
      ? `  physical ${chalk.bold(hex(pa ?? 0n))}, page of ${count(pageBytes ?? 0n)} bytes`
      : chalk.red(`  ${FAULTS[fault]}`),
  ];
}

const ROW_BYTES = 16;

function memoryRows({ address, physical, length, bytes }: Memory): string[] {
  const rows: string[] = [];
  for (let at = 0; at < bytes.length; at += ROW_BYTES) {
    const part = bytes.subarray(at, at + ROW_BYTES);
    const pairs = Array.from(part, (byte) => byte.toString(16).padStart(2, '0'));
    const text = Array.from(part, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
    const halves = `${pairs.slice(0, 8).join(' ')}  ${pairs.slice(8).join(' ')}`;
    rows.push(`  ${full(BigInt.asUintN(64, address + BigInt(at)))}  ${halves.padEnd(3 * ROW_BYTES)}  ${text}`);
  }
  if (bytes.length === length) return rows;
  const end = hex(BigInt.asUintN(64, address + BigInt(bytes.length)));
  return [...rows, chalk.red(`  ${end} ${physical ? 'is not RAM' : 'is not mapped to RAM'}`)];
}
