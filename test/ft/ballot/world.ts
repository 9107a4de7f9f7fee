/**
 * Acceptors and proposers of one pair in a network that loses, doubles, delays and reorders, with partitions and
 * crashes (an acceptor's state is durable, what it was about to say is not), all decided by a seed. What is chosen is
 * held against what the arbiter promises.
 */
import {
  type AcceptorState,
  answerBallot,
  type BallotReply,
  type BallotRequest,
  type Held,
} from '../../../src/ft/ballot/acceptor.ts';
import { claimOf, readOnly, verdictOf } from '../../../src/ft/ballot/claim.ts';
import { Proposal } from '../../../src/ft/ballot/proposal.ts';
import { Random } from '../lab/random.ts';

export interface Rules {
  readonly answer: typeof answerBallot;
  /** How many acceptors a proposer believes there are. */
  readonly counted: (acceptors: number) => number;
  /** What an acceptor has after a crash. */
  readonly kept: (state: AcceptorState) => AcceptorState;
  /** What a proposer hears of a promise. */
  readonly promised: (reply: BallotReply) => BallotReply;
}

export const RULES: Rules = {
  answer: answerBallot,
  counted: (acceptors) => acceptors,
  kept: (state) => state,
  promised: (reply) => reply,
};

export type Happening = 'won' | 'lost' | 'read' | 'free' | 'refused' | 'lost message' | 'doubled' | 'crash' | 'cut';

/** One operation of a proposer: a claim for its own name, or a read (epoch 0). */
interface Operation {
  readonly epoch: number;
  readonly who: string;
  /** The highest epoch that anybody had been told of when it began. */
  readonly knownBefore: number;
}

interface Proposer {
  readonly index: number;
  operation: Operation;
  round: number;
  lives: number;
  proposal: Proposal;
}

type Mail =
  | { readonly to: 'acceptor'; readonly acceptor: number; readonly proposer: number; readonly request: BallotRequest }
  | { readonly to: 'proposer'; readonly acceptor: number; readonly proposer: number; readonly reply: BallotReply };

const EPOCHS_AHEAD = 3;

export class BallotWorld {
  readonly happened = new Set<Happening>();
  readonly #random: Random;
  readonly #rules: Rules;
  readonly #acceptors: AcceptorState[];
  readonly #proposers: Proposer[];
  readonly #holders = new Map<number, string>();
  #mail: Mail[] = [];
  /** Links that carry nothing, as `PROPOSER-ACCEPTOR`. */
  #cut = new Set<string>();
  #known = 0;
  #decided = 0;

