/**
 * The recording of a side of a pair, as its main thread has it; the guest's thread writes it. The guest outlives its
 * recording: when that cannot be written any more it is kept up to there, that is told, and the guest goes on.
 */

import { keptPath, tellFault } from '../kept-recording.ts';
import { type AboutRecording, LogFileSink } from '../log-file-sink.ts';
import type { LogFile } from './job.ts';
import type { NodeUi } from './pair-options.ts';

export class OwnLog {
  readonly #ui: NodeUi;
  #sink: LogFileSink | undefined;

  constructor(ui: NodeUi) {
    this.#ui = ui;
  }

  /** A new file: `path`, or the first of `otherwise` that is free. UserError when there cannot be one. */
  make(path: string | undefined, otherwise: Iterable<string>): LogFile {
    const sink = path === undefined ? LogFileSink.createFirst(otherwise) : LogFileSink.create(path);
    this.#ui.recording?.(sink.path);
    this.#sink = sink;
    return { fd: sink.fd, path: sink.path };
  }

  /** It is this one, which is closed with this. */
  use(sink: LogFileSink): void {
    this.#sink = sink;
  }

  /** The guest's thread writes nothing more to it. */
  lost(why: string): void {
    this.#sink?.lose(why);
    this.#ui.notice(`${why}; the guest goes on without`);
  }

  /** Undefined where there is none, or not the whole one. */
  get path(): string | undefined {
    return keptPath(this.#sink);
  }

  get about(): AboutRecording | undefined {
    return this.#sink?.about;
  }

  /** `isWanted`: false for one that nothing came to be of. */
  close(isWanted: boolean): void {
    tellFault(this.#sink, (text) => this.#ui.notice(text));
    if (isWanted) this.#sink?.close();
    else this.#sink?.discard();
  }
}
