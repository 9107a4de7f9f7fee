/**
 * A backup's own copy of the log that it follows: frames go into it byte for byte when all their records have become
 * history, so that at any moment it is a recording of what this machine has gone through. A frame without the data of
 * its reads is written anew, with the data, and so are index and end then: a recording needs no disk to be replayed. On
 * going live the records of a frame that was taken in part are added, and a recorder goes on in the same log: from boot
 * to its end it is one run.
 *
 *     channel.push(frame); session.step() ...; log.follow(replayer.taken)            while following
 *     channel.cut(); session.step() until it ends; recorder.log = log.goOn(replayer.taken)    going live
 */

import { decodeEnd } from '../../logformat/closing.ts';
import { type Codec, type StoredFrame, unpack } from '../../logformat/frame.ts';
import type { LogSink } from '../../logformat/frame-writer.ts';
import type { LogRecord } from '../../logformat/records.ts';
import { LogWriter } from '../../logformat/writer.ts';
import type { ChannelRecords } from './channel-records.ts';

export class FollowedLog {
  readonly #sink: LogSink;
  readonly #codec: Codec;
  readonly #channel: ChannelRecords;
  #log: LogWriter | undefined;
  /** Goes in with the end alone: without one, other frames may follow. */
  #index: StoredFrame | undefined;
  /** Frames do not stand where they stand in the channel. */
  #moved = false;

  /** Nobody else calls `channel.advance`. */
  constructor(sink: LogSink, codec: Codec, channel: ChannelRecords) {
    this.#sink = sink;
    this.#codec = codec;
    this.#channel = channel;
  }

  /** Writes the frames that are executed when the first `taken` records are: those without records at once. */
  follow(taken: number): void {
    for (const { frame, records, completed } of this.#channel.advance(taken)) {
      if (frame.kind === 'header') {
        this.#log = new LogWriter(this.#sink, this.#codec, frame);
        continue;
      }
      if (frame.kind === 'index') {
        this.#index = frame;
        continue;
      }
      if (completed) this.#writeAnew(records);
      else if (frame.kind === 'end') this.#end(frame);
      else this.#started.copy(frame, records);
    }
  }

  /** Adds what was taken of the frame that is next, and gives the log to who goes on. Only once, and last. */
  goOn(taken: number): LogWriter {
    this.follow(taken);
    const log = this.#started;
    log.appendAll(this.#channel.partlyTaken(taken));
    return log;
  }

  #writeAnew(records: readonly LogRecord[]): void {
    this.#moved = true;
    this.#started.appendAll(records);
    this.#started.flush();
  }

  #end(frame: StoredFrame): void {
    if (this.#moved) {
      this.#started.close(decodeEnd(unpack(frame, this.#codec)).end);
      return;
    }
    if (this.#index !== undefined) this.#started.copy(this.#index, []);
    this.#started.copy(frame, []);
  }

  get #started(): LogWriter {
    if (this.#log === undefined) throw new Error('the log has no header yet');
    return this.#log;
  }
}
