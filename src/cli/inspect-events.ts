/** The records of a log that come before a moment. */

import type { LogReader } from '../logformat/reader.ts';
import type { LogRecord } from '../logformat/records.ts';

/** The last `count` records of ticks before `at`, oldest first; not `progress`, which says that nothing happened. */
export function recordsBefore(reader: LogReader, at: bigint, count: number): readonly LogRecord[] {
  const frames = reader.index().filter(({ kind, firstTick }) => kind === 'events' && firstTick <= at);
  let found: LogRecord[] = [];
  for (const { offset } of frames.toReversed()) {
    const records = reader.recordsOf(reader.frameAt(offset));
    found = [...records.filter(({ tick, kind }) => tick < at && kind !== 'progress'), ...found];
    if (found.length >= count) break;
  }
  return found.slice(-count);
}
