/**
 * The thread that a guest runs on, as the main thread has it. It may be begun before it is known what guest: then it
 * loads its program meanwhile. Its job is the first message to it (guest-entry.ts); one that is given none ends with
 * the process.
 */

import { Worker } from 'node:worker_threads';
import type { GuestEnd, GuestReport } from './job.ts';

/**
 * The guest thread keeps next to nothing and throws away much: a small young generation makes its garbage, the buffers
 * of disk reads above all, go before it has become a lot. A smaller one than this is collected so often that it shows
 * in the time of a Linux boot, where much code is compiled.
 */
const LIMITS = { maxYoungGenerationSizeMb: 16 };

export interface GuestEvents {
  /** The guest is live at `tick`. */
  live?(tick: bigint): void;
  /** One line for the operator. */
  notice?(text: string): void;
}

export class GuestThread<Job> {
  readonly #worker: Worker;

  /** `whenStarted`: what its program is told before there is a job. */
  constructor(entry: URL, whenStarted?: unknown) {
    this.#worker = new Worker(entry, {
      workerData: whenStarted,
      resourceLimits: LIMITS,
      name: 'guest',
      // What it records to is looked at when it has ended.
      trackUnmanagedFds: false,
    });
    // Until it has a job it keeps no process alive.
    this.#worker.unref();
  }

  /** Ends a thread that has no job, and is to have none. */
  async dismiss(): Promise<void> {
    await this.#worker.terminate();
  }

  /**
   * Runs the guest to its end; `hears` is told of it meanwhile. Rejects with what ended the thread otherwise, which is
   * a defect of ours.
   */
  run(job: Job, hears: GuestEvents = {}): Promise<GuestEnd> {
    const worker = this.#worker;
    worker.ref();
    worker.postMessage(job);
    let end: GuestEnd | undefined;
    return new Promise((done, failed) => {
      worker.on('message', (report: GuestReport) => {
        if (report.kind === 'live') hears.live?.(report.tick);
        else if (report.kind === 'notice') hears.notice?.(report.text);
        else end = report;
      });
      worker.on('error', failed);
      worker.on('messageerror', failed);
      worker.on('exit', (code) => {
        if (end !== undefined) done(end);
        else failed(new Error(`the guest thread ended with code ${code} and without a report`));
      });
    });
  }
}
