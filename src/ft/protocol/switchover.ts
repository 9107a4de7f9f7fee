/**
 * A planned switch as the primary goes through it (paper, section 3.3: VMotion of the primary):
 *
 *     idle ── order ──> quiescing ── quiet ──> draining ── all executed ──> settling ── settled ──> yielded
 *       ^                  the guest stops        the backup has it all        it has left this host
 *       └──────── called off: the backup or a device takes too long, the guest is off ───┘
 *
 * Invariants: until it is yielded the backup has not been asked for anything, so that calling off is free; the guest
 * does not stand still for longer than `patienceMs` before that. Who lives is the arbiter's to say, before and after.
 */

import type { PrimaryEffect } from './io.ts';

type Phase = 'idle' | 'quiescing' | 'draining' | 'settling' | 'yielded';

/** For reports. */
export interface SwitchReport {
  readonly reason: string;
  readonly phase: Phase;
  /** How long the guest stood still, as the new primary counts it; known when it is live there. */
  readonly stoodStillMs: number | undefined;
  /** Why it has come to nothing. */
  readonly calledOff: string | undefined;
}

/** What the primary knows of its backup. */
export interface SwitchFacts {
  /** Why there is nobody to switch to, if so. */
  readonly noBackup: string | undefined;
  readonly peer: string;
  /** Of the oldest frame that is not executed. */
  readonly lagMs: number;
  /** Everything made so far is acknowledged, executed and released. */
  readonly allDone: boolean;
}

export interface SwitchParts {
  readonly patienceMs: number;
  /** A backup that is further behind is not switched to. */
  readonly lagMsMax: number;
  readonly facts: () => SwitchFacts;
  readonly emit: (effect: PrimaryEffect<never>) => void;
}

/** Who is slow in each phase. */
const SLOW = { quiescing: 'the guest', draining: 'the backup', settling: 'a device' } as const;

export class Switchover {
  readonly #parts: SwitchParts;
  #phase: Phase = 'idle';
  #reason = '';
  #begun = false;
  #calledOff: string | undefined;
  #stoodStillMs: number | undefined;
  #quietAt = 0;
  #giveUpAt = 0;

  constructor(parts: SwitchParts) {
    this.#parts = parts;
  }

  get reason(): string {
    return this.#reason;
  }

  /** The guest has been told to come to a stop. */
  get isUnderWay(): boolean {
    return this.#phase !== 'idle';
  }

  /** The backup may have been asked to claim. */
  get yielded(): boolean {
    return this.#phase === 'yielded';
  }

  get deadline(): number | undefined {
    return this.#phase in SLOW ? this.#giveUpAt : undefined;
  }

  get report(): SwitchReport | undefined {
    if (!this.#begun) return undefined;
    const { reason } = this;
    return { reason, phase: this.#phase, stoodStillMs: this.#stoodStillMs, calledOff: this.#calledOff };
  }

  /** What is against a switch now, in words for the operator; or nothing. */
  get objection(): string | undefined {
    if (this.isUnderWay) return 'a switch is under way';
    const { noBackup, lagMs } = this.#parts.facts();
    if (noBackup !== undefined) return noBackup;
    return lagMs > this.#parts.lagMsMax ? `the backup is ${lagMs.toFixed(0)} ms behind` : undefined;
  }

  /** True: the guest is coming to a stop. */
  begin(reason: string, now: number): boolean {
    const { emit, facts, patienceMs } = this.#parts;
    const { objection } = this;
    if (objection !== undefined) {
      emit({ kind: 'notice', text: `no switch (${reason}): ${objection}` });
      return false;
    }
    this.#phase = 'quiescing';
    this.#reason = reason;
    this.#begun = true;
    this.#calledOff = undefined;
    this.#giveUpAt = now + patienceMs;
    emit({ kind: 'notice', text: `the guest moves to ${facts().peer}: ${reason}` });
    emit({ kind: 'quiesce' });
    return true;
  }

  /** The guest stands still. */
  quiet(now: number): void {
    if (this.#phase !== 'quiescing') return;
    this.#phase = 'draining';
    this.#quietAt = now;
    this.look();
  }

  /** The backup has come further. */
  look(): void {
    if (this.#phase !== 'draining' || !this.#parts.facts().allDone) return;
    this.#phase = 'settling';
    this.#parts.emit({ kind: 'settle' });
  }

  /** True: now the backup is to be told. */
  settled(): boolean {
    if (this.#phase !== 'settling') return false;
    this.#phase = 'yielded';
    return true;
  }

  /** The guest goes on here. */
  callOff(why: string): void {
    const { emit } = this.#parts;
    this.#phase = 'idle';
    this.#calledOff = why;
    emit({ kind: 'resume', reason: why });
    emit({ kind: 'notice', text: `the switch has come to nothing: ${why}` });
  }

  /** What takes too long, if anything does. */
  overdue(now: number): string | undefined {
    if (this.deadline === undefined || now < this.#giveUpAt) return undefined;
    return `${SLOW[this.#phase as keyof typeof SLOW]} took more than ${this.#parts.patienceMs} ms to come to rest`;
  }

  stoodStill(now: number): number {
    return Math.max(0, now - this.#quietAt);
  }

  taken(stoodStillMs: number): void {
    this.#stoodStillMs = stoodStillMs;
  }
}
