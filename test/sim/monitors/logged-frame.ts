/**
 * A frame as it was written to a log, looked into once however many monitors ask. Its bytes are never changed.
 */

import { decodeEnd, type LogEnd } from '../../../src/logformat/closing.ts';
import { decodeChannelEvents } from '../../../src/logformat/events.ts';
import { decodeFrame, type StoredFrame, unpack } from '../../../src/logformat/frame.ts';
import { type ChannelRecord, isOfFile, type LogRecord } from '../../../src/logformat/records.ts';
import { PLAIN } from '../node/log.ts';

const NONE: readonly ChannelRecord[] = [];

export class LoggedFrame {
  readonly bytes: Uint8Array;
  #frame: StoredFrame | undefined;
  #records: readonly ChannelRecord[] | undefined;

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
  get records(): readonly ChannelRecord[] {
    const frame = this.#opened;
    this.#records ??= frame.kind === 'events' ? decodeChannelEvents(unpack(frame, PLAIN), frame.firstTick) : NONE;
    return this.#records;
  }

  /** Of a frame of somebody's own log: nothing is left out there. */
  get history(): readonly LogRecord[] {
    const { records } = this;
    if (!records.every(isOfFile)) throw new Error(`frame ${this.sequence} of a recording is without what was read`);
    return records;
  }

  /** Of an end frame. */
  get end(): LogEnd | undefined {
    return this.kind === 'end' ? decodeEnd(unpack(this.#opened, PLAIN)).end : undefined;
  }

  get #opened(): StoredFrame {
    this.#frame ??= decodeFrame(this.bytes);
    return this.#frame;
  }
}
