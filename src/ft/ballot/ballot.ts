/**
 * Numbers of attempts. Ballots are ordered, and each belongs to one proposer, which never uses it twice; a proposer's
 * name is its own (a process that is started again takes another).
 */

export interface Ballot {
  /** 1 or more. */
  readonly round: number;
  readonly proposer: string;
}

/** Negative: `a` is below `b`; 0: they are the same. */
export function compareBallots(a: Ballot, b: Ballot): number {
  if (a.round !== b.round) return a.round - b.round;
  if (a.proposer === b.proposer) return 0;
  return a.proposer < b.proposer ? -1 : 1;
}
