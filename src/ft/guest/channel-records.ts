/**
 * The records of a log that arrives frame by frame while it is replayed: `records` of a Replayer. Frames go in by
 * `push`, from the header on; records come out, and `undefined` where the next frame is not there yet. The end frame
 * finishes them as it finishes a file; `cut` finishes them behind the last frame pushed.
 *
 *     push -> [ frames as they came ] -> next -> Replayer -> advance(replayer.taken) -> [ frames executed ]
 *
 * A read whose data is not in the log (ReplicaReads) is awaited as a frame is.
 *
 * Keeps a frame until `advance` gives it back as executed. Invariant: frames are taken in as a reader takes them from a
 * file: right CRC, numbers without a gap, ticks that do not decrease, nothing behind the end.
 */

import type { Tick } from '../../lib/brands.ts';
import { type Counts, decodeEnd } from '../../logformat/closing.ts';
import { FormatError } from '../../logformat/errors.ts';
import { decodeChannelEvents } from '../../logformat/events.ts';
import { type Codec, decodeFrame, type StoredFrame, unpack } from '../../logformat/frame.ts';
import { decodeHeader, type LogHeader } from '../../logformat/header.ts';
import { checkTotals, type Finish } from '../../logformat/reader.ts';
import type { LogRecord, RecordKind } from '../../logformat/records.ts';
import { HeldFrame } from './held-frame.ts';
import type { ReplicaReads } from './replica-reads.ts';

/** A frame and its records, which are none but in a frame of events. */
export interface ExecutedFrame {
  readonly frame: StoredFrame;
  readonly records: readonly LogRecord[];
  /** Data of reads has been put into the records: the frame has none of it. */
  readonly completed: boolean;
}

export class ChannelRecords implements Iterator<LogRecord | undefined, Finish> {
  readonly #codec: Codec;
  readonly #reads: ReplicaReads | undefined;
  /** Not executed, by sequence number; those of events that have not been looked into as they came. */
  readonly #held = new Map<number, HeldFrame | StoredFrame>();
  readonly #counts: { [kind in RecordKind]?: number } = {};
  #header: LogHeader | undefined;
  /** Number of the frame that is pushed next, and where it begins in the log. */
  #pushed = 0;
  #offset = 0;
  #frameTick = 0n;
  /** Number of the frame that is looked into next. */
  #reading = 0;
  #present: HeldFrame | undefined;
  #at = 0;
  #awaitedTick: Tick | undefined;
  #recordTick = 0n;
  #executed = -1;
  #executedRecords = 0;
  #unexecutedBytes = 0;
  #finish: Finish | undefined;

  /** `reads`: whence the data of reads comes that is not in the log; left out: it is in there. */
  constructor(codec: Codec, reads?: ReplicaReads) {
    this.#codec = codec;
    this.#reads = reads;
  }

  /** The last answer of `next` waits for the data of a read: the tick of its record. */
  get awaitedTick(): Tick | undefined {
    return this.#awaitedTick;
  }

  /** Of the log; undefined until its frame has been pushed. */
  get header(): LogHeader | undefined {
    return this.#header;
  }

  /** Number of the last frame pushed; -1 before the first. */
  get received(): number {
    return this.#pushed - 1;
  }

  /** Every frame up to this number is executed, as far as `advance` has been told; -1 before the first. */
  get executed(): number {
    return this.#executed;
  }

  /** Bytes of the frames that are not executed. */
  get unexecutedBytes(): number {
    return this.#unexecutedBytes;
  }

  /** Whether no more frames will be taken: the end frame came, or `cut` was called. */
  get finished(): boolean {
    return this.#finish !== undefined;
  }

