/**
 * Opens a recording for debugging: a machine on this thread at the recording's beginning, and a timeline over it. The
 * images stay in memory: a guest that resets needs them, and so does whoever wants their symbols.
 */

import type { ProbeFactory } from '../debug/timeline/probe.ts';
import { Timeline, type TimelineParts } from '../debug/timeline/timeline.ts';
import { Board } from '../emu/machine/board.ts';
import { isElf } from '../emu/machine/elf.ts';
import type { LogReader } from '../logformat/reader.ts';
import { Doors } from '../session/doors.ts';
import { monotonicNs } from './clock.ts';
import { DEFAULTS, type EngineName } from './guest-options.ts';
import { imageBytes } from './guest-plan.ts';
import type { Image } from './images.ts';
import { openRecording } from './log-file-source.ts';
import { machineOf } from './machine-of.ts';
import { type ImagePaths, recordedConfig, recordedImages } from './recorded-machine.ts';

export interface TimelineOptions extends ImagePaths {
  readonly engine?: EngineName;
  /** Memory for checkpoints; 1 GiB when left out. */
  readonly memoryBudgetBytes?: number;
  /** How steps are watched; one by one when left out. */
  readonly probe?: ProbeFactory;
  /** Told in one line what the operator should know about the recording. */
  readonly notify?: (text: string) => void;
}

/** An image that names addresses. */
export interface SymbolImage {
  readonly role: string;
  readonly name: string;
  /** An ELF file. */
  readonly bytes: Uint8Array;
}

export interface OpenTimeline {
  readonly timeline: Timeline;
  /** Of the recording as far as the timeline goes; another one after Timeline.refresh. */
  readonly reader: LogReader;
  readonly symbolImages: readonly SymbolImage[];
  /** Lets go of the files. The timeline can not be used any more. */
  close(): void;
}

/** UserError when the recording cannot be opened, or its images are not there. */
export function openTimeline(file: string, options: TimelineOptions = {}): OpenTimeline {
  let recording = openRecording(file);
  try {
    const images = recordedImages(recording.reader, options);
    const symbolImages = Object.entries(images).flatMap(([role, image]) => symbolImage(role, image));
    const doors = new Doors();
    const machine = machineOf(
      recordedConfig(recording.reader),
      imageBytes(images),
      doors,
      options.engine ?? DEFAULTS.engine,
    );
    if (!(machine instanceof Board)) throw new Error('a timeline needs a board');
    const reopen = (): LogReader => {
      const again = openRecording(file);
      recording.close();
      recording = again;
      return again.reader;
    };
    const timeline = new Timeline({
      board: machine,
      doors,
      reader: recording.reader,
      reopen,
      nowNs: monotonicNs,
      ...wishesOf(options),
    });
    if (recording.reader.end() === undefined)
      options.notify?.('the recording has no end: it is still written, or was cut');
    return {
      timeline,
      get reader() {
        return recording.reader;
      },
      symbolImages,
      close: () => recording.close(),
    };
  } catch (error) {
    recording.close();
    throw error;
  }
}

const wishesOf = ({
  memoryBudgetBytes,
  probe,
}: TimelineOptions): Pick<TimelineParts, 'memoryBudgetBytes' | 'probe'> => ({
  ...(memoryBudgetBytes === undefined ? {} : { memoryBudgetBytes }),
  ...(probe === undefined ? {} : { probe }),
});

const symbolImage = (role: string, { name, bytes }: Image): readonly SymbolImage[] =>
  isElf(bytes) ? [{ role, name, bytes }] : [];
