/**
 * A guest on its own thread, as the main thread sees it: starts the thread, serves its devices' host ends, and tells
 * how it ended. One use each.
 */

import type { Input } from '../../emu/machine/events.ts';
import { Doorbell } from '../doorbell.ts';
import type { HostPort } from '../ports/port.ts';
import { guestThread } from './early-thread.ts';
import type { Voices } from './input-line.ts';
import type { GuestEnd, GuestJob } from './job.ts';
import { ControlWords, Counters, type Progress, type SharedState, sharedState } from './shared-state.ts';
import { type RingEnds, Switchboard } from './switchboard.ts';

export interface LiveEvents {
  /** One line for the operator. */
  notice(text: string): void;
  /** The guest is live at `tick`. */
  live?(tick: bigint): void;
}

/** A guest that runs, for whoever serves it from now on. */
export interface RunningGuest extends RingEnds {
  readonly shared: SharedState;
  /** From now on ports speak to these voices. */
  heed(voices: Voices): void;
  /** How it ends. Rejects with what ended the thread otherwise, which is a defect of ours. */
  readonly end: Promise<GuestEnd>;
}

export class LiveGuest {
  readonly #shared = sharedState();
  readonly #control = new ControlWords(this.#shared.control);
  readonly #counters = new Counters(this.#shared.counters);
  readonly #guestBell = new Doorbell(this.#shared.guestBell);
  readonly #switchboard: Switchboard;
  readonly #events: LiveEvents;
  /** What ports say besides inputs. */
  #voices: Voices;
  #end: Promise<GuestEnd> | undefined;
  #ended: GuestEnd | undefined;
  #over = false;
  #failure: Error | undefined;
  #quit = false;

  /** `ports` are opened by `run` and closed in any case. */
  constructor(ports: readonly HostPort[], events: LiveEvents) {
    this.#events = events;
    this.#voices = {
      notice: (text) => events.notice(text),
      quit: () => {
        this.#quit = true;
        this.#askStop();
      },
      fail: (error) => this.#fail(error),
    };
    this.#switchboard = new Switchboard(this.#shared, ports, {
      notice: (text) => this.#voices.notice(text),
      quit: () => this.#voices.quit(),
      fail: (error) => this.#voices.fail(error),
    });
  }

  get progress(): Progress {
    return this.#counters.get();
  }
  /** As ControlWords has it. */
  get recordingFd(): number | undefined {
    return this.#control.recordingFd;
  }
  /** The operator has ended it at the terminal, by Ctrl-A x. */
  get quit(): boolean {
    return this.#quit;
  }

  /** How its thread ended, also when `run` throws what a port failed with; undefined before. */
  get ended(): GuestEnd | undefined {
    return this.#ended;
  }

  /** It runs, is not about to end, and nobody else serves it. */
  get isServedHere(): boolean {
    return this.#end !== undefined && !this.#over && !this.#control.stopAsked;
  }

  /**
   * Another serves the guest from now on, with the ports as they are. Only while it is served here. `run` still tells
   * how it ended.
   */
  async handOver(): Promise<RunningGuest> {
    const end = this.#end;
    if (end === undefined || !this.isServedHere) throw new Error('the guest is not served here');
    this.#over = true;
    const rings = await this.#switchboard.handOver();
    const heed = (voices: Voices): void => {
      this.#voices = voices;
    };
    return { ...rings, shared: this.#shared, heed, end };
  }

  /** For the guest, behind what ports have delivered. */
  input(input: Input): void {
    this.#switchboard.input(input);
  }

  /** The guest is to end where it stands; `run` tells when it has. Who serves it now is not told what to do. */
  stop(): void {
    if (!this.#over) this.#askStop();
  }

  #askStop(): void {
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
      this.#end = guestThread().run({ ...job, shared: this.#shared }, this.#events);
      const end = await this.#end;
      this.#ended = end;
      if (this.#failure !== undefined && end.kind !== 'failed') throw this.#failure;
      return end;
    } finally {
      this.#over = true;
      await this.#switchboard.close();
    }
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#askStop();
  }
}
