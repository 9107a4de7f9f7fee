/** A side of `ft pair` as its parent sees it: a process, what it says, and how it ends. */

import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { PairStatus } from '../../ft/protocol/status.ts';
import type { PlainUserError } from '../live/job.ts';
import { workerEntry } from '../worker-entry.ts';
import type { FromSide, PlainOutcome, ToSide } from './pair-messages.ts';

const ENTRY = workerEntry('pair', import.meta.url);

/** A primary whose guest has ended, lives elsewhere, or may be about to. */
const ELSEWHERE: ReadonlySet<PairStatus['state']> = new Set(['halted', 'off', 'switching', 'yielded']);

export interface SideEnd {
  readonly outcome?: PlainOutcome;
  readonly refused?: PlainUserError;
  /** Exit status or signal of the process. */
  readonly by: number | string;
}

export class PairSide {
  readonly role: 'primary' | 'backup';
  readonly ended: Promise<SideEnd>;
  readonly #child: ChildProcess;
  #status: PairStatus | undefined;
  /** When it has come to that. */
  #statusAt = performance.now();
  #end: Omit<SideEnd, 'by'> = {};
  #isOver = false;

  /** `heard` is told of everything but the end. */
  constructor(role: 'primary' | 'backup', heard: (message: FromSide, side: PairSide) => void) {
    this.role = role;
    this.#child = fork(fileURLToPath(ENTRY), {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#child.on('message', (message: FromSide) => {
      if (message.kind === 'outcome') this.#end = { outcome: message.outcome };
      else if (message.kind === 'refused') this.#end = { refused: message.error };
      else {
        if (message.kind === 'changed') {
          this.#status = message.status;
          this.#statusAt = performance.now();
        }
        heard(message, this);
      }
    });
    // What is said to a process that is gone is lost with it.
    this.#child.on('error', () => {});
    this.ended = new Promise((done) => {
      this.#child.on('close', (code, signal) => {
        this.#isOver = true;
        done({ ...this.#end, by: code ?? signal ?? 'unknown' });
      });
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** The guest lives here, as far as this side has said. */
  get isLive(): boolean {
    if (this.#isOver) return false;
    const { state, role = this.role } = this.#status ?? {};
    return state === 'live' || (role === 'primary' && !ELSEWHERE.has(state ?? 'seeking'));
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** The guest lives here, or will when the other side is lost. */
  get isLiveOrHeir(): boolean {
    return !this.#isOver && (this.isLive || this.follows);
  }

  /** It has, or had, a guest to follow. */
  get follows(): boolean {
    return this.#status !== undefined && this.#status.state !== 'waiting';
  }

  /** A backup that has had no guest to follow for so long; one that has given a guest up waits for another. */
  isIdle(forMs: number): boolean {
    const gaveUp = this.#status?.role === 'backup' && this.#status.state === 'halted';
    return (gaveUp || !this.follows) && performance.now() - this.#statusAt >= forMs;
  }

  tell(message: ToSide): void {
    if (!this.#isOver && this.#child.connected) this.#child.send(message, () => {});
  }

  /** At the very end, when there is nothing to wait for. */
  kill(): void {
    if (!this.#isOver) this.#child.kill('SIGKILL');
  }
}
