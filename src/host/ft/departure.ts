/**
 * What becomes of a side of a pair, and of the guest, when its process is told to go. A guest that can live on without
 * this process does:
 *
 *     this side            'leave' (SIGTERM)                         'end' (SIGINT, Ctrl-A x)
 *     has no guest         ends                                      ends
 *     follows              asks to be let go, and ends               the same
 *     the guest is here    hands it to its backup; without one       the guest ends where it stands
 *                          it ends where it stands
 *
 * A side that follows does not just end: its primary may be lost already, not yet missed, and this the only side that
 * has the guest. If the guest comes to live here meanwhile, it stays. What is refused is asked again until it is done,
 * so that a host that is shut down gives the guest all the time that the host gives its processes.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { ExitCode } from '../../lib/errors.ts';
import { reasonOfStop, type StopReason } from '../record-options.ts';
import type { SwitchAnswer } from './handover.ts';

export interface DepartureHost {
  /** The guest lives here. */
  lives(): boolean;
  /** It does not live here, and could come to. */
  isHeir(): boolean;
  /** Of a guest that lives here: a backup follows it, or comes to. */
  hasBackup(): boolean;
  /** This side is to be let go; why that was not even asked. */
  leave(): Promise<string | undefined>;
  /** The guest is to live where its backup is. */
  switchOver(reason: string): Promise<SwitchAnswer>;
  /** The guest ends where it stands, and the pair with it. */
  endGuest(): void;
  /** This side ends, which has none. */
  endBefore(exitCode: ExitCode): void;
  notice(text: string): void;
  failed(error: unknown): void;
}

/** Until something that was refused is asked again. */
const AGAIN_MS = 200;

export class Departure {
  readonly #host: DepartureHost;
  readonly #stop: AbortSignal | undefined;
  #quit = false;
  #begun = false;
  #over = false;
  /** The last that the operator was told. */
  #told = '';

  /** `stop` as in LiveUi. */
  constructor(stop: AbortSignal | undefined, host: DepartureHost) {
    this.#stop = stop;
    this.#host = host;
  }

  /** The operator has ended it from outside, not at its terminal. */
  get isInterrupted(): boolean {
    return this.#stop?.aborted === true && !this.#quit;
  }

  /** From now on the operator is heeded; what was said before is done at once. */
  heed(): void {
    this.#stop?.addEventListener('abort', this.#stopped);
    if (this.#stop?.aborted === true) this.#stopped();
  }

  /** The side has come to its end. */
  over(): void {
    this.#over = true;
    this.#stop?.removeEventListener('abort', this.#stopped);
  }

  /** The operator ends it at its terminal. */
  quit(): void {
    this.#quit = true;
    this.#begin('end');
  }

  readonly #stopped = (): void => this.#begin(reasonOfStop(this.#stop));

  #begin(reason: StopReason): void {
    const lives = this.#host.lives();
    if (lives && reason === 'end') this.#host.endGuest();
    else if (!lives && !this.#host.isHeir()) this.#host.endBefore(this.#quit ? ExitCode.done : ExitCode.interrupted);
    else if (!this.#begun) {
      this.#begun = true;
      (lives ? this.#handOver() : this.#beLetGo()).catch((error: unknown) => this.#host.failed(error));
    }
  }

  async #handOver(): Promise<void> {
    while (!this.#over) {
      if (!this.#host.hasBackup()) {
        this.#tell('the guest ends here: it has no backup');
        this.#host.endGuest();
        return;
      }
      const answer = await this.#host.switchOver('its process is told to end');
      if (!('refused' in answer)) return;
      this.#tell(`the guest cannot go to its backup yet: ${answer.refused}`);
      await sleep(AGAIN_MS);
    }
  }

  async #beLetGo(): Promise<void> {
    while (!this.#over && this.#host.isHeir()) {
      const refused = await this.#host.leave();
      if (refused === undefined) return;
      this.#tell(`this side cannot go yet: ${refused}`);
      await sleep(AGAIN_MS);
    }
    if (this.#over) return;
    if (!this.#host.lives()) this.#host.endBefore(ExitCode.interrupted);
    else this.#tell('this side stays: the guest lives here now');
  }

  #tell(text: string): void {
    if (text === this.#told || this.#over) return;
    this.#told = text;
    this.#host.notice(text);
  }
}
