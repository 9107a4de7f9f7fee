/**
 * A file system that hangs, for whoever is in this process: each thread that carries out its calls (uv_queue_work in
 * libuv's manual: four, or UV_THREADPOOL_SIZE) waits in open(2) of a pipe that nobody writes to, as it would for a
 * server of NFS that does not answer. What is asked meanwhile waits behind them.
 */
import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { DiskFolder } from '../../host/disk/support.ts';

const THREADS = Number(process.env.UV_THREADPOOL_SIZE ?? 4);

export class HungStorage {
  readonly #pipes: readonly string[];
  #opened: Promise<FileHandle>[] = [];
  #ended = false;

  constructor(folder: DiskFolder) {
    this.#pipes = Array.from({ length: THREADS }, () => folder.fresh('pipe'));
    execFileSync('mkfifo', this.#pipes as string[]);
    folder.later(() => {
      this.#ended = true;
      this.thaw();
    });
  }

  freeze(): void {
    this.#opened = this.#pipes.map((pipe) => open(pipe, 'r'));
  }

  thaw(): void {
    const opened = this.#opened;
    this.#opened = [];
    // To read and to write: never waits, and is a writer to whoever does.
    const writers = opened.length === 0 ? [] : this.#pipes.map((pipe) => openSync(pipe, constants.O_RDWR));
    void Promise.all(opened).then((handles) => {
      for (const handle of handles) void handle.close();
      for (const writer of writers) closeSync(writer);
    });
  }

  /** From now on it hangs again and again, so long each time. */
  async slow(ms: number): Promise<void> {
    while (!this.#ended) {
      this.freeze();
      const opened = Promise.all(this.#opened);
      await new Promise((done) => setTimeout(done, ms));
      this.thaw();
      await opened;
    }
  }
}
