/**
 * A live guest as it can be found on its host, for as long as it runs. Most are never looked for: what it takes is
 * loaded while the guest's thread starts, and holds up nothing.
 */

import type { GuestDoor } from './ft/guest-door.ts';
import type { PairOutcome } from './ft/pair-options.ts';
import type { UnpairedGuest } from './ft/unpaired-guest.ts';
import type { FoundBy } from './record-options.ts';

export class FoundGuest {
  readonly #guest: UnpairedGuest;
  readonly #by: FoundBy | undefined;
  #door: Promise<GuestDoor> | undefined;

  /** `by` undefined: nobody is to find it. */
  constructor(guest: UnpairedGuest, by: FoundBy | undefined) {
    this.#guest = guest;
    this.#by = by;
  }

  /** Before it runs. UserError when the name that the operator wants cannot be had. */
  async mayBegin(): Promise<void> {
    if (this.#by?.name !== undefined) await this.#open();
  }

  /** Its thread is being started. */
  begins(): void {
    if (this.#by !== undefined) void this.#open();
  }

  /** When it has ended: how the pair's side did that it had come to be of; undefined when it was in no pair. */
  async paired(): Promise<PairOutcome | undefined> {
    return (await this.#door)?.paired;
  }

  /** Nobody finds it any more. */
  async close(): Promise<void> {
    (await this.#door?.catch(() => undefined))?.close();
  }

  #open(): Promise<GuestDoor> {
    this.#door ??= import('./ft/guest-door.ts').then(({ GuestDoor }) => GuestDoor.open(this.#guest, this.#by?.name));
    return this.#door;
  }
}
