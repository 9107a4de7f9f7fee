/**
 * The strongest oracle: the log that the survivor leaves replays offline, from the start, as one run; and everything
 * that left either host is in that run, in order, without a gap.
 */

import type { Input, Output } from '../../../src/emu/machine/events.ts';
import type { LogEnd } from '../../../src/logformat/closing.ts';
import { type Finish, LogReader } from '../../../src/logformat/reader.ts';
import type { LogRecord } from '../../../src/logformat/records.ts';
import { Doors } from '../../../src/session/doors.ts';
import type { LogRecords } from '../../../src/session/record-queue.ts';
import { Replayer } from '../../../src/session/replayer.ts';
import { Session } from '../../../src/session/session.ts';
import { SimMachine } from '../guest/machine.ts';
import { CounterServer, type ServerOptions } from '../guest/server.ts';
import { reportOf } from '../node/guest-thread.ts';
import { PLAIN } from '../node/log.ts';
import { type Monitor, same, unitOf } from './monitor.ts';
import type { PrimaryLog } from './primary-log.ts';

/** Some 10 ms of work. */
const SETTLING_TICKS = 600_000;

export interface Run {
  /** What left, by device, in order. */
  readonly outputs: ReadonlyMap<string, readonly Output[]>;
  /** The same as far as it was made well before the end, so that it has had the time to leave. */
  readonly settled: ReadonlyMap<string, number>;
  /** Answers of the disk, in order. */
  readonly answers: readonly (Input & { readonly kind: 'disk' })[];
  readonly machine: SimMachine;
}

/**
 * Replays the history that ends with a node's log. Undefined, and a violation, when it does not replay. `asFile`: a log
 * from power on is read again as a file is; else its frames are taken as the monitors have opened them. `racesFree`: as
 * the machines of the world.
 */
export function replayJoined(
  who: string,
  server: ServerOptions,
  monitor: Monitor,
  { asFile, racesFree }: { readonly asFile: boolean; readonly racesFree: boolean },
): Run | undefined {
  const { frames, from } = monitor.ownLog(who);
  const whole = from === undefined && (asFile || frames.at(-1)?.kind === 'end');
  const records = whole ? fileRecords(join(frames.map(({ bytes }) => bytes))) : joinedRecords(who, monitor);
  const doors = new Doors();
  const machine = new SimMachine(doors, new CounterServer(server), undefined, racesFree);
  const outputs = new Map<string, Output[]>();
  const answers: (Input & { readonly kind: 'disk' })[] = [];
  const made: { readonly device: string; readonly units: number; readonly tick: number }[] = [];
  const gate = {
    offer: (output: Output, tick: bigint) => {
      made.push({
        device: output.device,
        units: output.kind === 'console' ? output.bytes.length : 1,
        tick: Number(tick),
      });
      const list = outputs.get(output.device);
      if (list === undefined) outputs.set(output.device, [output]);
      else list.push(output);
    },
    marked: () => {},
  };
  const replayer = new Replayer({ machine, records, gate });
  const source_ = {
    next: (now: Parameters<Replayer['next']>[0]) => {
      const grant = replayer.next(now);
      if (typeof grant !== 'string') for (const input of grant.inputs) if (input.kind === 'disk') answers.push(input);
      return grant;
    },
    nondet: (...asked: Parameters<Replayer['nondet']>) => replayer.nondet(...asked),
    applyFailed: (input: Input, error: unknown) => replayer.applyFailed(input, error),
  };
  const session = new Session(machine, doors, source_, replayer);
  const result = session.runToEnd();
  if (result.kind === 'diverged') {
    monitor.fail('I2', `the joined log does not replay: ${reportOf(result)}`);
    return undefined;
  }
  const settled = new Map<string, number>();
  for (const { device, units, tick } of made)
    if (tick < Number(machine.tick) - SETTLING_TICKS) settled.set(device, (settled.get(device) ?? 0) + units);
  return { outputs, settled, answers, machine };
}

