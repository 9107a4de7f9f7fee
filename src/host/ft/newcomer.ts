/**
 * Who has connected to a backup that follows nobody. Both sides of a pair must ask the same arbiter, or each could be
 * told that it lives: so what the arbiter here says of the pair is held against what the primary says of itself, before
 * anything else of it is heard. An arbiter that cannot be reached now says nothing against anybody; claims wait for it.
 */

import type { Arbiter } from '../../ft/arbiter.ts';
import type { Hello } from '../../ft/protocol/greeting.ts';
import type { PrimaryMessage } from '../../ft/protocol/message.ts';

export interface NewcomerEars {
  /** Why it is not heard, from its first message; nothing or undefined: it is. */
  objection(first: PrimaryMessage): Promise<string | undefined> | undefined;
  /** In the order in which they came. */
  message(message: PrimaryMessage): void;
  refused(reason: string): void;
}

export class Newcomer {
  readonly #ears: NewcomerEars;
  /** What has come since its first message; undefined when that has been decided about. */
  #kept: PrimaryMessage[] | undefined;
  #isKnown = false;
  #isGone = false;

  constructor(ears: NewcomerEars) {
    this.#ears = ears;
  }

  hear(message: PrimaryMessage): void {
    if (this.#kept !== undefined) {
      this.#kept.push(message);
      return;
    }
    const objection = this.#isKnown ? undefined : this.#ears.objection(message);
    this.#isKnown = true;
    if (objection === undefined) {
      this.#ears.message(message);
      return;
    }
    this.#kept = [message];
    void objection.then((reason) => this.#decided(reason));
  }

  gone(): void {
    this.#isGone = true;
  }

  #decided(reason: string | undefined): void {
    const kept = this.#kept ?? [];
    this.#kept = undefined;
    if (this.#isGone) return;
    if (reason !== undefined) this.#ears.refused(reason);
    else for (const message of kept) this.#ears.message(message);
  }
}

/** Why the primary and the arbiter here do not belong together; undefined also when that is not known in time. */
export async function arbiterObjection(arbiter: Arbiter, hello: Hello, withinMs: number): Promise<string | undefined> {
  const { pair, epoch, who } = hello;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), withinMs);
  });
  const holding = await Promise.race([arbiter.read(pair), late]);
  clearTimeout(timer);
  if (holding === undefined || holding.kind === 'unknown') return undefined;
  if (holding.kind === 'free')
    return `the arbiter here knows nothing of the pair ${pair}: both sides need the same one`;
  if (holding.epoch === epoch && holding.holder === who) return undefined;
  const here = `by the arbiter here the pair ${pair} is that of ${holding.holder}, in epoch ${holding.epoch}`;
  return `${here}, and not that of ${who}, in epoch ${epoch}: both sides need the same arbiter`;
}
