/**
 * What operators and agents say to a node over its control socket, and what it answers: orders are for the side where
 * the guest lives, which says why when it does not do one. It knows nothing of how they are carried out.
 *
 *     stop | leave | switch | move [ENDPOINT] | protect [ENDPOINT] | unprotect | join REGISTRY
 *     what is said to the guest itself (guest-words.ts)
 *     anything else: tell about yourself
 *
 * Invariant: words that are not understood change nothing. What fails by a defect while an order is carried out ends
 * the node: its core may be between two states, in which no guest may go on; the other side is there for that.
 */

import type { Input } from '../../emu/machine/events.ts';
import { UserError } from '../../lib/errors.ts';
import { type Endpoint, endpointText, parseEndpoint } from './endpoint.ts';
import { GuestOrders } from './guest-orders.ts';
import { guestWord } from './guest-words.ts';
import type { Handover, SwitchAnswer } from './handover.ts';
import type { PairKey } from './key.ts';
import type { Membership } from './membership.ts';
import { type Place, placeAt } from './places.ts';
import type { Shield } from './shield.ts';
import type { SideGuest } from './side-guest.ts';
import { listenerFault } from './transport.ts';

export interface OrdersParts {
  readonly guest: SideGuest;
  readonly shield: Shield;
  readonly handover: Handover;
  readonly membership: Membership | undefined;
  readonly key: PairKey | undefined;
  /** RAM of the guest. */
  memoryBytes(): number;
  /** How long somebody may take who is to answer. */
  readonly patienceMs: number;
  /** Where the guest lives, when that is not here as far as is known. */
  elsewhere(): string | undefined;
  /** The thread of a guest that lives here has been told so, and takes what is said to it. */
  told(): Promise<void>;
  /** Powers the guest off; why not, when this is not the side for it. */
  powerOff(): string | undefined;
  /** Ends this side, if the guest cannot live in it; why not. */
  leave(): Promise<string | undefined>;
  /** Why the arbiter could not answer a claim, if so. */
  storageFault(): Promise<string | undefined>;
  about(): object;
  /** The node cannot go on. */
  failed(error: unknown): void;
}

interface Answer {
  readonly refused?: string;
}

/** Where the backup is being made. */
export type MoveAnswer = Answer | { readonly to: string };

const answerOf = (refused: string | undefined): Answer => (refused === undefined ? {} : { refused });

export class OperatorOrders {
  readonly #parts: OrdersParts;
  readonly #guestOrders: GuestOrders;

  constructor(parts: OrdersParts) {
    this.#parts = parts;
    this.#guestOrders = new GuestOrders(parts.guest, parts.shield);
  }

  /** The guest's thread has covered what the operator said. */
  covered(number: number): void {
    this.#guestOrders.covered(number);
  }

  /** This side has come to its end. */
  over(): void {
    this.#guestOrders.over();
  }

  /** What is answered to this line. Rejects with a UserError for words that are not understood, or for a defect. */
  async answer(line: string): Promise<unknown> {
    const { about, failed } = this.#parts;
    const order = this.#orderOf(line);
    if (order === undefined) return about();
    try {
      return await order();
    } catch (error) {
      if (!(error instanceof UserError)) failed(error);
      throw error;
    }
  }

  /** How it is carried out; undefined when it is none. */
  #orderOf(line: string): (() => unknown) | undefined {
    const { powerOff, leave } = this.#parts;
    const [, word = '', where] = /^(\S+)(?: (.+))?$/.exec(line) ?? [];
    const said = guestWord(word, where);
    if (said !== undefined) return () => this.#tellGuest(said);
    if (word === 'stop') return () => answerOf(powerOff());
    if (word === 'leave') return () => leave().then(answerOf);
    if (word === 'switch') return () => this.switchOver();
    if (word === 'move') {
      const place = where === undefined ? undefined : placeAt(parseEndpoint('--to', where));
      return () => this.#move(place);
    }
    if (word === 'unprotect') return () => this.#unprotect();
    if (word === 'protect') {
      const endpoint = where === undefined ? undefined : parseEndpoint('--backup', where);
      return () => answerOf(this.#protect(endpoint));
    }
    return word === 'join' && where !== undefined ? () => this.#join(where) : undefined;
  }

  async #tellGuest(order: Input): Promise<Answer> {
    const { elsewhere, told } = this.#parts;
    const refused = elsewhere();
    if (refused !== undefined) return { refused };
    await told();
    return answerOf(await this.#guestOrders.give(order));
  }

  /** The guest is to live where its backup is. Settles when it does, or does not. */
  async switchOver(reason = 'the operator wants it'): Promise<SwitchAnswer> {
    const { elsewhere, shield, handover } = this.#parts;
    return handover.ordered(() => elsewhere() ?? shield.switchOver(reason));
  }

  /** The operator wants a backup, there first of all; why not. */
  #protect(endpoint: Endpoint | undefined): string | undefined {
    return this.#parts.elsewhere() ?? this.#parts.shield.protect(endpoint);
  }

  /** The operator wants none until one is asked for again. What is held would wait for storage that is away. */
  async #unprotect(): Promise<Answer> {
    const { elsewhere, shield, storageFault } = this.#parts;
    const before = elsewhere() ?? (shield.isAlone ? undefined : await storageFault());
    return answerOf(before ?? elsewhere() ?? shield.unprotect());
  }

  /** Without a place the cluster has one. Somebody who listens there is looked for before the backup is let go. */
  async #move(named: Place | undefined): Promise<MoveAnswer> {
    const { elsewhere, shield, storageFault, membership } = this.#parts;
    const objection = (to?: Endpoint): string | undefined => elsewhere() ?? shield.moveObjection(to);
    const before = objection(named?.endpoint) ?? (await storageFault());
    if (before !== undefined) return { refused: before };
    const places = membership?.places;
    if (named === undefined && places === undefined) return { refused: 'no place is named, and it is in no cluster' };
    const place = named ?? (await places?.next({ memoryBytes: this.#parts.memoryBytes() }));
    if (place === undefined) return { refused: places?.refusal ?? 'no host of its cluster can take one' };
    const refused = (await this.#nobodyAt(place.endpoint)) ?? objection(place.endpoint);
    if (refused !== undefined) {
      place.failed(false);
      return { refused };
    }
    shield.move(place, named !== undefined);
    return { to: endpointText(place.endpoint) };
  }

  async #nobodyAt(endpoint: Endpoint): Promise<string | undefined> {
    const { key, patienceMs } = this.#parts;
    const fault = await listenerFault(endpoint, key, patienceMs);
    return fault === undefined ? undefined : `nobody waits at ${endpointText(endpoint)}: ${fault}`;
  }

  /** The guest's backups are to be on the hosts of a cluster. */
  async #join(registry: string): Promise<Answer> {
    const { elsewhere, shield, membership } = this.#parts;
    const refused = elsewhere();
    if (refused !== undefined) return { refused };
    if (membership === undefined) return { refused: 'a pair on one host, for a trial, is in no cluster' };
    try {
      shield.join(await membership.join(registry));
      return {};
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return { refused: error.what };
    }
  }
}
