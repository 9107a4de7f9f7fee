/** Frames of logs, made and taken apart. */
import { zstd } from '../../../src/host/zstd.ts';
import { tick } from '../../../src/lib/brands.ts';
import type { LogRecord } from '../../../src/logformat/records.ts';
import { LogWriter } from '../../../src/logformat/writer.ts';
import { header } from '../../logformat/support.ts';

export const progress = (at: number): LogRecord => ({ kind: 'progress', tick: tick(at) });
export const seedRead = (at: number): LogRecord => ({ kind: 'nondet', tick: tick(at), source: 1, value: BigInt(at) });

/** The frames of a log with these groups of records, a frame each; with `closed`, index and end too. */
export function framesOf(groups: readonly (readonly LogRecord[])[], closed = false): Uint8Array[] {
  const frames: Uint8Array[] = [];
  const log = new LogWriter({ write: (bytes) => frames.push(bytes.slice()) }, zstd, header);
  for (const records of groups) {
    log.appendAll(records);
    log.flush();
  }
  const ticks = log.lastTick ?? tick(0);
  if (closed) log.close({ ticks, time: 0n, elapsedNs: 0n, digest: undefined, halt: undefined, repaired: false });
  return frames;
}
