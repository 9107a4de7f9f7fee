/** What a recording holds, in one walk over it: for `log info` and `log verify`. */

import type { OpenRecording } from '../host/log-file-source.ts';
import type { Counts, LogEnd } from '../logformat/closing.ts';
import { encodeEvents } from '../logformat/events.ts';
import type { LogHeader } from '../logformat/header.ts';
import type { Finish } from '../logformat/reader.ts';
import type { LogRecord, RecordKind } from '../logformat/records.ts';

export interface LogInfo {
  readonly header: LogHeader;
  readonly sizeBytes: number;
  readonly frames: number;
  /** Of a recording that is whole. */
  readonly end: LogEnd | undefined;
  readonly cut: { readonly offset: number; readonly reason: string } | undefined;
  /** Tick of the checkpoint that it begins with; undefined of one that begins at power on, or has not got so far. */
  readonly beginsAt: bigint | undefined;
  /** Last tick that the recording reaches. */
  readonly ticks: bigint;
  /** Guest time there, 100 ns units. */
  readonly time: bigint;
  readonly events: Counts;
  /** Stored bytes of events frames, apportioned to kinds by their unpacked size; other frames by their own kind. */
  readonly bytes: { readonly [kind: string]: number };
  /** Images that are inside. */
  readonly packed: readonly string[];
}

/** Reads all of it; checks what LogReader checks. */
export function logInfo({ reader, sizeBytes }: OpenRecording): LogInfo {
  const events: { [kind in RecordKind]?: number } = {};
  const bytes: { [kind: string]: number } = {};
  const add = (kind: string, n: number): void => {
    bytes[kind] = (bytes[kind] ?? 0) + n;
  };
  let frames = 0;
  let beginsAt: bigint | undefined;
  let ticks = 0n;
  let time = 0n;
  const walk = reader.frames();
  let finish: Finish;
  for (;;) {
    const step = walk.next();
    if (step.done === true) {
      finish = step.value;
      break;
    }
    const { frame } = step.value;
    frames += 1;
    if (frame.firstTick > ticks) ticks = frame.firstTick;
    const isBeginning = reader.header.begins !== undefined && frame.kind === 'checkpoint' && frame.firstTick > 0n;
    if (isBeginning) beginsAt ??= frame.firstTick;
    if (frame.kind !== 'events') {
      add(`${frame.kind} frame`, frame.bytes.length);
      continue;
    }
    const records = reader.recordsOf(frame);
    const sizes = sizesByKind(records);
    const all = [...sizes.values()].reduce((a, b) => a + b, 0);
    for (const [kind, size] of sizes) add(kind, (frame.bytes.length * size) / all);
    for (const record of records) {
      events[record.kind] = (events[record.kind] ?? 0) + 1;
      ticks = record.tick;
      if (record.kind === 'clock') time = record.time;
    }
  }
  const end = finish.kind === 'end' ? finish.end : undefined;
  return {
    header: reader.header,
    sizeBytes,
    frames,
    end,
    beginsAt,
    cut: finish.kind === 'cut' ? { offset: finish.offset, reason: finish.reason } : undefined,
    ticks: end?.ticks ?? ticks,
    time: end?.time ?? time,
    events,
    bytes: Object.fromEntries(Object.entries(bytes).map(([kind, n]) => [kind, Math.round(n)])),
    packed: 'image frame' in bytes ? Object.keys(reader.header.images) : [],
  };
}

function sizesByKind(records: readonly LogRecord[]): ReadonlyMap<RecordKind, number> {
  const first = records[0]?.tick;
  if (first === undefined) return new Map();
  const groups = Map.groupBy(records, ({ kind }) => kind);
  return new Map([...groups].map(([kind, group]) => [kind, encodeEvents(group, first).length]));
}
