/**
 * A recording that goes on from another: the history that the machine has gone through in a replay is taken over, whole
 * frames byte for byte, and what happens from here on is recorded after it.
 */

import type { Machine } from '../emu/machine/machine.ts';
import type { LogReader } from '../logformat/reader.ts';
import type { LogWriter } from '../logformat/writer.ts';
import type { Gate } from './gate.ts';

/** Copies the first `records` records (Replayer.taken) of `reader` to a writer that has written its header alone. */
export function copyHistory(reader: LogReader, writer: LogWriter, records: number): void {
  let left = records;
  for (const { frame } of reader.frames()) {
    if (left === 0) return;
    if (frame.kind !== 'events') continue;
    const all = reader.recordsOf(frame);
    if (all.length <= left) writer.copy(frame, all);
    else for (const record of all.slice(0, left)) writer.append(record);
    left -= Math.min(left, all.length);
  }
  if (left > 0) throw new Error(`${left} records of the history are missing`);
}

/** Gives out again what was asked for and has not come: on going live nobody else will answer it. */
export function reissue(machine: Machine, gate: Gate): void {
  for (const output of machine.pendingRequests()) gate.offer(output, machine.tick);
}
