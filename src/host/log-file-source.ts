/**
 * A recording in a file, read at random. Its size is taken when it is opened: a recording that is being written is read
 * as far as it went then.
 */

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { ExitCode, UserError } from '../lib/errors.ts';
import { type ByteSource, LogReader } from '../logformat/reader.ts';
import { type FileStamp, stampOfOpen } from './file-stamp.ts';
import { codeOf, reasonOf } from './os-errors.ts';
import { zstd } from './zstd.ts';

export class LogFileSource implements ByteSource {
  readonly path: string;
  /** When it was opened. */
  readonly stamp: FileStamp;
  readonly size: number;
  readonly #fd: number;

  /** UserError when there is no such file, or it cannot be read. */
  constructor(path: string) {
    this.path = path;
    try {
      this.#fd = openSync(path, 'r');
    } catch (error) {
      const remedy =
        codeOf(error) === 'ENOENT' ? 'lockstep ls lists the recordings there are' : 'name a file you can read';
      const what = `cannot open the recording ${path}: ${reasonOf(error)}`;
      throw new UserError('no-recording', what, remedy, ExitCode.usage, error);
    }
    if (!fstatSync(this.#fd).isFile()) {
      closeSync(this.#fd);
      throw new UserError('no-recording', `${path} is not a regular file`, 'name a recording', ExitCode.usage);
    }
    this.stamp = stampOfOpen(this.#fd);
    this.size = Number(this.stamp.size);
  }

  read(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(Math.max(0, Math.min(length, this.size - offset)));
    let at = 0;
    while (at < bytes.length) {
      const count = this.#readSome(bytes, at, offset + at);
      if (count === 0) break;
      at += count;
    }
    return bytes.subarray(0, at);
  }

  close(): void {
    closeSync(this.#fd);
  }

  #readSome(bytes: Uint8Array, at: number, offset: number): number {
    try {
      return readSync(this.#fd, bytes, at, bytes.length - at, offset);
    } catch (error) {
      const what = `the recording ${this.path} cannot be read: ${reasonOf(error)}`;
      throw new UserError('storage-lost', what, 'take a copy from sound storage', ExitCode.lost, error);
    }
  }
}

export interface OpenRecording {
  readonly reader: LogReader;
  readonly sizeBytes: number;
  /** Of the file, as it was when it was opened. */
  readonly stamp: FileStamp;
  close(): void;
}

/** UserError when the file cannot be opened or is no recording that this version reads. */
export function openRecording(path: string): OpenRecording {
  const source = new LogFileSource(path);
  try {
    const { size: sizeBytes, stamp } = source;
    return { reader: new LogReader(source, zstd), sizeBytes, stamp, close: () => source.close() };
  } catch (error) {
    source.close();
    throw error;
  }
}
