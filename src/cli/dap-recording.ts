/** A recording opened for an editor: its timeline, and the names that its images and the files named for it give. */

import type { LaunchWords } from '../debug/dap/launch-words.ts';
import { SymbolTable } from '../debug/guest/symbols.ts';
import type { Timeline } from '../debug/timeline/timeline.ts';
import { openRecording } from '../host/log-file-source.ts';
import { openTimeline } from '../host/open-timeline.ts';
import { recordedImages } from '../host/recorded-machine.ts';
import { recordingPath } from '../host/recordings.ts';
import type { Tick } from '../lib/brands.ts';
import type { LogReader } from '../logformat/reader.ts';
import { eventLines } from './debug-events.ts';
import type { SymbolSources } from './debug-symbols.ts';
import { symbolFile } from './symbols.ts';

export interface DapRecording {
  readonly path: string;
  readonly timeline: Timeline;
  readonly reader: LogReader;
  readonly symbols: SymbolTable;
  readonly images: SymbolSources['images'];
  /** The last `count` events before a tick, of the recording as it is then. */
  events(before: Tick, count: number): readonly string[];
  close(): void;
}

/** Memory for checkpoints. */
const BUDGET_BYTES = 256 * 1024 * 1024;

/** UserError when the recording, an image or a file of symbols cannot be had. */
export function openDapRecording(words: LaunchWords, notify: (text: string) => void): DapRecording {
  const path = recordingPath(words.recording);
  const named = words.symbols.map(symbolFile);
  const { images: paths, engine } = words;
  const { timeline, reader, close } = openTimeline(path, {
    ...paths,
    engine,
    memoryBudgetBytes: BUDGET_BYTES,
    notify,
  });
  try {
    const found = Object.entries(recordedImages(reader, paths));
    const images = found.map(([role, { name, bytes }]) => ({ role, name, bytes }));
    const own = SymbolTable.ofImages(Object.fromEntries(found.map(([role, { bytes }]) => [role, bytes])));
    const symbols = named.reduce((all, more) => all.with(more), own);
    return { path, timeline, reader, symbols, images, events: (before, count) => eventsOf(path, before, count), close };
  } catch (error) {
    close();
    throw error;
  }
}

function eventsOf(path: string, before: Tick, count: number): readonly string[] {
  const recording = openRecording(path);
  try {
    return eventLines(recording.reader, before, count);
  } finally {
    recording.close();
  }
}
