/**
 * How a node of a pair ends: once, by whichever reason comes first, and in words for the operator. What the guest's
 * thread ended with is kept until the protocol says what that means.
 */

import type { Output } from '../../emu/machine/events.ts';
import type { CommonEffect } from '../../ft/protocol/io.ts';
import type { Message } from '../../ft/protocol/message.ts';
import { ExitCode, UserError } from '../../lib/errors.ts';
import type { GuestEnd, Totals } from '../live/job.ts';
import { NO_TOTALS, type Outcome, outcomeOf } from '../outcome.ts';
import type { PairOutcome } from './pair-options.ts';

export type Halt = Extract<CommonEffect<Message, Output>, { readonly kind: 'halt' }>;
type End = Omit<PairOutcome, 'pair'>;

export interface NodeEndHost {
  readonly pair: string;
  /** The own log, when there is one where it was begun. */
  recording(): string | undefined;
  /** How far the guest is. */
  progress(): Pick<Totals, 'ticks' | 'time' | 'consoleBytes' | 'idleNs'>;
  /** The operator has ended it from outside, not at its terminal. */
  interrupted(): boolean;
  notice(text: string): void;
}

const REMEDIES = {
  lost: 'nothing more has left it',
  diverged: 'see: lockstep ft --help',
  refused: 'give both sides the same --name, --key and --arbiter; to have both on one host, give both --same-host',
  forgotten: 'start the backup again; the primary goes on alone',
} as const;

export class NodeEnd {
  readonly #host: NodeEndHost;
  readonly #over: Promise<End>;
  #finish: (end: End) => void = () => {};
  #fail: (error: unknown) => void = () => {};
  #guest: GuestEnd | undefined;

  constructor(host: NodeEndHost) {
    this.#host = host;
    this.#over = new Promise((finish, fail) => {
      this.#finish = finish;
      this.#fail = fail;
    });
    this.#over.catch(() => {});
  }

  /** Resolves when the node has ended; rejects for a defect. */
  get over(): Promise<End> {
    return this.#over;
  }

  /** The guest's thread has ended so. True: that is the node's end too. */
  guestEnded(end: GuestEnd): boolean {
    this.#guest = end;
    if (end.kind === 'failed') this.off();
    return end.kind === 'failed';
  }

  /** The guest is off. Its thread has ended. */
  off(): void {
    this.#finish(this.#outcome(this.#guest!));
  }

  /** The protocol has halted this side. */
  halted(halt: Halt): void {
    this.#finish(this.#halted(halt));
  }

  /** The node cannot go on: its end is this error. The other side sees a node that is gone. */
  failed(error: unknown): void {
    if (!(error instanceof UserError)) {
      this.#fail(error);
      return;
    }
    const { ticks, time, consoleBytes, idleNs } = this.#host.progress();
    const totals = { ...NO_TOTALS, ticks, time, consoleBytes, idleNs };
    this.#finish({ ending: 'failed', exitCode: error.exitCode, error, ...this.recording, totals, mips: 0 });
  }

  /** The operator's end before there is a guest to end. */
  before(exitCode: ExitCode): void {
    this.#finish({ ending: 'stopped', exitCode, totals: NO_TOTALS, mips: 0 });
  }

  /** As outcomes and reports have it. */
  get recording(): { readonly recording?: string } {
    const recording = this.#host.recording();
    return recording === undefined ? {} : { recording };
  }

  #outcome(end: GuestEnd): Outcome {
    return outcomeOf(end, this.#host.recording(), !this.#host.interrupted());
  }

  #halted(halt: Halt): End {
    if (halt.why === 'handedOver' || halt.why === 'letGo') {
      this.#host.notice(goneText(this.#host.pair, halt));
      const outcome = outcomeOf(this.#guest ?? STOPPED, this.#host.recording(), true);
      return { ...outcome, handedOver: halt.holder };
    }
    const outcome = this.#guest === undefined ? undefined : this.#outcome(this.#guest);
    if (halt.why === 'diverged' && outcome?.ending === 'diverged') return outcome;
    const what =
      halt.why === 'lost'
        ? `the pair ${this.#host.pair} goes on at ${halt.holder}, which has the next epoch; this side has stopped`
        : halt.detail;
    const error = new UserError(`pair-${halt.why}`, what, REMEDIES[halt.why], ExitCode.lost);
    const { totals = NO_TOTALS, mips = 0 } = outcome ?? {};
    return { ending: 'failed', exitCode: error.exitCode, error, ...this.recording, totals, mips };
  }
}

function goneText(pair: string, halt: Extract<Halt, { readonly holder: string }>): string {
  if (halt.why !== 'handedOver')
    return `this side of the pair ${pair} has been let go; its guest lives at ${halt.holder}`;
  const gap = halt.stoodStillMs === undefined ? '' : `; it stood still for ${halt.stoodStillMs.toFixed(0)} ms`;
  return `the guest of the pair ${pair} lives at ${halt.holder} now${gap}`;
}

const STOPPED: GuestEnd = { kind: 'stopped', totals: NO_TOTALS };
