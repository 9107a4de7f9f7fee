/**
 * `log index`: checkpoints put into a recording that has none, or others in place of those it has, by replaying it. The
 * new file is made beside the old one and takes its place when it is whole and on the storage.
 */

import { History } from '../debug/timeline/history.ts';
import { Replay } from '../debug/timeline/replay.ts';
import { Board } from '../emu/machine/board.ts';
import { maxOf } from '../lib/bigint.ts';
import { type Tick, tick } from '../lib/brands.ts';
import { ExitCode, UserError } from '../lib/errors.ts';
import type { LogEnd } from '../logformat/closing.ts';
import { CheckpointInserter } from '../logformat/insert-checkpoints.ts';
import type { LogReader } from '../logformat/reader.ts';
import { CheckpointLog } from '../session/checkpoint-log.ts';
import { ConsoleLines, DEFAULT_CONSOLE } from '../session/console-lines.ts';
import { DivergenceError } from '../session/divergence.ts';
import { Doors } from '../session/doors.ts';
import { unfinished } from './being-recorded.ts';
import { CheckpointSchedule, type CheckpointSpacing, REPLAYING_NS } from './checkpoint-schedule.ts';
import { monotonicNs } from './clock.ts';
import type { EngineName } from './guest-options.ts';
import { imageBytes } from './guest-plan.ts';
import { closeImages, ImageReader, type KeptImages, keepImages } from './kept-images.ts';
import type { LogFileSink } from './log-file-sink.ts';
import { type OpenRecording, openRecording } from './log-file-source.ts';
import { machineOf } from './machine-of.ts';
import { type ImagePaths, recordedConfig, recordedImages, recordingError, requirePowerOn } from './recorded-machine.ts';
import { replaceRecording } from './replaced-recording.ts';
import { zstd } from './zstd.ts';

export interface IndexOptions extends ImagePaths {
  readonly file: string;
  /** How far apart; 'none' takes out those there are. */
  readonly spacing: CheckpointSpacing | 'none';
  readonly engine: EngineName;
}

export interface IndexUi {
  progress?(ticks: bigint, untilTicks: bigint): void;
  readonly stop?: AbortSignal;
}

export interface Indexed {
  readonly path: string;
  readonly checkpoints: number;
  /** Of the file before and now. */
  readonly sizeBefore: number;
  readonly sizeBytes: number;
  /** Ticks between two checkpoints at most, and from the last to the end. */
  readonly seekTicks: bigint;
}

/** Host time between two looks at the world. */
const CHUNK_TICKS = 1n << 21n;
/** Writing them may take one part of this many of the time. */
const PATIENCE = 3n;

/** UserError when there is nothing to replay, or it diverges, or the operator stops; the file is as it was then. */
export async function indexRecording(options: IndexOptions, ui: IndexUi = {}): Promise<Indexed> {
  const { file } = options;
  const recording = openRecording(file);
  try {
    requirePowerOn(recording.reader, 'given other checkpoints');
    const end = recording.reader.end()?.end;
    if (end === undefined) throw await unfinished(file, recording.stamp);
    return await replaceRecording(file, recording, '.indexing', (sink) => rewrite(options, recording, end, sink, ui));
  } catch (error) {
    throw recordingError(error);
  } finally {
    recording.close();
  }
}

async function rewrite(
  options: IndexOptions,
  { reader, sizeBytes: sizeBefore }: OpenRecording,
  end: LogEnd,
  sink: LogFileSink,
  ui: IndexUi,
): Promise<Indexed> {
  const inserter = new CheckpointInserter(reader, end, sink, zstd);
  const ticks = options.spacing === 'none' ? [] : await replayWith(options, options.spacing, reader, inserter, ui);
  inserter.close();
  const gaps = [0n, ...ticks].map((at, i, all) => (all[i + 1] ?? end.ticks) - at);
  const seekTicks = gaps.reduce(maxOf, 0n);
  return { path: options.file, checkpoints: ticks.length, sizeBefore, sizeBytes: inserter.sizeBytes, seekTicks };
}

