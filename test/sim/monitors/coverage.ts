/**
 * What a log covers, read from its frames and from nothing else: how much of each device's output has marks in the
 * frames up to a number. Units as the world counts them: bytes of a console, packets, disk requests.
 */

import { CONSOLE } from '../guest/program.ts';
import type { LoggedFrame } from './logged-frame.ts';

export class Coverage {
  readonly #covered = new Map<string, number>();
  #ended = false;
  #hasEvents = false;

  /** Something of the guest's history is among the frames. */
  get hasEvents(): boolean {
    return this.#hasEvents;
  }

  /** The end of the log is among the frames. */
  get ended(): boolean {
    return this.#ended;
  }

  add({ kind, records }: LoggedFrame): void {
    if (kind === 'end') this.#ended = true;
    if (kind === 'events' || kind === 'end') this.#hasEvents = true;
    for (const record of records) {
      if (record.kind !== 'output') continue;
      const amount = record.device === CONSOLE ? record.length : 1;
      this.#covered.set(record.device, this.of(record.device) + amount);
    }
  }

  of(device: string): number {
    return this.#covered.get(device) ?? 0;
  }
}
