/**
 * How a host is emptied, step by step: nothing new comes to it, guests that live there go to their backups, and backups
 * go when another host can take them. What cannot go stays, and why is told.
 *
 *     backup    another host can take it ──> let go, as the host's agent is told ──> its pair has another one elsewhere
 *     primary   protected, backup elsewhere, a third host for the next one
 *                 ──> planned switch by the host's agent ──> what it leaves is ended ──> the next backup is there
 *
 * Invariant: nothing is asked of a side that its pair, as the registry has it, could not replace.
 */

import { UserError } from '../../lib/errors.ts';
import { drained, viewed } from './ledgers.ts';
import type { AgentReply } from './place-finder.ts';
import { place, refusalText } from './placement.ts';
import type { PairReport } from './records.ts';
import type { RegistryCall, Steps } from './steps.ts';
import { type Carried, type ClusterHost, type ClusterView, NODE_BYTES } from './view.ts';

/** Of the agent of `host`: the pair's backup there is to leave, or its guest to live where its backup is. */
export interface SideCall {
  readonly kind: 'leave' | 'handOver';
  readonly host: ClusterHost;
  readonly pair: string;
}

/** Time passes. */
export interface Pause {
  readonly kind: 'pause';
  readonly ms: number;
}

/** A side is answered by an AgentReply, 'done' when it does what was asked. */
export type EmptyingCall = RegistryCall | SideCall | Pause;
export type EmptyingSteps<T> = Steps<T, EmptyingCall>;

/** One side of a pair, elsewhere now. */
export interface MovedSide {
  readonly pair: string;
  /** 'primary': the guest lives on `to`; otherwise its backup is there. */
  readonly role: Carried['role'];
  readonly to: string;
}

/** It is on the host still. */
export interface StayingSide {
  readonly pair: string;
  readonly role: Carried['role'];
  readonly reason: string;
}

export interface Emptied {
  readonly moved: readonly MovedSide[];
  readonly stays: readonly StayingSide[];
}

export interface EmptyingParts {
  /** Between two looks, milliseconds. */
  readonly lookMs: number;
  /** Between two attempts at a switch that was called off. */
  readonly againMs: number;
  /** What has not moved by then has not moved. */
  readonly movedMs: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly moved: (side: MovedSide) => void;
}

/** `host`: as it was seen before. Fails when the registry does not take it in that the host is draining. */
export function* emptied({ name, carries }: ClusterHost, parts: EmptyingParts): EmptyingSteps<Emptied> {
  yield* drained(name, true);
  const moved: MovedSide[] = [];
  const stays: StayingSide[] = [];
  for (const { pair, role } of carries) {
    const side = new EmptiedSide(name, pair, parts);
    const gone = yield* side.go(role);
    if ('reason' in gone) stays.push({ pair, role, ...gone });
    else {
      moved.push({ pair, role, ...gone });
      parts.moved({ pair, role, ...gone });
    }
  }
  return { moved, stays };
}

/** Where it is now, or why it stays. `role`: what it was when it went, where that is not what it was seen as. */
type Gone = { readonly to: string; readonly role?: 'primary' } | { readonly reason: string };

class EmptiedSide {
  readonly #host: string;
  readonly #pair: string;
  readonly #parts: EmptyingParts;

  constructor(host: string, pair: string, parts: EmptyingParts) {
    this.#host = host;
    this.#pair = pair;
    this.#parts = parts;
  }

  *go(role: Carried['role']): EmptyingSteps<Gone> {
    try {
      return yield* role === 'primary' ? this.#handOver() : this.#leave();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return { reason: error.what };
    }
  }

  /** The backup, or a place of the pair. */
  *#leave(): EmptyingSteps<Gone> {
    const view = yield* this.#seen();
    const report = this.#reportIn(view);
    if (report === undefined) return UNHEARD;
    if (report.primary === this.#host) return yield* this.#handOver();
    const refused = this.#noOther(view, report, report.primary);
    if (refused !== undefined) return { reason: `no other host can take it: ${refused}` };
    const answer = yield* this.#ask(view, 'leave');
    if (answer.kind !== 'done') return { reason: answer.reason ?? 'its agent says something else' };
    // One whose primary was lost before it could let it go has the guest now.
    const backup = yield* this.#until((now) => (now.primary === this.#host ? TAKEN_OVER : this.#elsewhere(now)));
    if (backup === TAKEN_OVER) return yield* this.#handOver();
    return backup === undefined ? { reason: 'no new backup was made in time' } : { to: backup };
  }