async function replayWith(
  options: IndexOptions,
  spacing: CheckpointSpacing,
  reader: LogReader,
  inserter: CheckpointInserter,
  ui: IndexUi,
): Promise<readonly bigint[]> {
  const kept = keepImages(imageBytes(recordedImages(reader, options)));
  try {
    return await new Indexing(options, spacing, reader, inserter, kept).run(ui);
  } catch (error) {
    if (!(error instanceof DivergenceError)) throw error;
    const what = `the recording does not replay: it diverges at tick ${error.divergence.tick}`;
    throw new UserError('diverged', what, `see: lockstep replay ${options.file}`, ExitCode.diverged, error);
  } finally {
    closeImages(kept);
  }
}

class Indexing {
  readonly #replay: Replay;
  readonly #end: Tick;
  readonly #inserter: CheckpointInserter;
  readonly #checkpoints: CheckpointLog;
  readonly #schedule: CheckpointSchedule;
  readonly #lines = new ConsoleLines();
  readonly #images: ImageReader;
  readonly #ticks: bigint[] = [];
  #writingNs = 0n;

  constructor(
    { engine }: IndexOptions,
    spacing: CheckpointSpacing,
    reader: LogReader,
    inserter: CheckpointInserter,
    kept: KeptImages,
  ) {
    const doors = new Doors();
    const history = new History(reader);
    const terminal = reader.header.terminal ?? DEFAULT_CONSOLE;
    this.#images = new ImageReader(kept);
    const board = machineOf(recordedConfig(reader), this.#images.images, doors, engine);
    if (!(board instanceof Board)) throw new Error('checkpoints are of a board');
    this.#replay = new Replay(board, doors, history, {
      output: (output) => {
        if (output.kind === 'console' && output.device === terminal) this.#lines.add(output.bytes);
      },
      input: () => false,
    });
    this.#end = history.end;
    this.#inserter = inserter;
    this.#checkpoints = new CheckpointLog(board, (at, payload) => inserter.put(at, payload));
    this.#schedule = new CheckpointSchedule(spacing, PATIENCE, 0n, monotonicNs(), REPLAYING_NS);
  }

  /** Gives the ticks of the checkpoints. */
  async run(ui: IndexUi): Promise<readonly bigint[]> {
    const replay = this.#replay;
    while (replay.tick < this.#end) {
      const to = this.#next();
      replay.run(to);
      if (replay.tick < to) throw new Error(`the replay stops at tick ${replay.tick}`);
      if (replay.tick === this.#end || this.#schedule.due(replay.tick, this.#runNs)) this.#write();
      this.#images.giveBack();
      await new Promise(setImmediate);
      ui.progress?.(replay.tick, this.#end);
      if (ui.stop?.aborted === true) {
        throw new UserError('stopped', 'stopped; the recording is as it was', 'run it again', ExitCode.interrupted);
      }
    }
    return this.#ticks;
  }

  get #runNs(): bigint {
    return monotonicNs() - this.#writingNs;
  }

  /** Where the next chunk ends: a multiple of a spacing in ticks is met exactly. */
  #next(): Tick {
    const { tick: now } = this.#replay;
    const chunk = now + this.#schedule.within(now, CHUNK_TICKS);
    return chunk < this.#end ? tick(chunk) : this.#end;
  }

  #write(): void {
    const from = monotonicNs();
    const { place, replayer } = this.#replay.position();
    const left = this.#inserter.goTo(place.frame, place.record);
    const { sizeBytes } = this.#inserter;
    this.#checkpoints.write({ left, marks: replayer.marks, line: this.#lines.save() });
    const tookNs = monotonicNs() - from;
    this.#writingNs += tookNs;
    this.#ticks.push(this.#replay.tick);
    this.#schedule.written(this.#replay.tick, this.#runNs, tookNs, this.#inserter.sizeBytes - sizeBytes);
  }
}
