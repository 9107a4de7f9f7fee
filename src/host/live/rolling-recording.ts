/**
 * A recording of which the end is kept and the beginning let go, as a flight recorder does: how long the guest runs
 * does not matter to it.
 *
 *     present   ────────────── kept ──────┬───────────── kept ──> let go, when the next one holds as much
 *     next                                └ copied ─ state ─ kept ─> has the present one's name from then on
 *
 * The next one begins with a checkpoint (docs/log-format.md), copied while the guest runs; from that moment on every
 * record goes into both. So the file of that name is a whole recording at any time, with as much history as is wanted.
 *
 * Invariant: a file is let go only after another with its name holds what is to be kept.
 */

import type { Board } from '../../emu/machine/board.ts';
import type { Output } from '../../emu/machine/events.ts';
import { type Tick, tick } from '../../lib/brands.ts';
import { UserError } from '../../lib/errors.ts';
import type { Counts, LogEnd } from '../../logformat/closing.ts';
import { COPY_VERSION, type LogHeader } from '../../logformat/header.ts';
import type { LogRecord } from '../../logformat/records.ts';
import { LogWriter } from '../../logformat/writer.ts';
import { beginning, CheckpointLog } from '../../session/checkpoint-log.ts';
import { ConsoleLines, DEFAULT_CONSOLE } from '../../session/console-lines.ts';
import { GuestCopy } from '../../session/guest-copy.ts';
import type { RecordedCheckpoints } from '../../session/recorder.ts';
import { epochNs, monotonicNs } from '../clock.ts';
import { LogFileSink } from '../log-file-sink.ts';
import type { Kept } from '../record-options.ts';
import { zstd } from '../zstd.ts';

/** One file of it, and what writes to it. */
export interface RecordedPart {
  readonly log: LogWriter;
  readonly sink: LogFileSink;
}

export interface RollingParts {
  readonly board: Board;
  /** Of the recording, which has nothing in it but that. */
  readonly header: LogHeader;
  readonly first: RecordedPart;
  readonly kept: Kept;
  /** Random bytes that the guest has been given. */
  readonly randomBytes: () => bigint;
  /** `part` is the recording from now on, open until there have been two others. It begins at tick `from`. */
  readonly turned: (part: RecordedPart, from: Tick) => void;
  /** One line for the operator. */
  readonly notice: (text: string) => void;
}

/** Where what it holds begins. */
interface Part extends RecordedPart {
  sinceBytes: number;
  sinceNs: bigint;
  from: Tick;
}

interface NextPart extends Part {
  readonly copy: GuestCopy;
}

/** Copying takes one part of this many of the time. */
const PATIENCE = 4n;
/** A file does not become shorter by more rounds. */
const ROUNDS = 3;
/** Of recorders that were killed. */
const LEFT_OVER = 16;

export class RollingRecording implements RecordedCheckpoints {
  readonly #parts: RollingParts;
  readonly #lines = new ConsoleLines();
  #present: Part;
  #next: NextPart | undefined;
  /** The file before the present one, which the other thread may just be looking at. */
  #before: LogFileSink | undefined;
  #turns = 0;
  #copyBeganNs = 0n;
  #copyingNs = 0n;
  #settled = false;

  constructor(parts: RollingParts) {
    const { first } = parts;
    this.#parts = parts;
    this.#present = { ...first, sinceBytes: first.log.offset, sinceNs: monotonicNs(), from: tick(0) };
  }

  get events(): Counts {
    return this.#present.log.events;
  }

  /** There is something to copy now, and it is its turn. */
  get busy(): boolean {
    return this.#next?.copy.done === false && this.#mayCopy;
  }

  append(record: LogRecord): void {
    this.appendAll([record]);
  }