  /**
   * The bytes of one whole frame, kept as they are. FormatError when it is damaged or is not the one that must come;
   * UserError when it is a header that cannot be read. Either leaves everything as it was.
   */
  push(bytes: Uint8Array): void {
    if (this.#finish !== undefined)
      throw this.#finish.kind === 'end' ? new FormatError('frames follow the end') : new Error('a push after the cut');
    const frame = decodeFrame(bytes);
    if (frame.sequence !== this.#pushed)
      throw new FormatError(`frame ${frame.sequence} where ${this.#pushed} should be`);
    if ((frame.kind === 'header') !== (frame.sequence === 0)) throw new FormatError('a header is not the first frame');
    if (frame.firstTick < this.#frameTick) throw new FormatError('a frame begins before the last one');
    if (frame.kind === 'header') this.#header = decodeHeader(bytes, this.#codec);
    if (frame.kind === 'end') this.#finish = this.#endOf(frame);
    this.#held.set(frame.sequence, frame.kind === 'events' ? frame : new HeldFrame(frame, []));
    this.#frameTick = frame.firstTick;
    this.#pushed++;
    this.#offset += bytes.length;
    this.#unexecutedBytes += bytes.length;
  }

  /** No more frames will come. Nothing happens when the log has ended. */
  cut(): void {
    this.#finish ??= { kind: 'cut', offset: this.#offset, reason: 'the channel was cut' };
  }

  /** FormatError when a frame that was pushed does not hold what its kind says. */
  next(): IteratorResult<LogRecord | undefined, Finish> {
    for (;;) {
      this.#awaitedTick = undefined;
      if (this.#present !== undefined && this.#at < this.#present.length) return this.#give(this.#present);
      const held = this.#held.get(this.#reading);
      if (held === undefined) return this.#outOfFrames();
      this.#present = this.#look(held);
      this.#at = 0;
      this.#reading++;
    }
  }

  /**
   * Removes and gives, in order, the frames that are executed when the first `taken` records are (Replayer.taken).
   * A frame without records is when all before it are.
   */
  advance(taken: number): ExecutedFrame[] {
    const done: ExecutedFrame[] = [];
    for (;;) {
      const held = this.#held.get(this.#executed + 1);
      if (!(held instanceof HeldFrame) || this.#executedRecords + held.length > taken) return done;
      const { frame, completed } = held;
      this.#executed++;
      this.#held.delete(this.#executed);
      if (this.#reading <= this.#executed) this.#reading = this.#executed + 1;
      this.#executedRecords += held.length;
      this.#unexecutedBytes -= frame.bytes.length;
      done.push({ frame, records: held.first(held.length), completed });
    }
  }

  /** Of the frame that comes behind those executed: its records among the first `taken`. */
  partlyTaken(taken: number): readonly LogRecord[] {
    const held = this.#held.get(this.#executed + 1);
    return held instanceof HeldFrame ? held.first(taken - this.#executedRecords) : [];
  }

  #give(present: HeldFrame): IteratorResult<LogRecord | undefined, Finish> {
    const value = present.give(this.#at, this.#reads);
    if (value === undefined) this.#awaitedTick = present.tickOf(this.#at);
    else this.#at++;
    return { done: false, value };
  }

  #look(frame: HeldFrame | StoredFrame): HeldFrame {
    if (frame instanceof HeldFrame) return frame;
    if (frame.firstTick < this.#recordTick)
      throw new FormatError('a frame begins before the records of the last one end');
    const records = decodeChannelEvents(unpack(frame, this.#codec), frame.firstTick);
    for (const { kind, tick } of records) {
      this.#counts[kind] = (this.#counts[kind] ?? 0) + 1;
      this.#recordTick = tick;
    }
    const held = new HeldFrame(frame, records);
    this.#held.set(frame.sequence, held);
    return held;
  }

  #outOfFrames(): IteratorResult<LogRecord | undefined, Finish> {
    const finish = this.#finish;
    if (finish === undefined) return { done: false, value: undefined };
    const value = finish.kind === 'end' ? checkTotals(finish, this.#counts as Counts, this.#offset) : finish;
    return { done: true, value };
  }

  #endOf(frame: StoredFrame): Finish {
    const { end, ownOffset } = decodeEnd(unpack(frame, this.#codec));
    if (ownOffset !== this.#offset) throw new FormatError('the end frame is not in its place');
    return { kind: 'end', end };
  }
}
