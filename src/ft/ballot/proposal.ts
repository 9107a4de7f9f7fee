/**
 * One ballot of one proposer: changes the register of a pair by the word of a majority of its acceptors, or learns that
 * a higher ballot is there.
 *
 *     inspect ──a majority's word──> prepare ──a majority's promise──> accept what the highest ballot among them held,
 *                                                                      changed ──a majority's word──> chosen
 *
 * An inspection ends it when a majority holds one ballot's value, which is chosen then, and the change leaves it: those
 * who have lost, and readers, do not disturb the others.
 *
 * The register goes from one chosen value to the next, each made from the one before (Rystsov, "CASPaxos", 2018), so a
 * change sees every value that was chosen earlier. Invariant: whatever is lost, doubled, late or out of order, values
 * that are chosen form one line, in the order of their ballots.
 */

import type { Accepted, BallotReply, BallotRequest, Held } from './acceptor.ts';
import { type Ballot, compareBallots } from './ballot.ts';

/** From what is held (undefined: nothing yet) to what shall be; the same object when it may stay. */
export type Change = (held: Held | undefined) => Held | undefined;

export type BallotOutcome =
  /** `held`: what the register holds now; undefined when nobody has won anything and the change left it so. */
  | { readonly kind: 'chosen'; readonly held: Held | undefined }
  /** A higher ballot is on its way, and the next must be above that one. This one may be chosen all the same. */
  | { readonly kind: 'refused'; readonly above: Ballot };

export class Proposal {
  readonly #ballot: Ballot;
  readonly #acceptors: number;
  readonly #change: Change;
  /** What the acceptors have told in this phase. */
  readonly #known = new Map<number, Accepted | undefined>();
  readonly #agreed = new Set<number>();
  #request: BallotRequest;

  /** `acceptors`: how many there are, whether they answer or not; they are told apart by 0, 1, .... */
  constructor(ballot: Ballot, acceptors: number, change: Change) {
    this.#ballot = ballot;
    this.#acceptors = acceptors;
    this.#change = change;
    this.#request = { kind: 'inspect', ballot };
  }

  /** To be sent to every acceptor, again when it has become another. */
  get request(): BallotRequest {
    return this.#request;
  }

  /** The outcome, once there is one; nothing need be told after it. */
  heard(from: number, reply: BallotReply): BallotOutcome | undefined {
    if (compareBallots(reply.ballot, this.#ballot) !== 0) return undefined;
    switch (reply.kind) {
      case 'refused':
        return { kind: 'refused', above: reply.promised };
      case 'state':
        return this.#heardAccepted('inspect', from, reply.accepted);
      case 'promise':
        return this.#heardAccepted('prepare', from, reply.accepted);
      case 'accepted':
        if (this.#request.kind !== 'accept') return undefined;
        this.#agreed.add(from);
        return this.#isMajority(this.#agreed.size) ? { kind: 'chosen', held: this.#request.held } : undefined;
    }
  }

  #heardAccepted(
    phase: 'inspect' | 'prepare',
    from: number,
    accepted: Accepted | undefined,
  ): BallotOutcome | undefined {
    if (this.#request.kind !== phase) return undefined;
    this.#known.set(from, accepted);
    if (!this.#isMajority(this.#known.size)) return undefined;
    const latest = this.#latest();
    const held = this.#change(latest?.held);
    // Nobody has to be asked for more: it is chosen already, or nothing is.
    if (held === latest?.held && (latest === undefined || this.#isChosen(latest))) return { kind: 'chosen', held };
    if (held === undefined) throw new Error('what is held cannot be made nothing');
    const ballot = this.#ballot;
    this.#request = phase === 'inspect' ? { kind: 'prepare', ballot } : { kind: 'accept', ballot, held };
    this.#known.clear();
    return undefined;
  }

  /** What the highest ballot among those that are known has had accepted. */
  #latest(): Accepted | undefined {
    let latest: Accepted | undefined;
    for (const accepted of this.#known.values()) {
      if (accepted === undefined) continue;
      if (latest === undefined || compareBallots(accepted.ballot, latest.ballot) > 0) latest = accepted;
    }
    return latest;
  }

  #isChosen({ ballot }: Accepted): boolean {
    const same = [...this.#known.values()].filter((one) => one && compareBallots(one.ballot, ballot) === 0);
    return this.#isMajority(same.length);
  }

  #isMajority(count: number): boolean {
    return count * 2 > this.#acceptors;
  }
}
