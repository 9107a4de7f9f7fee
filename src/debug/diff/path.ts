/**
 * The way from the first difference to the first that is seen from outside: what was found, in the order of its ticks.
 */

import { minOf } from '../../lib/bigint.ts';
import type { Tick } from '../../lib/brands.ts';
import type { Side } from './both.ts';
import type { MachineDifference } from './header-diff.ts';
import type { LogComparison } from './log-diff.ts';
import type { Moment } from './moment.ts';
import { streamOf } from './record-content.ts';
import type { Consequences, Parted, PathStep, Verdict } from './report.ts';
import type { Said } from './said.ts';
import type { StreamDifference } from './stream-pairs.ts';

export function pathOf(
  verdict: Verdict,
  machine: readonly MachineDifference[],
  logs: LogComparison | undefined,
  consequences: Consequences | undefined,
): PathStep[] {
  const steps = [...machineStep(machine), ...inputStep(logs), ...stateStep(verdict), ...stepsOf(consequences)];
  return steps.sort((x, y) => compare(earliest(x), earliest(y)));
}

function machineStep(machine: readonly MachineDifference[]): PathStep[] {
  if (machine.length === 0) return [];
  const at = { a: 0n as Tick, b: 0n as Tick };
  return [{ tick: at, what: 'machine', text: `not the same: ${machine.map(({ field }) => field).join(', ')}` }];
}

function inputStep(logs: LogComparison | undefined): PathStep[] {
  if (logs?.inputs === undefined) return [];
  const { a, b, kind } = logs.inputs;
  const stream = streamOf((a ?? b)!);
  const what = {
    moved: 'the same input at another tick',
    other: 'another input',
    missing: 'an input on one side alone',
  };
  return [{ tick: { a: a?.tick, b: b?.tick }, what: 'input', text: `${what[kind]}: ${stream}` }];
}

function stateStep({ kind, tick }: Verdict): PathStep[] {
  if (kind !== 'state' || tick === undefined) return [];
  return [{ tick: { a: tick, b: tick }, what: 'state', text: 'the states differ' }];
}

function stepsOf(consequences: Consequences | undefined): PathStep[] {
  if (consequences === undefined) return [];
  const { registers, flow, functionsParted, outputs, lines, linesNumbersAside, ends } = consequences;
  const steps: PathStep[] = [];
  if (registers !== undefined) {
    const names = registers.registers.map(({ name }) => name);
    const differ = `${listed(names)} ${names.length === 1 ? 'differs' : 'differ'}`;
    const text = `code sees it${inFunction(registers.before.a)}${madeText(registers)}: ${differ}`;
    steps.push({ tick: { a: registers.tick, b: registers.tick }, what: 'registers', text });
  }
  if (flow !== undefined) {
    const way = (side: Side): string => {
      const made = flow.made[side].map((text) => text.replace(/^takes an? /, '')).join(', ');
      return `${side.toUpperCase()} to ${wayText(flow.before[side], flow.at[side])}${made === '' ? '' : ` (${made})`}`;
    };
    const text = `they part${inFunction(flow.before.a)}: ${way('a')}, ${way('b')}`;
    steps.push({ tick: { a: flow.tick, b: flow.tick }, what: 'flow', text });
  }
  if (functionsParted !== undefined) {
    const { alike, a, b } = functionsParted;
    const text = `after ${alike} functions alike A goes to ${a?.name ?? 'its end'}, B to ${b?.name ?? 'its end'}`;
    steps.push({ tick: { a: a?.tick, b: b?.tick }, what: 'flow', text });
  }
  const [output] = outputs;
  if (output !== undefined) steps.push(saidStep('output', output, `${output.stream}: what is given out differs`));
  const [line] = lines;
  if (line !== undefined) steps.push(saidStep('line', line, `${line.stream}: a line differs`));
  const [aside] = linesNumbersAside;
  if (aside !== undefined && aside.index !== line?.index) {
    steps.push(saidStep('line', aside, `${aside.stream}: a line differs in more than numbers`));
  }
  if (ends.a.over && ends.b.over && ends.a.code !== ends.b.code) {
    const text = `A ends${codeText(ends.a.code)}, B${codeText(ends.b.code)}`;
    steps.push({ tick: { a: ends.a.tick, b: ends.b.tick }, what: 'end', text });
  }
  return steps;
}

/** What the step did on both sides alike. */
const madeText = ({ made: { a, b } }: Parted): string =>
  a.length > 0 && a.join() === b.join() ? ` (${a.join(', ')})` : '';
const saidStep = (what: 'output' | 'line', { a, b }: StreamDifference<Said>, text: string): PathStep => ({
  tick: { a: a?.tick, b: b?.tick },
  what,
  text,
});
const inFunction = (moment: Moment): string => (moment.function === undefined ? '' : ` in ${moment.function}`);
/** Within a function only how far into it. */
const wayText = (from: Moment, to: Moment): string =>
  to.function !== undefined && to.function === from.function
    ? placeText(to).slice(to.function.length) || to.function
    : placeText(to);
const placeText = ({ symbol, pc }: Moment): string => symbol ?? `0x${pc.toString(16)}`;
const codeText = (code: number | undefined): string =>
  code === undefined ? ' without an exit code' : ` with code ${code}`;
const LISTED = 4;
const listed = (names: readonly string[]): string =>
  names.length <= LISTED ? names.join(', ') : `${names.slice(0, LISTED).join(', ')} and ${names.length - LISTED} more`;

function earliest({ tick: { a, b } }: PathStep): bigint {
  if (a === undefined || b === undefined) return a ?? b ?? 0n;
  return minOf(a, b);
}
const compare = (x: bigint, y: bigint): number => (x < y ? -1 : Number(x > y));
