/**
 * Writes to a stream whose reader may be slow or go away: asks the caller to hold on when a lot is unread, and drops
 * everything after the reader has gone.
 */

import type { Writable } from 'node:stream';

const UNREAD_BYTES_MAX = 1 << 20;

export class StreamWriter {
  readonly #stream: Writable;
  readonly #onError: (error: Error) => void;
  #gone = false;

  /** `lost` is called once, when the stream fails. */
  constructor(stream: Writable, lost: (error: Error) => void) {
    this.#stream = stream;
    this.#onError = (error) => {
      if (!this.#gone) lost(error);
      this.#gone = true;
    };
    stream.on('error', this.#onError);
  }

  /** Everything written has left this process. */
  get idle(): boolean {
    return this.#gone || this.#stream.writableLength === 0;
  }

  write(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#gone) return undefined;
    this.#stream.write(bytes);
    return this.#stream.writableLength > UNREAD_BYTES_MAX ? this.#settled('drain') : undefined;
  }

  /** Resolves when everything written has left, or the reader has gone. The stream stays open. */
  async flush(): Promise<void> {
    if (!this.#gone && this.#stream.writableLength > 0)
      await new Promise<void>((done) => this.#stream.write('', () => done()));
    this.#stream.off('error', this.#onError);
    this.#stream.on('error', ignore);
  }

  #settled(event: string): Promise<void> {
    return new Promise((done) => {
      const settle = () => {
        for (const name of [event, 'error', 'close']) this.#stream.off(name, settle);
        done();
      };
      for (const name of [event, 'error', 'close']) this.#stream.on(name, settle);
    });
  }
}

const ignore = (): void => {};
