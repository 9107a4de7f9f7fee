/**
 * A frame as it was written to a log, looked into once however many monitors ask. Its bytes are never changed.
 */

import { decodeEnd, type LogEnd } from '../../../src/logformat/closing.ts';
import { decodeEvents } from '../../../src/logformat/events.ts';
import { decodeFrame, type StoredFrame, unpack } from '../../../src/logformat/frame.ts';
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

  /** Of an end frame. */
  get end(): LogEnd | undefined {
    return this.kind === 'end' ? decodeEnd(unpack(this.#opened, PLAIN)).end : undefined;
  }

  get #opened(): StoredFrame {
    this.#frame ??= decodeFrame(this.bytes);
    return this.#frame;
  }
}
