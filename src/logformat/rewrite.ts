/**
 * Recordings made from recordings: repaired, packed, stripped. Frames are taken over as they are; only their numbers,
 * the index and the end are made anew.
 */

import { type Tick, tick } from '../lib/brands.ts';
import type { Counts, IndexEntry, LogEnd } from './closing.ts';
import type { Codec } from './frame.ts';
import { FrameIndex } from './frame-index.ts';
import { FrameWriter, type LogSink } from './frame-writer.ts';
import { writeImage } from './image.ts';
import type { Finish, LogReader } from './reader.ts';
import type { RecordKind } from './records.ts';

/** What to do to a file: keep its first `keepBytes`, then add `append`. */
export interface Repair {
  readonly keepBytes: number;
  readonly append: Uint8Array;
  readonly reason: string;
}

/** How to make a cut recording whole: up to its last sound frame, and an end. Undefined when it is whole already. */
export function planRepair(reader: LogReader, codec: Codec): Repair | undefined {
  const survey = surveyOf(reader);
  if (survey.finish.kind === 'end') return undefined;
  const parts: Uint8Array[] = [];
  const sink: LogSink = { write: (bytes) => parts.push(bytes) };
  const writer = new FrameWriter(sink, codec, new FrameIndex(survey.entries), survey.keepBytes);
  writer.close(survey.end);
  const append = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    append.set(part, at);
    at += part.length;
  }
  return { keepBytes: survey.keepBytes, append, reason: survey.finish.reason };
}

/**
 * Writes the recording anew with `images` (by role) inside, in place of any it had; an empty map strips them. Gives how
 * the walk through the old one finished: the new one always has an end.
 */
export function rewriteWithImages(
  reader: LogReader,
  images: ReadonlyMap<string, Uint8Array>,
  sink: LogSink,
  codec: Codec,
): Finish {
  const survey = surveyOf(reader);
  const writer = new FrameWriter(sink, codec);
  for (const entry of survey.entries) {
    if (entry.kind !== 'image') writer.copy(reader.frameAt(entry.offset));
  }
  for (const [role, image] of images) writeImage(writer, survey.end.ticks, role, image);
  writer.close(survey.end);
  return survey.finish;
}

interface Survey {
  readonly entries: readonly IndexEntry[];
  /** Bytes of the sound frames before index and end. */
  readonly keepBytes: number;
  readonly end: LogEnd;
  readonly finish: Finish;
}

/** One walk over all frames, looking into each events frame. */
function surveyOf(reader: LogReader): Survey {
  const entries: IndexEntry[] = [];
  const counts: { [kind in RecordKind]?: number } = {};
  let keepBytes = 0;
  let last: Tick = tick(0);
  let time = 0n;
  const records = reader.records();
  let finish: Finish;
  for (;;) {
    const step = records.next();
    if (step.done === true) {
      finish = step.value;
      break;
    }
    const record = step.value;
    counts[record.kind] = (counts[record.kind] ?? 0) + 1;
    last = record.tick;
    if (record.kind === 'clock') time = record.time;
  }
  const bound = finish.kind === 'cut' ? finish.offset : Number.POSITIVE_INFINITY;
  for (const { offset, frame } of reader.frames()) {
    if (frame.kind === 'index' || frame.kind === 'end' || offset >= bound) break;
    entries.push({ kind: frame.kind, offset, firstTick: frame.firstTick });
    keepBytes = offset + frame.bytes.length;
    if (frame.firstTick > last) last = frame.firstTick;
  }
  const events: Counts = counts;
  const end: LogEnd =
    finish.kind === 'end'
      ? finish.end
      : { ticks: last, time, elapsedNs: 0n, events, digest: undefined, halt: undefined, repaired: true };
  return { entries, keepBytes, end, finish };
}
