/**
 * What a log covers, read from its frames and from nothing else: how much of each device's output has marks in the
 * frames up to a number. Units as the world counts them: bytes of a console, packets, disk requests.
 */

import { decodeEvents } from '../../../src/logformat/events.ts';
import { decodeFrame, unpack } from '../../../src/logformat/frame.ts';
import { CONSOLE } from '../guest/program.ts';
import { PLAIN } from '../node/log.ts';

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

  add(bytes: Uint8Array): void {
    const frame = decodeFrame(bytes);
    if (frame.kind === 'end') this.#ended = true;
    if (frame.kind === 'events' || frame.kind === 'end') this.#hasEvents = true;
    if (frame.kind !== 'events') return;
    for (const record of decodeEvents(unpack(frame, PLAIN), frame.firstTick)) {
      if (record.kind !== 'output') continue;
      const amount = record.device === CONSOLE ? record.length : 1;
      this.#covered.set(record.device, this.of(record.device) + amount);
    }
  }

  of(device: string): number {
    return this.#covered.get(device) ?? 0;
  }
}
