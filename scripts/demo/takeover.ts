/**
 * The demo's pair: a guest counts aloud under `lockstep ft pair`, its primary is killed in view, and the count must go
 * on. Whatever happens, no process of it is left when the promise settles.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { CountWatch } from './count-watch.ts';
import { pairTalk } from './pair-talk.ts';

const LAST = 50;
const KILL_AT = 20;
const LIMIT_MS = 40_000;
/** For busy computers. A process that is killed is missed at once, by its channel. */
const DETECT_MS = 2000;
/** For a pair that was told to end. */
const GRACE_MS = 3000;

export interface Takeover {
  /** In the words of the command: detected, claimed, caught up. */
  readonly words: string;
  readonly longestSilenceMs: number;
  readonly last: number;
}

export interface Show {
  /** The demo does what could have been typed. */
  note(command: string): void;
  number(number: number): void;
}

/** Guest time between two numbers, milliseconds. */
export const EVERY_MS = 100;

/** What follows `lockstep`: the recordings are `pair.lks` and `pair.backup.lks` in the present folder. */
export function pairCommand(kernel: string): string[] {
  const guest = ['--kernel', kernel, '--append', `every=${EVERY_MS} to=${LAST}`];
  return ['ft', 'pair', '--detect', `${DETECT_MS}`, ...guest, '-o', 'pair.lks'];
}

/** Runs `file args...` in `folder`. An error that says what went wrong, with what the command said. */
export async function showTakeover(
  file: string,
  args: readonly string[],
  folder: string,
  stop: AbortSignal,
  show: Show,
): Promise<Takeover> {
  const pair = spawn(file, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  const watched = new Watched(show);
  const end = (why: string): void => {
    watched.failure ??= new Error(why);
    endPair(pair);
  };
  const looked = (look: () => void): void => {
    try {
      if (watched.failure === undefined) look();
    } catch (error) {
      end((error as Error).message);
    }
  };
  pair.stderr.setEncoding('utf8').on('data', (text: string) => looked(() => watched.said(text)));
  pair.stdout.setEncoding('utf8').on('data', (text: string) => looked(() => watched.counted(text)));
  const limit = setTimeout(() => end(`no end within ${LIMIT_MS / 1000} s`), LIMIT_MS);
  const stopped = (): void => end('interrupted');
  stop.addEventListener('abort', stopped);
  if (stop.aborted) stopped();
  const status = await statusOf(pair);
  clearTimeout(limit);
  stop.removeEventListener('abort', stopped);
  return watched.result(status);
}

/** What has been seen of the pair. */
class Watched {
  failure: Error | undefined;
  readonly #show: Show;
  readonly #count: CountWatch;
  #words = '';
  #killed = false;

  constructor(show: Show) {
    this.#show = show;
    this.#count = new CountWatch((number) => show.number(number));
  }

  said(text: string): void {
    this.#words += text;
    this.#kill();
  }

  counted(text: string): void {
    this.#count.take(text, performance.now());
    this.#kill();
  }

  /** Error that says why, when it is no takeover or not a clean one. */
  result(status: string): Takeover {
    try {
      if (this.failure !== undefined) throw this.failure;
      if (status !== '0') throw new Error(`it ended with ${status}`);
      this.#count.end(LAST);
      const words = pairTalk(this.#words).takeover;
      if (words === undefined) throw new Error('the count is whole, but nobody took over');
      return { words, longestSilenceMs: this.#count.longestSilenceMs, last: LAST };
    } catch (error) {
      throw new Error(`the pair: ${(error as Error).message}\n${this.#words}`.trimEnd());
    }
  }

  /** When it is time, and known whom. */
  #kill(): void {
    const { primary, isProtected } = pairTalk(this.#words);
    if (this.#killed || this.#count.latest < KILL_AT || primary === undefined || !isProtected) return;
    this.#killed = true;
    this.#show.note(`kill -9 ${primary}`);
    try {
      process.kill(primary, 'SIGKILL');
    } catch {
      throw new Error('the primary has ended by itself');
    }
  }
}

/** Politely, then not: its sides end with it. */
function endPair(pair: ChildProcess): void {
  pair.kill('SIGTERM');
  const force = setTimeout(() => pair.kill('SIGKILL'), GRACE_MS);
  pair.once('close', () => clearTimeout(force));
}

/** '0', another status, a signal's name, or why it could not start; when all its output has been read. */
function statusOf(pair: ChildProcess): Promise<string> {
  return new Promise((done) => {
    pair.once('error', (error) => done(error.message));
    pair.once('close', (status, signal) => done(signal ?? `${status}`));
  });
}
