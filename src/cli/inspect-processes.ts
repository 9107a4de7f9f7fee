/** The processes of a Linux guest over a recording, as a table. */

import chalk from 'chalk';
import type { TaskHistories, TaskHistory } from '../debug/inspect/processes.ts';
import { columns, count } from './text.ts';

/** `all`: the kernel's own and threads too. */
export function processTable({ tasks, every, unseen }: TaskHistories, all: boolean): string {
  const shown = tasks.filter(({ kernelThread, pid, tgid }) => all || (!kernelThread && pid === tgid));
  const head = ['PID', 'PPID', 'FIRST', 'LAST', 'RAN', 'EXIT', 'NAMES'];
  const table = columns([head, ...shown.map(row)], [0, 1, 2, 3, 4]);
  const [first = '', ...rest] = table.split('\n');
  const notes = [
    `Looked at every ${count(every)} ticks: a process began at most that much before FIRST and went after LAST.`,
    ...(unseen === undefined || unseen === 0n ? [] : [`${count(unseen)} more came and went between two looks.`]),
  ];
  return [chalk.bold(first), ...rest, '', ...notes].join('\n');
}

function row({ pid, tgid, parent, first, last, alive, ranNs, exitCode, names, kernelThread }: TaskHistory): string[] {
  const known = names.map(({ comm }) => comm).join(' > ');
  return [
    pid === tgid ? `${pid}` : `${tgid}/${pid}`,
    `${parent}`,
    count(first),
    alive ? 'end' : count(last),
    `${(Number(ranNs) / 1e6).toFixed(1)} ms`,
    exitCode === undefined ? '' : exitText(exitCode),
    kernelThread ? `[${known}]` : known,
  ];
}

/** wait(2): the low seven bits are a signal's number, the byte above what exit(2) was given. */
const exitText = (code: number): string => ((code & 0x7f) === 0 ? `${(code >> 8) & 0xff}` : `signal ${code & 0x7f}`);