  constructor(seed: number, acceptors: number, proposers: number, rules: Rules = RULES) {
    this.#random = new Random(seed);
    this.#rules = rules;
    this.#acceptors = Array.from({ length: acceptors }, () => ({}));
    this.#proposers = Array.from({ length: proposers }, (_, index) => {
      const operation = { epoch: this.#random.below(2), who: `p${index}`, knownBefore: 0 };
      const proposer = { index, operation, round: 1, lives: 0, proposal: undefined as unknown as Proposal };
      this.#propose(proposer);
      return proposer;
    });
  }

  /** Throws what the arbiter must never do. */
  run(steps: number): void {
    for (let i = 0; i < steps; i++) this.#step();
  }

  /** The faults end, one proposer works: what it wants must be decided. Acceptors from `reachable` on stay away. */
  settle(proposer: number, reachable: number): void {
    this.#mail = [];
    const all = this.#acceptors.map((_, i) => i);
    this.#cut = new Set(all.slice(reachable).map((acceptor) => `${proposer}-${acceptor}`));
    const before = this.#decided;
    const one = this.#proposers[proposer]!;
    for (let attempts = 0; this.#decided === before; attempts++) {
      if (attempts > 2) throw new Error(`p${proposer} decides nothing with ${reachable} acceptors`);
      this.#mail = [];
      this.#again(one);
      while (this.#mail.length > 0 && this.#decided === before) this.#deliver(this.#mail.shift()!);
    }
  }

  #step(): void {
    const dice = this.#random.fraction();
    if (dice < 0.9 && this.#mail.length > 0) {
      const at = this.#random.below(this.#mail.length);
      const mail = this.#mail[at]!;
      const fate = this.#random.fraction();
      // Doubled: it stays under way, and comes again, perhaps much later.
      if (fate < 0.15) this.happened.add('doubled');
      else this.#mail.splice(at, 1);
      if (fate < 0.25 || fate > 0.3) this.#deliver(mail);
      else this.happened.add('lost message');
    } else if (dice < 0.96) {
      this.#again(this.#random.pick(this.#proposers));
    } else if (dice < 0.98) {
      const acceptor = this.#random.below(this.#acceptors.length);
      this.#acceptors[acceptor] = this.#rules.kept(this.#acceptors[acceptor]!);
      this.#mail = this.#mail.filter((mail) => mail.to === 'acceptor' || mail.acceptor !== acceptor);
      this.happened.add('crash');
    } else if (dice < 0.99) {
      const proposer = this.#random.pick(this.#proposers);
      proposer.lives++;
      proposer.round = 0;
      this.#again(proposer);
    } else {
      const links = this.#proposers.flatMap(({ index }) => this.#acceptors.map((_, i) => `${index}-${i}`));
      const share = this.#random.pick([0, 0.3, 0.6]);
      this.#cut = new Set(links.filter(() => this.#random.fraction() < share));
      if (this.#cut.size > 0) this.happened.add('cut');
    }
  }

  #deliver(mail: Mail): void {
    if (this.#cut.has(`${mail.proposer}-${mail.acceptor}`)) return;
    if (mail.to === 'acceptor') {
      const { state, reply } = this.#rules.answer(this.#acceptors[mail.acceptor]!, mail.request);
      this.#acceptors[mail.acceptor] = state;
      this.#mail.push({ to: 'proposer', acceptor: mail.acceptor, proposer: mail.proposer, reply });
      return;
    }
    const proposer = this.#proposers[mail.proposer]!;
    const { proposal } = proposer;
    const { request } = proposal;
    const outcome = proposal.heard(mail.acceptor, this.#rules.promised(mail.reply));
    if (outcome?.kind === 'refused') {
      this.happened.add('refused');
      proposer.round = outcome.above.round;
      this.#again(proposer);
    } else if (outcome?.kind === 'chosen') {
      this.#judge(proposer.operation, outcome.held);
      this.#begin(proposer);
    } else if (proposal.request !== request) {
      this.#send(proposer);
    }
  }

  /** The same operation, with the next ballot. */
  #again(proposer: Proposer): void {
    proposer.round++;
    this.#propose(proposer);
  }

  #begin(proposer: Proposer): void {
    const epoch = this.#random.below(4) === 0 ? 0 : Math.max(1, this.#known - 1 + this.#random.below(EPOCHS_AHEAD));
    const who = `p${proposer.index}`;
    proposer.operation = { epoch, who, knownBefore: this.#known };
    this.#again(proposer);
  }

  #propose(proposer: Proposer): void {
    const { index, operation, round, lives } = proposer;
    const change = operation.epoch === 0 ? readOnly : claimOf(operation.epoch, operation.who);
    const ballot = { round, proposer: `p${index}.${lives}` };
    proposer.proposal = new Proposal(ballot, this.#rules.counted(this.#acceptors.length), change);
    this.#send(proposer);
  }

  #send({ index, proposal: { request } }: Proposer): void {
    for (const acceptor of this.#acceptors.keys()) {
      this.#mail.push({ to: 'acceptor', acceptor, proposer: index, request });
    }
  }

  #judge({ epoch, who, knownBefore }: Operation, held: Held | undefined): void {
    this.#decided++;
    const now = held?.epoch ?? 0;
    if (now < Math.max(epoch, knownBefore)) throw new Error(`epoch ${now} is said after ${epoch}, ${knownBefore}`);
    if (held === undefined) {
      this.happened.add('free');
      return;
    }
    const holder = this.#holders.get(held.epoch) ?? held.holder;
    if (holder !== held.holder) throw new Error(`epoch ${held.epoch} is both ${holder}'s and ${held.holder}'s`);
    this.#holders.set(held.epoch, holder);
    this.#known = Math.max(this.#known, held.epoch);
    this.happened.add(epoch === 0 ? 'read' : verdictOf(held, epoch, who).kind === 'won' ? 'won' : 'lost');
  }
}