/**
 * Compares what left with the run; gives how much left twice. `complete`: what must have left by now: all, of one that
 * serves alone; of a protected pair what the backup has long acknowledged.
 */
export function compareReleased(run: Run, monitor: Monitor, complete: 'alone' | 'protected' | undefined): number {
  let duplicates = 0;
  for (const device of new Set([...run.outputs.keys(), ...monitor.released.map(({ device }) => device)])) {
    const outputs = run.outputs.get(device) ?? [];
    const isConsole = outputs[0]?.kind === 'console';
    const text = isConsole
      ? join(outputs.map((output) => (output.kind === 'console' ? output.bytes : new Uint8Array())))
      : undefined;
    let reached = 0;
    const last = new Map<string, number>();
    for (const { who, unit, payload } of monitor.released.filter((one) => one.device === device)) {
      const before = last.get(who) ?? 0;
      if (unit <= before && payload.kind !== 'disk')
        monitor.fail('I2', `${device} ${unit} leaves ${who} after ${before}`);
      last.set(who, unit);
      if (payload.kind === 'disk') continue;
      const length = payload.kind === 'console' ? payload.bytes.length : 1;
      const from = unit - length;
      if (from > reached) monitor.fail('I2', `${device} ${unit} leaves, and ${reached} was the last before`);
      if (unit <= reached) duplicates++;
      reached = Math.max(reached, unit);
      const legal =
        payload.kind === 'console'
          ? same(text?.slice(from, unit) ?? new Uint8Array(), payload.bytes)
          : sameOutput(outputs[unit - 1], payload);
      if (!legal) monitor.fail('I2', `${device} ${unit} is not what the joined log gives`);
    }
    const all = complete === 'alone' ? (run.settled.get(device) ?? 0) : monitor.mustHaveLeft(device);
    if (complete !== undefined && outputs[0]?.kind !== 'disk' && outputs[0]?.kind !== 'entropy' && reached < all)
      monitor.fail('I2', `${device}: ${all} were made and ${reached} have left`);
  }
  return duplicates;
}

/** The records of a node's log, those of the logs that it goes on from before them. */
function joinedRecords(who: string, monitor: Monitor): LogRecords {
  const { frames, from } = monitor.ownLog(who);
  const records = from === undefined ? [] : pastOf(from, monitor);
  let end: LogEnd | undefined;
  for (const [at, frame] of frames.entries()) {
    if (frame.sequence !== at) monitor.fail('I2', `frame ${frame.sequence} where ${at} should be in the log of ${who}`);
    for (const record of frame.history) records.push(record);
    end = frame.end;
  }
  const finish: Finish =
    end === undefined
      ? { kind: 'cut', offset: frames.length, reason: 'the recording stops without an end' }
      : { kind: 'end', end };
  let next = 0;
  return { next: () => (next < records.length ? { value: records[next++]! } : { done: true, value: finish }) };
}

/** Everything before the state that a copy's log begins with. */
function pastOf({ primary, pastRecords }: PrimaryLog, monitor: Monitor): LogRecord[] {
  const { frames, from } = monitor.ownLog(primary);
  const records = from === undefined ? [] : pastOf(from, monitor);
  const until = records.length + pastRecords;
  for (const { history } of frames) {
    for (const record of history) if (records.length < until) records.push(record);
    if (records.length === until) return records;
  }
  if (records.length < until) monitor.fail('I2', `${until - records.length} records of ${primary} are missing`);
  return records;
}

const fileRecords = (bytes: Uint8Array): ReturnType<LogReader['records']> =>
  new LogReader({ size: bytes.length, read: (at, length) => bytes.subarray(at, at + length) }, PLAIN).records();

const sameOutput = (a: Output | undefined, b: Output): boolean =>
  a?.kind === 'packet' && b.kind === 'packet' && unitOf(a) === unitOf(b) && same(a.frame, b.frame);

export function join(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
