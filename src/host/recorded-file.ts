/**
 * The recording of a guest in no pair, as its main thread has it. The guest's thread writes it, and may go over to
 * another file of the same name (live/rolling-recording.ts): it says which by the shared memory.
 */

import type { LiveGuest } from './live/live-guest.ts';
import { LogFileSink } from './log-file-sink.ts';

export class RecordedFile {
  readonly #first: LogFileSink;
  readonly #guest: Pick<LiveGuest, 'recordingFd'>;
  #sink: LogFileSink;

  /** `first`: what the guest's thread is given. */
  constructor(first: LogFileSink, guest: Pick<LiveGuest, 'recordingFd'>) {
    this.#first = first;
    this.#guest = guest;
    this.#sink = first;
  }

  /** As it is now: not to be kept. */
  get sink(): LogFileSink {
    const fd = this.#guest.recordingFd;
    if (fd === undefined || fd === this.#sink.fd) return this.#sink;
    // Those between have been closed where they were written.
    if (this.#sink === this.#first) this.#first.close();
    this.#sink = new LogFileSink(this.#first.path, fd);
    return this.#sink;
  }
}
