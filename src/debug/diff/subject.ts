/**
 * What is compared: a recording, and how a machine is put together that goes through it.
 */

import type { LogReader } from '../../logformat/reader.ts';
import type { SymbolTable } from '../guest/symbols.ts';
import type { History } from '../timeline/history.ts';
import { LoggedCheckpoints } from '../timeline/logged-checkpoints.ts';
import { Ear } from './ear.ts';
import type { MachineOf } from './header-diff.ts';
import type { SideInfo } from './report.ts';
import { Run, type RunParts } from './run.ts';

export interface Subject {
  readonly info: SideInfo;
  /** As the recording's header, but with the images that the machine is started from. */
  readonly machine: MachineOf;
  readonly reader: LogReader;
  readonly history: History;
  readonly symbols: SymbolTable;
  /** The machine as at power on, each time a new one. */
  start(): Pick<RunParts, 'board' | 'doors' | 'fault'>;
}

/** A run that is listened to. */
export interface HeardRun {
  readonly run: Run;
  readonly ear: Ear;
}

/**
 * From the last checkpoint of the recording at or before `tick`, where it has one; for machines that are as recorded. A
 * checkpoint that does not give the state it was made of is passed over.
 */
export function startRunNear(subject: Subject, tick: bigint): HeardRun {
  const heard = startRun(subject);
  const { run, ear } = heard;
  // One alone is read, so none of its pages is known before.
  const logged = new LoggedCheckpoints(subject.history, run.board.ram.pages, () => false).list();
  const last = logged.findLast((one) => one.tick <= tick && one.tick > 0n);
  if (last === undefined) return heard;
  const { machine, pages, position, line, digest } = last.load();
  const begun = new Map([[subject.reader.header.terminal ?? 'uart', [...line]]]);
  const mark = { tick: last.tick, state: { ...machine, pages }, place: position.place, ended: undefined };
  run.back({ ...mark, heard: ear.having(begun) });
  return run.board.digest('all') === digest ? heard : startRun(subject);
}

/** From power on. */
export function startRun(subject: Subject): HeardRun {
  const run = new Run({ ...subject.start(), history: subject.history });
  const ear = new Ear();
  run.listener = ear;
  return { run, ear };
}
