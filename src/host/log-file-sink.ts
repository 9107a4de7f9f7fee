/**
 * The file a recording goes to. It is made anew, so that two recorders never share one and nothing is overwritten; each
 * frame is written at once, so that the file always holds every frame the log was told is written. A write that fails
 * leaves the file ending with the last whole frame, and ends the recording; who writes may go on without one. What is
 * typed, what is random and what the guest has in memory are in it: it is for its owner alone, wherever it is.
 *
 *     kept ── a write fails ──> an error; with `onLost`: lost, what it is given goes nowhere
 */

import {
  closeSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { resolve } from 'node:path';
import { ExitCode, UserError } from '../lib/errors.ts';
import type { LogSink } from '../logformat/frame-writer.ts';
import { fileKey, isSameFile, stampAt, stampOfOpen } from './file-stamp.ts';
import { codeOf, reasonOf } from './os-errors.ts';

const OWNER_ONLY = 0o600;

/** What others have done to a file that is written on: 'moved', it has another name now; 'gone', it has none. */
export type FileFate = 'kept' | 'moved' | 'gone';

/** Where a recording was begun, and which file it is (fileKey), wherever it is now; or why it is written no more. */
export interface AboutRecording {
  readonly recording: string;
  readonly file?: string;
  readonly recordingLost?: string;
}

export class LogFileSink implements LogSink {
  readonly #fd: number;
  readonly #file: string;
  #path: string;
  #size = 0;
  #lost: string | undefined;
  /** Told once, in words, when a write fails, which is no error then. */
  onLost: ((why: string) => void) | undefined;
  /** Once it is closed. */
  #fate: FileFate | undefined;

  /** `fd`: open for writing and empty, as `create` leaves it. Two threads may hold it, one of them writing. */
  constructor(path: string, fd: number) {
    this.#path = path;
    this.#fd = fd;
    this.#file = fileKey(stampOfOpen(fd));
  }

  /** UserError 'file-exists' when there is such a file, also one that another recorder is writing. */
  static create(path: string): LogFileSink {
    try {
      return new LogFileSink(path, openSync(path, 'wx', OWNER_ONLY));
    } catch (error) {
      if (codeOf(error) === 'EEXIST') {
        const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
        const what = isFolder
          ? `the recording cannot be ${path}, which is a folder`
          : `the recording ${path} exists already, or is being recorded now`;
        const remedy = isFolder ? 'name a file in it with -o FILE' : 'name another with -o FILE, or remove it first';
        throw new UserError('file-exists', what, remedy, ExitCode.usage, error);
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
    throw new UserError('file-exists', 'no name is left for the recording', 'name one that is not there with -o FILE');
  }

  get path(): string {
    return this.#path;
  }
  get fd(): number {
    return this.#fd;
  }
  /** Up to when it is closed. */
  get fate(): FileFate {
    if (this.#fate !== undefined) return this.#fate;
    const own = stampOfOpen(this.#fd);
    if (isSameFile(own, stampAt(this.path))) return 'kept';
    return own.nlink > 0n ? 'moved' : 'gone';
  }
  /** Why nothing is written any more to what is kept. */
  get lost(): string | undefined {
    return this.#lost;
  }
  /** Which file is being written, for who asks its recorder. */
  get about(): AboutRecording {
    const recording = resolve(this.path);
    return this.#lost === undefined ? { recording, file: this.#file } : { recording, recordingLost: this.#lost };
  }
  /** Bytes of whole frames. */
  get size(): number {
    return this.#size;
  }

  write(bytes: Uint8Array): void {
    if (this.#lost !== undefined) return;
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd, bytes, at, bytes.length - at, this.#size + at);
      this.#size += bytes.length;
    } catch (error) {
      this.#cutBack();
      const what = `the recording ${this.path} cannot be written on: ${reasonOf(error)}; it is kept up to here`;
      this.#failed(new UserError('storage-lost', what, 'free some space and record again', ExitCode.lost, error));
    }
  }

  /** Gives the file another name, in place of what has it. UserError when that cannot be. */
  moveTo(path: string): void {
    try {
      renameSync(this.#path, path);
    } catch (error) {
      const what = `${this.#path} cannot be called ${path}: ${reasonOf(error)}`;
      throw new UserError('storage-lost', what, 'see that its folder can be written', ExitCode.lost, error);
    }
    this.#path = path;
  }

  /** Nothing more is written, for this reason: what is in the file is anybody's from now on. */
  lose(why: string): void {
    this.#lost ??= why;
  }

  /** Puts everything on the storage. What others have added behind it is not the recording's. */
  sync(): void {
    if (this.#lost !== undefined) return;
    try {
      if (fstatSync(this.#fd).size > this.#size) this.#cutBack();
      fsyncSync(this.#fd);
    } catch (error) {
      const what = `the recording ${this.path} may not be whole on the disk: ${reasonOf(error)}`;
      this.#failed(new UserError('storage-lost', what, 'check it with: lockstep log verify', ExitCode.lost, error));
    }
  }

  #failed(error: UserError): void {
    if (this.onLost === undefined) throw error;
    this.lose(error.what);
    this.onLost(error.what);
  }

  /** Lets go of the file; removes it when nothing was written. */
  close(): void {
    if (fstatSync(this.#fd).size === 0) this.discard();
    else this.#letGo();
  }

  /** Lets go of the file and removes it; not what has taken its place. */
  discard(): void {
    if (this.#letGo() === 'kept') rmSync(this.path, { force: true });
  }

  #letGo(): FileFate {
    this.#fate = this.fate;
    closeSync(this.#fd);
    return this.#fate;
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
