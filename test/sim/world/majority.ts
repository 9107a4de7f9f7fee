/**
 * The arbiter that is a majority of hosts, after src/host/ft/arbiters/majority.ts: an acceptor on each host of the pair
 * and on a third, reached over the network. Acceptors and proposals are the real ones. Requests come twice now and
 * then, and an acceptor's process may end between keeping a state and telling of it.
 */

import type { ClaimResult } from '../../../src/ft/arbiter.ts';
import {
  type AcceptorState,
  answerBallot,
  type BallotReply,
  type BallotRequest,
} from '../../../src/ft/ballot/acceptor.ts';
import { type Ballot, compareBallots } from '../../../src/ft/ballot/ballot.ts';
import { claimOf, verdictOf } from '../../../src/ft/ballot/claim.ts';
import { Proposal } from '../../../src/ft/ballot/proposal.ts';
import type { HostName, Network } from './network.ts';
import type { Random } from './random.ts';

const HOSTS: readonly HostName[] = ['A', 'B', 'R'];
/** To keep a state, microseconds: at least, and at most. */
const KEEP_US = [20, 120] as const;
const TWICE = 0.05;
const DUMB = 0.03;

export interface MajorityWatch {
  claimed(epoch: number, who: string, result: ClaimResult): void;
  did(what: string): void;
}

/** A claim by a process on a host. */
export interface Claim {
  readonly node: HostName;
  readonly epoch: number;
  readonly who: string;
  /** The process is there, and its deadline has not passed. */
  readonly isOpen: () => boolean;
  /** At most once. */
  readonly answer: (result: ClaimResult) => void;
}

export class Majority {
  readonly #network: Network;
  readonly #random: Random;
  readonly #watch: MajorityWatch;
  readonly #isGone: (host: HostName) => boolean;
  readonly #states: AcceptorState[] = [];
  /** Of each proposer, the last: no ballot is used twice. */
  readonly #rounds = new Map<string, number>();
  /** The highest ballot whose value a majority has. */
  #chosen: Ballot | undefined;
  /** Answers come this much later. */
  delayUs = 0;
  /** The third host keeps what it is told, and does not say so. */
  losesReplies = false;

  /** `first` has the first epoch. `isGone`: a host is down. */
  constructor(
    network: Network,
    random: Random,
    watch: MajorityWatch,
    first: string,
    isGone: (host: HostName) => boolean,
  ) {
    this.#network = network;
    this.#random = random;
    this.#watch = watch;
    this.#isGone = isGone;
    const ballot = { round: 1, proposer: first };
    this.#rounds.set(first, 1);
    for (const _ of HOSTS)
      this.#states.push({ promised: ballot, accepted: { ballot, held: { epoch: 1, holder: first } } });
    this.#chosen = ballot;
    watch.claimed(1, first, { kind: 'won' });
  }

  claim(claim: Claim): void {
    this.#attempt(claim, 2);
  }

  /** One ballot; when it is refused another, above the one that was in its way, after a while. */
  #attempt(claim: Claim, spread: number): void {
    const { clockwork } = this.#network;
    const { who, epoch, answer } = claim;
    const began = clockwork.now;
    const ballot = { round: (this.#rounds.get(who) ?? 0) + 1, proposer: who };
    this.#rounds.set(who, ballot.round);
    const proposal = new Proposal(ballot, HOSTS.length, claimOf(epoch, who));
    let isOver = false;
    let asked: BallotRequest | undefined;
    const askAll = (): void => {
      asked = proposal.request;
      for (const index of HOSTS.keys()) this.#ask(claim.node, index, asked, (reply) => heard(index, reply));
    };
    const heard = (index: number, reply: BallotReply): void => {
      if (isOver || !claim.isOpen()) return;
      const outcome = proposal.heard(index, reply);
      if (outcome === undefined) {
        if (proposal.request !== asked) askAll();
        return;
      }
      isOver = true;
      if (outcome.kind === 'chosen') {
        this.#watch.did('a majority has decided');
        const result = verdictOf(outcome.held!, epoch, who);
        if (result.kind !== 'won') this.#watch.claimed(epoch, who, result);
        answer(result);
        return;
      }
      this.#watch.did('a ballot is refused');
      this.#rounds.set(who, Math.max(this.#rounds.get(who)!, outcome.above.round));
      const wait = this.#random.fraction() * spread * (clockwork.now - began);
      clockwork.after(wait, () => {
        if (claim.isOpen()) this.#attempt(claim, Math.min(2 * spread, 16));
      });
    };
    askAll();
  }

  #ask(node: HostName, index: number, request: BallotRequest, heard: (reply: BallotReply) => void): void {
    const host = HOSTS[index]!;
    for (let times = this.#random.chance(TWICE) ? 2 : 1; times > 0; times--)
      this.#carry(node, host, () =>
        this.#network.clockwork.after(this.delayUs + this.#random.between(...KEEP_US), () => {
          if (this.#isGone(host)) return;
          const { state, reply } = answerBallot(this.#states[index]!, request);
          this.#states[index] = state;
          if (reply.kind === 'accepted') this.#look(reply.ballot);
          if (host === 'R' && this.losesReplies) this.#watch.did('claim reply lost');
          else if (!this.#random.chance(DUMB)) this.#carry(host, node, () => heard(reply));
        }),
      );
  }

  #carry(from: HostName, to: HostName, deliver: () => void): void {
    if (from === to) this.#network.clockwork.after(1, deliver);
    else this.#network.carry(from, to, deliver);
  }

  /** Whether a majority has accepted what this ballot proposed: then it is chosen, whoever learns of it. */
  #look(ballot: Ballot): void {
    const accepted = this.#states.flatMap((state) => (state.accepted === undefined ? [] : [state.accepted]));
    const same = accepted.filter((one) => compareBallots(one.ballot, ballot) === 0);
    if (same.length * 2 <= HOSTS.length) return;
    if (this.#chosen !== undefined && compareBallots(ballot, this.#chosen) === 0) return;
    this.#chosen = ballot;
    const { epoch, holder } = same[0]!.held;
    this.#watch.claimed(epoch, holder, { kind: 'won' });
  }
}
