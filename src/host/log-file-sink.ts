/**
 * The file a recording goes to. It is made anew, so that two recorders never share one and nothing is overwritten; each
 * frame is written at once, so that the file always holds every frame the log was told is written. A write that fails
 * leaves the file ending with the last whole frame, and ends the recording.
 */

import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, rmSync, writeSync } from 'node:fs';
import { ExitCode, UserError } from '../lib/errors.ts';
import type { LogSink } from '../logformat/frame-writer.ts';
import { codeOf, reasonOf } from './os-errors.ts';

export class LogFileSink implements LogSink {
  readonly path: string;
  readonly #fd: number;
  #size = 0;

  /** `fd`: open for writing and empty, as `create` leaves it. Two threads may hold it, one of them writing. */
  constructor(path: string, fd: number) {
    this.path = path;
    this.#fd = fd;
  }

  /** UserError 'file-exists' when there is such a file, also one that another recorder is writing. */
  static create(path: string): LogFileSink {
    try {
      return new LogFileSink(path, openSync(path, 'wx'));
    } catch (error) {
      if (codeOf(error) === 'EEXIST') {
        const what = `the recording ${path} exists already, or is being recorded now`;
        throw new UserError(
          'file-exists',
          what,
          'name another with -o FILE, or remove it first',
          ExitCode.usage,
          error,
        );
      }
      const what = `cannot make the recording ${path}: ${reasonOf(error)}`;
      throw new UserError('bad-output', what, 'name a file in a folder that you can write', ExitCode.usage, error);
    }
  }

  /** The first of `paths` that does not exist. */
  static createFirst(paths: Iterable<string>): LogFileSink {
    for (const path of paths) {
      try {
        return LogFileSink.create(path);
      } catch (error) {
        if (!(error instanceof UserError && error.code === 'file-exists')) throw error;
      }
    }
    throw new Error('no name is left for the recording');
  }

  get fd(): number {
    return this.#fd;
  }
  /** Bytes of whole frames. */
  get size(): number {
    return this.#size;
  }

  write(bytes: Uint8Array): void {
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd, bytes, at, bytes.length - at, this.#size + at);
      this.#size += bytes.length;
    } catch (error) {
      this.#cutBack();
      const what = `the recording ${this.path} cannot be written on: ${reasonOf(error)}; it is kept up to here`;
      throw new UserError('storage-lost', what, 'free some space and record again', ExitCode.lost, error);
    }
  }

  /** Puts everything on the storage. */
  sync(): void {
    try {
      fsyncSync(this.#fd);
    } catch (error) {
      const what = `the recording ${this.path} may not be whole on the disk: ${reasonOf(error)}`;
      throw new UserError('storage-lost', what, 'check it with: lockstep log verify', ExitCode.lost, error);
    }
  }

  /** Lets go of the file; removes it when nothing was written. */
  close(): void {
    const empty = fstatSync(this.#fd).size === 0;
    closeSync(this.#fd);
    if (empty) rmSync(this.path, { force: true });
  }

  /** As far as the storage lets it: who reads the recording passes over a frame that is not whole. */
  #cutBack(): void {
    try {
      ftruncateSync(this.#fd, this.#size);
    } catch {
      // What failed before is what is told.
    }
  }
}
