/**
 * A guest on its own thread, as the main thread sees it: starts the thread, serves its devices' host ends, and tells
 * how it ended. One use each.
 */

import { Worker } from 'node:worker_threads';
import { Doorbell } from '../doorbell.ts';
import type { HostPort } from '../ports/port.ts';
import type { GuestEnd, GuestJob, GuestReport } from './job.ts';
import { ControlWords, Counters, type Progress, sharedState } from './shared-state.ts';
import { Switchboard } from './switchboard.ts';

/** `src` runs as it is, `dist` compiled. */
const ENTRY = new URL(`./guest-worker.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url);

/**
 * The guest thread keeps next to nothing and throws away much: a small young generation makes its garbage, the buffers
 * of disk reads above all, go before it has become a lot.
 */
const LIMITS = { maxYoungGenerationSizeMb: 4 };

export interface LiveEvents {
  /** One line for the operator. */
  notice(text: string): void;
  /** The guest is live at `tick`. */
  live?(tick: bigint): void;
}

export class LiveGuest {
  readonly #shared = sharedState();
  readonly #control = new ControlWords(this.#shared.control);
  readonly #counters = new Counters(this.#shared.counters);
  readonly #guestBell = new Doorbell(this.#shared.guestBell);
  readonly #switchboard: Switchboard;
  readonly #events: LiveEvents;
  #failure: Error | undefined;
  #quit = false;

  /** `ports` are opened by `run` and closed in any case. */
  constructor(ports: readonly HostPort[], events: LiveEvents) {
    this.#events = events;
    this.#switchboard = new Switchboard(this.#shared, ports, {
      notice: (text) => events.notice(text),
      quit: () => {
        this.#quit = true;
        this.stop();
      },
      fail: (error) => this.#fail(error),
    });
  }

  get progress(): Progress {
    return this.#counters.get();
  }
  /** The operator has ended it at the terminal, by Ctrl-A x. */
  get quit(): boolean {
    return this.#quit;
  }

  /** The guest is to end where it stands; `run` tells when it has. */
  stop(): void {
    this.#control.askStop();
    this.#guestBell.ring();
  }

  /**
   * Runs the guest to its end. Throws what a port failed with (UserError when a host end cannot be had or was lost),
   * and what ended the thread otherwise, which is a defect of ours.
   */
  async run(job: Omit<GuestJob, 'shared'>): Promise<GuestEnd> {
    await this.#switchboard.open();
    try {
      this.#switchboard.serve().catch((error: Error) => this.#fail(error));
      const end = await this.#thread({ ...job, shared: this.#shared });
      if (this.#failure !== undefined && end.kind !== 'failed') throw this.#failure;
      return end;
    } finally {
      await this.#switchboard.close();
    }
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.stop();
  }

  #thread(job: GuestJob): Promise<GuestEnd> {
    const worker = new Worker(ENTRY, { workerData: job, resourceLimits: LIMITS, name: 'guest' });
    let end: GuestEnd | undefined;
    return new Promise((done, failed) => {
      worker.on('message', (report: GuestReport) => {
        if (report.kind === 'live') this.#events.live?.(report.tick);
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
