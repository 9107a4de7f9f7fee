/**
 * What the hosts of a cluster say to the registry's keeper and to each other's agents: it comes late, twice or not at
 * all, and each who asks gives up after a time of its own. A swap that was given up may have been done, or may yet be.
 */

import { PREFIX } from '../../../src/ft/cluster/records.ts';
import type { RegistryCall, Steps } from '../../../src/ft/cluster/steps.ts';
import { ExitCode, UserError } from '../../../src/lib/errors.ts';
import type { Clockwork } from '../world/clockwork.ts';
import type { Random } from '../world/random.ts';
import type { Keeper } from './keeper.ts';

/** Microseconds: one way, at least and at most; what is late comes so much later. */
const WAY_US = [80, 400] as const;
const LATE_US = [5_000, 40_000] as const;
const LOST = 0.03;
const TWICE = 0.04;
const LATE = 0.04;
/** Of a call to the registry. */
const DEADLINE_US = 15_000;

/** Who asks: a process on a host. */
export interface Caller {
  readonly host: string;
  readonly isAlive: () => boolean;
  /** Runs a job of the process, when it comes to it. */
  readonly post: (job: () => void) => void;
}

export interface Answered {
  readonly done: (answer: unknown) => void;
  readonly failed: (error: unknown) => void;
}

export class Wire {
  readonly #clockwork: Clockwork;
  readonly #random: Random;
  readonly #keeper: Keeper;
  readonly #isCut: (host: string) => boolean;
  readonly #did: (what: string) => void;
  /** Nothing is lost, doubled or late any more. */
  isCalm = false;

  /** `isCut`: the host can reach nobody, and nobody it. */
  constructor(
    clockwork: Clockwork,
    random: Random,
    keeper: Keeper,
    isCut: (host: string) => boolean,
    did: (what: string) => void,
  ) {
    this.#clockwork = clockwork;
    this.#random = random;
    this.#keeper = keeper;
    this.#isCut = isCut;
    this.#did = did;
  }

  /** One way, between two of which one is this host. */
  carry(host: string, deliver: () => void): void {
    const random = this.#random;
    if (this.#isCut(host) || (!this.isCalm && random.chance(LOST))) return;
    for (let times = !this.isCalm && random.chance(TWICE) ? 2 : 1; times > 0; times--) {
      const late = !this.isCalm && random.chance(LATE) ? random.between(...LATE_US) : 0;
      this.#clockwork.after(random.between(...WAY_US) + late, () => {
        if (!this.#isCut(host)) deliver();
      });
    }
  }

  /** A question and its answer, of which the first counts; `late` when there is none in time. */
  ask(
    from: Caller,
    limitUs: number,
    question: (answer: (value: unknown) => void) => void,
    done: (answer: unknown) => void,
    late: () => void,
  ): void {
    let isOver = false;
    const once = (run: () => void): void => {
      if (isOver) return;
      isOver = true;
      from.post(run);
    };
    this.carry(from.host, () => question((value) => this.carry(from.host, () => once(() => done(value)))));
    this.#clockwork.after(limitUs, () => once(late));
  }

  renew(from: Caller, key: string, text: string): void {
    this.#toKeeper(from, () => this.#keeper.renew(key, text, from.isAlive));
  }

  /** A call of the real steps. */
  call(from: Caller, call: RegistryCall, { done, failed }: Answered): void {
    const lost = (): void => {
      if (this.#keeper.isAway) this.#did('the registry is away while somebody asks');
      failed(new UserError('no-registry', 'the registry does not answer', 'wait', ExitCode.lost));
    };
    if (call.kind === 'look') this.#look(from, { done, failed: lost });
    else if (call.kind === 'read') this.#get(from, () => this.#keeper.read(call.key), done, lost);
    else this.#swap(from, call, done);
  }

  #swap(from: Caller, call: RegistryCall & { readonly kind: 'swap' }, done: Answered['done']): void {
    let wasDone = false;
    const swapped = (): unknown => {
      const result = this.#keeper.swap(call.key, call.revision, call.text);
      wasDone ||= result.kind === 'done';
      return result;
    };
    const heard = (answer: unknown): void => {
      if ((answer as { readonly kind: string }).kind === 'changed') this.#did('a race for a ledger is lost');
      done(answer);
    };
    this.#get(from, swapped, heard, () => {
      this.#did(wasDone ? 'an unknown swap was done' : 'an unknown swap was not done');
      done({ kind: 'unknown', reason: 'no answer' });
    });
  }

  /** Its three parts are not of one moment. */
  #look(from: Caller, { done, failed }: Answered): void {
    const keeper = this.#keeper;
    const parts = {
      hosts: () => keeper.leases(PREFIX.hosts),
      ledgers: () => keeper.list(PREFIX.ledgers),
      pairs: () => keeper.leases(PREFIX.pairs),
    };
    const found: Record<string, unknown> = {};
    let left = 3;
    for (const [name, read] of Object.entries(parts))
      this.#get(
        from,
        read,
        (answer) => {
          found[name] = answer;
          if (--left === 0) done(found);
        },
        () => {
          if (left > 0) failed(undefined);
          left = -1;
        },
      );
  }

  #get(from: Caller, read: () => unknown, done: (answer: unknown) => void, late: () => void): void {
    const { life } = this.#keeper;
    const question = (answer: (value: unknown) => void): void => {
      if (!this.#keeper.isAway && this.#keeper.life === life) answer(read());
    };
    this.ask(from, DEADLINE_US, question, done, late);
  }

  #toKeeper(from: Caller, run: () => void): void {
    const { life } = this.#keeper;
    this.carry(from.host, () => {
      if (!this.#keeper.isAway && this.#keeper.life === life) run();
    });
  }
}

/** Walks real steps: each call is carried out, and its answer comes back in a job of the process. */
export function walk<T, Call>(
  steps: Steps<T, Call>,
  carryOut: (call: Call, answered: Answered) => void,
  { done, failed }: { readonly done: (result: T) => void; readonly failed: (error: unknown) => void },
): void {
  const on = (advance: () => IteratorResult<Call, T>): void => {
    let step: IteratorResult<Call, T>;
    try {
      step = advance();
    } catch (error) {
      // What is no failure of the registry is a defect, and the world's to tell.
      if (!(error instanceof UserError)) throw error;
      failed(error);
      return;
    }
    if (step.done === true) done(step.value);
    else
      carryOut(step.value, {
        done: (answer) => on(() => steps.next(answer)),
        failed: (error) => on(() => steps.throw(error)),
      });
  };
  on(() => steps.next());
}
