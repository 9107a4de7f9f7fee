/**
 * One of the hosts that decide by majority: the acceptor of Paxos (Lamport, "Paxos Made Simple", 2001), for the
 * register of one pair.
 *
 * Invariant: it accepts nothing below what it has promised, and what it has accepted it tells to every later ballot.
 * That holds through crashes only when the new state is on the storage before the reply leaves.
 */

import { type Ballot, compareBallots } from './ballot.ts';

/** What the register holds: the pair's highest epoch, and who has won it. */
export interface Held {
  readonly epoch: number;
  readonly holder: string;
}

export interface Accepted {
  readonly ballot: Ballot;
  readonly held: Held;
}

export interface AcceptorState {
  /** Undefined: nothing is promised. */
  readonly promised?: Ballot;
  readonly accepted?: Accepted;
}

export type BallotRequest =
  /** Promises nothing, and disturbs nobody. */
  | { readonly kind: 'inspect'; readonly ballot: Ballot }
  | { readonly kind: 'prepare'; readonly ballot: Ballot }
  | { readonly kind: 'accept'; readonly ballot: Ballot; readonly held: Held };

/** `ballot` is that of the request. */
export type BallotReply =
  | { readonly kind: 'state'; readonly ballot: Ballot; readonly accepted?: Accepted }
  | { readonly kind: 'promise'; readonly ballot: Ballot; readonly accepted?: Accepted }
  | { readonly kind: 'accepted'; readonly ballot: Ballot }
  /** A higher ballot has its promise. */
  | { readonly kind: 'refused'; readonly ballot: Ballot; readonly promised: Ballot };

export interface Answered {
  /** To be kept before the reply is given; the same object when nothing changed. */
  readonly state: AcceptorState;
  readonly reply: BallotReply;
}

/** A request may come twice, late, or in any order. */
export function answerBallot(state: AcceptorState, request: BallotRequest): Answered {
  const { ballot } = request;
  const { promised, accepted } = state;
  const known = accepted === undefined ? {} : { accepted };
  if (request.kind === 'inspect') return { state, reply: { kind: 'state', ballot, ...known } };
  const order = promised === undefined ? 1 : compareBallots(ballot, promised);
  if (promised !== undefined && order < 0) return { state, reply: { kind: 'refused', ballot, promised } };
  if (request.kind === 'accept') {
    return {
      state: { promised: ballot, accepted: { ballot, held: request.held } },
      reply: { kind: 'accepted', ballot },
    };
  }
  return { state: order === 0 ? state : { promised: ballot, ...known }, reply: { kind: 'promise', ballot, ...known } };
}
