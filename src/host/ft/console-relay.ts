/**
 * The console of a side of `ft pair`: what the guest says goes to the parent process under its number, which shows it
 * once whichever side it comes from; what is typed there comes in.
 */

import type { Output } from '../../emu/machine/events.ts';
import type { Inbox } from '../ports/port.ts';
import type { NumberedPort } from './devices.ts';

/** Gives a promise when others are to wait. */
type Say = (bytes: Uint8Array, unit: bigint) => Promise<void> | undefined;
/** Who gets what is typed from now on; undefined: nobody. */
type Listen = (heard: ((bytes: Uint8Array) => void) | undefined) => void;

export class ConsoleRelay implements NumberedPort {
  readonly device: string;
  readonly #say: Say;
  readonly #listen: Listen;
  readonly #isIdle: () => boolean;

  /** `isIdle`: what was said has left this process. */
  constructor(device: string, say: Say, listen: Listen, isIdle: () => boolean) {
    this.device = device;
    this.#say = say;
    this.#listen = listen;
    this.#isIdle = isIdle;
  }

  get idle(): boolean {
    return this.#isIdle();
  }

  async open(inbox: Inbox): Promise<void> {
    this.#listen((bytes) => inbox.deliver({ kind: 'console', device: this.device, bytes }));
  }

  take(): undefined {}

  takeNumbered(output: Output, unit: bigint): Promise<void> | undefined {
    return output.kind === 'console' ? this.#say(output.bytes, unit) : undefined;
  }

  async close(): Promise<void> {
    this.#listen(undefined);
  }
}
