/**
 * A frame as it was written to a log, looked into once however many monitors ask. Its bytes are never changed.
 */

import { decodeEvents } from '../../../src/logformat/events.ts';
import { decodeFrame, type StoredFrame, unpack } from '../../../src/logformat/frame.ts';
import type { Finish } from '../../../src/logformat/reader.ts';
import type { LogRecord } from '../../../src/logformat/records.ts';
import { PLAIN } from '../node/log.ts';

const NONE: readonly LogRecord[] = [];

export class LoggedFrame {
  readonly bytes: Uint8Array;
  #frame: StoredFrame | undefined;
  #records: readonly LogRecord[] | undefined;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** FormatError when it is damaged; as the others. */
  get kind(): StoredFrame['kind'] {
    return this.#opened.kind;
  }
  get sequence(): number {
    return this.#opened.sequence;
  }
  /** Of an events frame; others have none. */
  get records(): readonly LogRecord[] {
    const frame = this.#opened;
    this.#records ??= frame.kind === 'events' ? decodeEvents(unpack(frame, PLAIN), frame.firstTick) : NONE;
    return this.#records;
  }

  get #opened(): StoredFrame {
    this.#frame ??= decodeFrame(this.bytes);
    return this.#frame;
  }
}

/**
 * The records of frames that follow one another, of a log without an end frame (what that says of the whole is the
 * reader's to check).
 */
export function* recordsOf(frames: readonly LoggedFrame[]): Generator<LogRecord, Finish> {
  for (const [at, { sequence, records }] of frames.entries()) {
    if (sequence !== at) return { kind: 'cut', offset: at, reason: `frame ${sequence} where ${at} should be` };
    yield* records;
  }
  return { kind: 'cut', offset: frames.length, reason: 'the recording stops without an end' };
}
