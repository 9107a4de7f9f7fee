/**
 * The events of a recording by number, from 1: what went in and what came out. Moves of the clock, digests and marks of
 * progress are none: they come all the time and say nothing.
 */

import { UserError } from '../lib/errors.ts';
import type { LogReader } from '../logformat/reader.ts';
import type { LogRecord } from '../logformat/records.ts';
import { recordText } from './record-text.ts';

interface NumberedEvent {
  readonly number: number;
  readonly record: LogRecord;
}

function* eventsOf(reader: LogReader): Generator<NumberedEvent> {
  let number = 0;
  for (const record of reader.records()) {
    if (record.kind === 'clock' || record.kind === 'digest' || record.kind === 'progress') continue;
    number += 1;
    yield { number, record };
  }
}

/** The last `count` events of ticks before `at`, a line each, oldest first. */
export function eventLines(reader: LogReader, at: bigint, count: number): readonly string[] {
  const last: NumberedEvent[] = [];
  for (const event of eventsOf(reader)) {
    if (event.record.tick >= at) break;
    last.push(event);
    if (last.length > count) last.shift();
  }
  return last.map(({ number, record }) => `${`#${number}`.padEnd(7)}${recordText(record)}`);
}

/** UserError when there are not so many. */
export function tickOfEvent(reader: LogReader, wanted: number): bigint {
  let last = 0;
  for (const { number, record } of eventsOf(reader)) {
    if (number === wanted) return record.tick;
    last = number;
  }
  const remedy = 'lockstep log dump shows what the recording holds';
  throw new UserError('no-such-event', `the recording has ${last} events, no event ${wanted}`, remedy);
}