  appendAll(records: readonly LogRecord[]): void {
    this.#present.log.appendAll(records);
    if (this.#next?.copy.done === true) this.#next.log.appendAll(records);
  }

  flush(): void {
    this.#present.log.flush();
    if (this.#next?.copy.done === true) this.#next.log.flush();
  }

  close(end: Omit<LogEnd, 'events'>): void {
    this.settle();
    const elapsedNs = this.#turns === 0 ? end.elapsedNs : monotonicNs() - this.#present.sinceNs;
    this.#present.log.close({ ...end, elapsedNs });
  }

  /** Nothing is let go any more: the present file is the recording, whoever writes it from now on. */
  settle(): void {
    this.#settled = true;
    this.#dropNext();
    this.#before?.close();
    this.#before = undefined;
  }

  heard(output: Output): void {
    const terminal = this.#parts.header.terminal ?? DEFAULT_CONSOLE;
    if (output.kind === 'console' && output.device === terminal) this.#lines.add(output.bytes);
  }

  due(): boolean {
    if (this.#settled) return false;
    if (this.#next === undefined) return this.#holdsEnough(this.#present);
    return this.#next.sink.lost !== undefined || (this.#next.copy.done ? this.#holdsEnough(this.#next) : this.#mayCopy);
  }

  write(): void {
    if (this.#next?.sink.lost !== undefined) this.#fail(this.#next.sink.lost);
    else if (this.#next === undefined) this.#begin();
    else if (this.#next.copy.done) this.#turn(this.#next);
    else this.#copySome(this.#next);
  }

  writeLast(): void {}

  get #mayCopy(): boolean {
    return this.#copyingNs * PATIENCE <= monotonicNs() - this.#copyBeganNs;
  }

  #holdsEnough({ log, sinceBytes, sinceNs }: Part): boolean {
    const { kept } = this.#parts;
    // A checkpoint is not of power on.
    if (this.#parts.board.tick === 0n) return false;
    return kept.by === 'bytes' ? log.offset - sinceBytes >= kept.bytes : monotonicNs() - sinceNs >= kept.ns;
  }

  #begin(): void {
    const { board, header, randomBytes } = this.#parts;
    const names = Array.from(
      { length: LEFT_OVER },
      (_, i) => `${this.#present.sink.path}.next${i === 0 ? '' : `-${i + 1}`}`,
    );
    try {
      const sink = LogFileSink.createFirst(names);
      sink.onLost = () => {};
      const { continuedAt: _, ...same } = header;
      const own: LogHeader = { ...same, createdNs: epochNs(), version: COPY_VERSION, begins: 'checkpoint' };
      const log = new LogWriter(sink, zstd, own);
      const copy = new GuestCopy({
        state: beginning(
          new CheckpointLog(board, (at, payload) => log.checkpoint(at, payload)),
          () => ({ units: {}, randomBytes: randomBytes() }),
          () => this.#lines.save(),
        ),
        pages: board.ram.pages,
        log,
        // They are where the header says, as those of any recording.
        images: {},
        unacknowledged: () => 0,
        nowNs: monotonicNs,
        roundsMax: ROUNDS,
      });
      this.#next = { log, sink, copy, sinceBytes: 0, sinceNs: 0n, from: tick(0) };
      this.#copyBeganNs = monotonicNs();
      this.#copyingNs = 0n;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      this.#fail(error.what);
    }
  }

  #copySome(next: NextPart): void {
    const from = monotonicNs();
    next.copy.work();
    const now = monotonicNs();
    this.#copyingNs += now - from;
    if (!next.copy.done) return;
    next.sinceBytes = next.log.offset;
    next.sinceNs = now;
    next.from = this.#parts.board.tick;
  }

  #turn(next: NextPart): void {
    const { sink: present } = this.#present;
    if (present.fate !== 'kept') {
      this.#parts.notice(`nothing of the recording is let go any more: it is not at ${present.path}`);
      this.settle();
      return;
    }
    this.flush();
    try {
      next.sink.moveTo(present.path);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      this.#fail(error.what);
      return;
    }
    next.sink.onLost = present.onLost;
    this.#before?.close();
    // The other thread closes the first one.
    this.#before = this.#turns === 0 ? undefined : present;
    this.#turns++;
    this.#present = next;
    this.#next = undefined;
    this.#parts.turned(next, next.from);
  }

  /** The present recording goes on, and another next one is tried when as much has come again. */
  #fail(why: string): void {
    this.#parts.notice(`nothing of the recording can be let go now: ${why}`);
    this.#dropNext();
    this.#present.sinceBytes = this.#present.log.offset;
    this.#present.sinceNs = monotonicNs();
  }

  #dropNext(): void {
    this.#next?.sink.discard();
    this.#next = undefined;
  }
}
