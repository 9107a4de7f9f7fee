/**
 * Places in a recording by tick, and the last records before a tick.
 */

import type { LogRecord } from '../../logformat/records.ts';
import type { Cursor, History, Place } from '../timeline/history.ts';

/** The place of the first record that may be at `tick` or later: nothing at that tick is before it. */
export function placeAt(history: History, tick: bigint): Place {
  let low = 0;
  let high = framesOf(history);
  // The last frame whose first record is before the tick.
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (firstTickOf(history, middle) < tick) low = middle + 1;
    else high = middle;
  }
  return { frame: Math.max(0, low - 1), record: 0 };
}

/** The last records before `tick` that `wanted` takes, in order, `count` at most, from two frames at most. */
export function recordsBefore(
  history: History,
  tick: bigint,
  count: number,
  wanted: (record: LogRecord) => boolean,
): LogRecord[] {
  const { frame } = placeAt(history, tick);
  const kept: LogRecord[] = [];
  const cursor: Cursor = history.from({ frame: Math.max(0, frame - 1), record: 0 });
  for (let step = cursor.next(); step.done !== true && step.value.tick < tick; step = cursor.next()) {
    if (wanted(step.value)) kept.push(step.value);
    if (kept.length > count) kept.shift();
  }
  return kept;
}

/** Found by doubling, since only whether there is a frame can be asked. */
function framesOf(history: History): number {
  let beyond = 1;
  while (history.offsetOf(beyond) !== undefined) beyond *= 2;
  let low = 0;
  while (low < beyond) {
    const middle = (low + beyond) >>> 1;
    if (history.offsetOf(middle) === undefined) beyond = middle;
    else low = middle + 1;
  }
  return low;
}

function firstTickOf(history: History, frame: number): bigint {
  const first = history.from({ frame, record: 0 }).next();
  return first.done === true ? history.end : first.value.tick;
}
