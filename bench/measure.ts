/**
 * Runs one process to its end and measures it from outside: wall time between the markers that the guest prints
 * (`@@BEGIN name`, `@@END name instructions checksum`), from start to exit, and the peak of its memory.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Readable } from 'node:stream';

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  /** Its output is a pipe of the system's. Node gives a socket, and what QEMU has recorded to one it cannot replay. */
  readonly pipe?: boolean;
}

export interface Mark {
  readonly seconds: number;
  /** As the guest counted them; 0 where it cannot. */
  readonly instructions: number;
  readonly checksum: string;
}

export interface Measured {
  /** From start to exit. */
  readonly seconds: number;
  readonly marks: ReadonlyMap<string, Mark>;
  readonly peakBytes: number;
  /** What the process wrote to descriptor 3. */
  readonly report: string;
  /** Why the measurement does not count: a status other than 0, or too long a time. */
  readonly failure?: string;
}

const TIMEOUT_MS = 900_000;
const MEMORY_POLL_MS = 50;
const TAIL_CHARACTERS = 400;
/** Ends as the program does. */
const PIPED = 'set -o pipefail; "$0" "$@" | cat';

export async function measure(command: Command): Promise<Measured> {
  const started = process.hrtime.bigint();
  const child = begin(command);
  const abandon = (): void => end(child);
  process.once('exit', abandon);
  let timedOut = false;
  let peakBytes = 0;
  const timeout = setTimeout(() => {
    timedOut = true;
    end(child);
  }, TIMEOUT_MS);
  const poll = setInterval(() => {
    peakBytes = Math.max(peakBytes, peakOf(child.pid));
  }, MEMORY_POLL_MS);
  const console = new MarkReader();
  child.stdout!.on('data', (bytes: Buffer) => console.take(bytes.toString('latin1')));
  const errors = collect(child.stderr!);
  const report = collect(child.stdio[3] as Readable);
  const status = await exitOf(child);
  clearTimeout(timeout);
  clearInterval(poll);
  process.off('exit', abandon);
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  const measured = { seconds, marks: console.marks, peakBytes, report: report() };
  if (status === '0') return measured;
  const why = timedOut ? `no end within ${TIMEOUT_MS / 1000} s` : `ended with ${status}`;
  return { ...measured, failure: `${why}: ${errors().trim().slice(-TAIL_CHARACTERS) || console.tail.trim()}` };
}

/** Leads a group of processes of its own. */
function begin({ file, args, pipe }: Command): ChildProcess {
  const [program, given] = pipe === true ? ['bash', ['-c', PIPED, file, ...args]] : [file, args];
  return spawn(program, given, { stdio: ['ignore', 'pipe', 'pipe', 'pipe'], detached: true });
}

function end({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/** Finds markers in what a guest says. Time is taken when a line is complete. */
class MarkReader {
  readonly marks = new Map<string, Mark>();
  readonly #begun = new Map<string, bigint>();
  #rest = '';
  #last = '';

  /** The last lines, for the story of a failure. */
  get tail(): string {
    return (this.#last + this.#rest).slice(-TAIL_CHARACTERS);
  }

  take(text: string): void {
    const now = process.hrtime.bigint();
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#line(line.trimEnd(), now);
  }

  #line(line: string, now: bigint): void {
    this.#last = `${this.#last}${line}\n`.slice(-TAIL_CHARACTERS);
    const [word = '', name = '', instructions, checksum = ''] = line.split(' ');
    if (word.endsWith('@@BEGIN')) this.#begun.set(name, now);
    const begun = this.#begun.get(name);
    if (!word.endsWith('@@END') || begun === undefined) return;
    this.marks.set(name, { seconds: Number(now - begun) / 1e9, instructions: Number(instructions ?? 0), checksum });
  }
}

/** Linux's own account of the largest resident set of a process or of one it has started, bytes; 0 without any. */
function peakOf(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').match(/\d+/g) ?? [];
    const own = Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
    return Math.max(own, ...children.map((child) => peakOf(Number(child))));
  } catch {
    return 0;
  }
}

function collect(stream: Readable): () => string {
  let text = '';
  stream.on('data', (bytes: Buffer) => {
    text += bytes.toString('utf8');
  });
  return () => text;
}

/** '0', another status, a signal's name, or why it could not start; when all its output has been read. */
function exitOf(child: ChildProcess): Promise<string> {
  return new Promise((done) => {
    child.once('error', (error) => done(error.message));
    child.once('close', (status, signal) => done(signal ?? `${status}`));
  });
}