  /** The guest, which lives there. */
  *#handOver(): EmptyingSteps<Gone> {
    const reason = yield* this.#switched();
    if (reason !== undefined) return { reason };
    const to = yield* this.#until((report) => (report.primary === this.#host ? undefined : report.primary));
    if (to === undefined) return { reason: 'nobody says that the guest lives elsewhere' };
    const rest = yield* this.#ask(yield* this.#seen(), 'leave');
    if (rest.kind !== 'done') {
      return {
        reason: `its guest lives on ${to} now, its old side stays: ${rest.reason ?? 'its agent does not end it'}`,
      };
    }
    const backup = yield* this.#until((now) => this.#elsewhere(now));
    return backup === undefined
      ? { reason: `its guest lives on ${to} now, without a new backup` }
      : { to, role: 'primary' };
  }

  /** The planned switch is done; why not. A backup that is being made is waited for. */
  *#switched(): EmptyingSteps<string | undefined> {
    const { now, movedMs, againMs } = this.#parts;
    let reason = 'it has no backup';
    for (const from = now(); now() - from < movedMs; yield { kind: 'pause', ms: againMs }) {
      const view = yield* this.#seen();
      const report = this.#reportIn(view);
      if (report === undefined) return UNHEARD.reason;
      if (report.primary !== this.#host) return undefined;
      const { backup, state } = report;
      if (backup === this.#host) return 'its backup is on this host too';
      const refused = this.#noOther(view, report, backup ?? report.primary);
      if (refused !== undefined) {
        const whose = backup === undefined ? 'it has no backup, and no other host' : 'no third host';
        return `${whose} can take one: ${refused}`;
      }
      if (backup === undefined) reason = `it is not protected, but ${state}`;
      else {
        const answer = yield* this.#ask(view, 'handOver');
        if (answer.kind === 'done') return undefined;
        reason = answer.reason ?? reason;
        if (answer.kind === 'silent') return reason;
      }
    }
    return reason;
  }

  /** Why no other host can take a backup of the guest when it lives on `primary`; or nothing. */
  #noOther({ hosts }: ClusterView, { name, memoryBytes }: PairReport, primary: string): string | undefined {
    const version = hosts.find((each) => each.name === primary)?.report?.version;
    if (version === undefined) return `the agent of ${primary} is not heard`;
    const others = hosts.filter((each) => each.name !== this.#host);
    const request = { pair: name, from: primary, bytes: memoryBytes + NODE_BYTES, version, failed: new Set<string>() };
    const { hosts: fit, refused } = place(others, request);
    return fit.length > 0 ? undefined : refusalText(refused);
  }

  /** Where the backup is when neither side is on the host. */
  #elsewhere({ primary, backup }: PairReport): string | undefined {
    return primary === this.#host || backup === this.#host ? undefined : backup;
  }

  /** What `find` finds in what the pair says; undefined when it does not in time. */
  *#until<T>(find: (report: PairReport) => T | undefined): EmptyingSteps<T | undefined> {
    const { now, movedMs, lookMs } = this.#parts;
    for (const from = now(); now() - from < movedMs; yield { kind: 'pause', ms: lookMs }) {
      const report = this.#reportIn(yield* this.#seen());
      const found = report === undefined ? undefined : find(report);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** A registry that does not answer is asked again: much may be under way. */
  *#seen(): EmptyingSteps<ClusterView> {
    const { now, movedMs, lookMs } = this.#parts;
    for (const from = now(); ; yield { kind: 'pause', ms: lookMs }) {
      try {
        return yield* viewed();
      } catch (error) {
        if (!(error instanceof UserError) || now() - from >= movedMs) throw error;
      }
    }
  }

  #reportIn({ pairs }: ClusterView): PairReport | undefined {
    return pairs.find(({ name }) => name === this.#pair);
  }

  *#ask({ hosts }: ClusterView, kind: SideCall['kind']): EmptyingSteps<AgentReply> {
    const host = hosts.find(({ name }) => name === this.#host);
    if (host?.report === undefined) return { kind: 'silent', reason: 'the agent of the host is not heard' };
    return (yield { kind, host, pair: this.#pair }) as AgentReply;
  }
}

const TAKEN_OVER = Symbol('the guest lives on the host');
const UNHEARD = { reason: 'nobody says where its guest lives' } as const;
