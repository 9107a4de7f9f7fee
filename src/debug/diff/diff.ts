/**
 * Compares two recordings, or a recording and a replay of it by something else: the first difference, in what it
 * consists, and what came of it.
 *
 * What costs least goes first: headers and images, the logs' records, digests in the logs, then the runs themselves.
 */

import { maxOf, minOf } from '../../lib/bigint.ts';
import { tick } from '../../lib/brands.ts';
import type { LogRecord } from '../../logformat/records.ts';
import type { Breathe } from './advance.ts';
import { type Both, both, SIDES } from './both.ts';
import { followDifference } from './consequences.ts';
import type { First } from './first.ts';
import { firstOfLogs, firstOfMachines } from './first-of-logs.ts';
import { firstOfReplay, type Making } from './first-of-replay.ts';
import { compareMachines, type MachineDifference } from './header-diff.ts';
import { compareLogs, type LogComparison } from './log-diff.ts';
import { momentOf } from './moment.ts';
import { pathOf } from './path.ts';
import { recordsBefore } from './records-before.ts';
import type { Consequences, DiffReport, Verdict } from './report.ts';
import { compareStates } from './state-diff.ts';
import type { Subject } from './subject.ts';

export interface DiffOptions {
  /** Both subjects are of one recording. */
  readonly oneLog: boolean;
  readonly making: Making;
  /** Ticks to follow both sides past the first difference; 0: not at all; undefined: to their ends. */
  readonly followTicks: bigint | undefined;
  readonly breathe: Breathe;
}

const RECORDS_SHOWN = 8;

export async function diff(subjects: Both<Subject>, options: DiffOptions): Promise<DiffReport> {
  const { oneLog, breathe } = options;
  const machine = compareMachines(subjects.a.machine, subjects.b.machine);
  const logs = oneLog ? undefined : await logsOf(subjects, breathe);
  const first = await firstDifference(subjects, machine, logs, options);
  const { runs, ...verdict } = first;
  const there = runs === undefined ? NOTHING : await lookAt(subjects, first);
  const consequences = runs === undefined ? undefined : await follow(subjects, first, machine, options);
  return {
    sides: both((side) => subjects[side].info),
    verdict,
    machine,
    inputs: logs?.inputs,
    digests: logs?.digests,
    events: logs?.streams ?? [],
    ...there,
    recordsBefore: both((side) => recordsUpTo(subjects[side], verdict)),
    consequences,
    path: pathOf(verdict, machine, logs, consequences),
  };
}

function logsOf({ a, b }: Both<Subject>, breathe: Breathe): Promise<LogComparison> {
  const logs = { a: a.reader.records(), b: b.reader.records() };
  const to = a.history.end;
  return compareLogs(logs, consolesOf(a, b), (at) => breathe({ doing: 'comparing the logs', at: minOf(at, to), to }));
}

/** Devices whose output marks cover a slice each: the 16550, and what the header calls a console. */
function consolesOf(...subjects: readonly Subject[]): ReadonlySet<string> {
  const names = subjects.flatMap(({ machine }) => {
    const devices = Array.isArray(machine.machine.devices) ? machine.machine.devices : [];
    return devices.flatMap((device, slot) =>
      typeof device === 'object' && device !== null && 'type' in device && device.type === 'console'
        ? [`virtio${slot}`]
        : [],
    );
  });
  return new Set(['uart', ...names]);
}

function firstDifference(
  subjects: Both<Subject>,
  machine: readonly MachineDifference[],
  logs: LogComparison | undefined,
  { making, breathe }: DiffOptions,
): Promise<First> {
  if (machine.length > 0) return Promise.resolve(firstOfMachines(subjects, machineText(machine)));
  if (logs === undefined) return firstOfReplay(subjects.a, subjects.b, making, breathe);
  return firstOfLogs(subjects, logs, breathe).then((first) =>
    first.kind === 'same' && making !== 'alike' ? firstOfReplay(subjects.a, subjects.b, making, breathe) : first,
  );
}

function machineText(differences: readonly MachineDifference[]): string {
  const fields = differences.map(({ kind, field }) => (kind === 'image' ? `the ${field}` : field));
  const drawn = differences.every(({ kind }) => kind === 'power on');
  return `${drawn ? 'what is drawn at power on differs' : 'the machines differ'}: ${fields.join(', ')}`;
}

type There = Pick<DiffReport, 'state' | 'moments' | 'before'>;
const NOTHING: There = { state: undefined, moments: undefined, before: undefined };

/**
 * The runs where the difference is first in the state, and the step before it; they go back to where they are alike.
 * What goes in at a tick shows in the state one step later.
 */
async function lookAt(subjects: Both<Subject>, { kind, after, runs }: First): Promise<There> {
  const heard = runs!;
  const view = () => both((side) => momentOf(heard[side].run.board, subjects[side].symbols));
  const marks = both((side) => heard[side].run.mark());
  const before = view();
  if (kind !== 'machine') for (const side of SIDES) heard[side].run.to(after + 1n);
  const there = { before, moments: view(), state: compareStates(heard.a.run.board, heard.b.run.board) };
  for (const side of SIDES) heard[side].run.back(marks[side]);
  return there;
}

async function follow(
  subjects: Both<Subject>,
  { after, runs }: First,
  machine: readonly MachineDifference[],
  { followTicks, breathe }: DiffOptions,
): Promise<Consequences | undefined> {
  if (followTicks === 0n) return undefined;
  const end = SIDES.map((side): bigint => subjects[side].history.end).reduce(maxOf);
  return followDifference({
    runs: both((side) => runs![side].run),
    ears: both((side) => runs![side].ear),
    symbols: both((side) => subjects[side].symbols),
    otherCode: machine.some(({ kind }) => kind === 'image'),
    until: followTicks === undefined ? end : minOf(end, after + followTicks),
    breathe,
  });
}

function recordsUpTo({ history }: Subject, { tick: at, after }: Verdict): readonly LogRecord[] {
  if (at === undefined) return [];
  return recordsBefore(history, tick(after), RECORDS_SHOWN, ({ kind }) => kind !== 'digest' && kind !== 'progress');
}
