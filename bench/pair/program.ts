/** A process that the bench runs beside itself: its lines, its processor time, its end. */

import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Of Linux's account of processes. */
const CLOCK_HZ = 100;
const TAIL_CHARACTERS = 600;
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export class Program {
  readonly pid: number;
  /** '0', another status, a signal's name, or why it could not start. */
  readonly ended: Promise<string>;
  /** The end of what it said on either stream. */
  tail = '';
  readonly #child: ChildProcess;

  /** `line` is told of each complete line of standard output and standard error, when it is complete. */
  constructor(file: string, args: readonly string[], env: NodeJS.ProcessEnv, line: (text: string) => void = () => {}) {
    const child = spawn(file, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child = child;
    this.pid = child.pid ?? 0;
    running.add(child);
    child.stdin.on('error', () => {});
    for (const stream of [child.stdout, child.stderr]) {
      let rest = '';
      stream.setEncoding('latin1').on('data', (text: string) => {
        this.tail = (this.tail + text).slice(-TAIL_CHARACTERS);
        const lines = (rest + text).split('\n');
        rest = lines.pop() ?? '';
        for (const each of lines) line(each.trimEnd());
      });
    }
    this.ended = new Promise((done) => {
      child.once('error', (error) => done(error.message));
      child.once('close', (status, signal) => {
        running.delete(child);
        done(signal ?? `${status}`);
      });
    });
  }

  type(text: string): void {
    this.#child.stdin?.write(text);
  }

  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    this.#child.kill(signal);
  }

  /** Processor time so far, all threads, user and system, seconds; NaN when it has ended. */
  cpuSeconds(): number {
    try {
      const stat = readFileSync(`/proc/${this.pid}/stat`, 'latin1');
      const [, user, system] = /^.*\)(?: \S+){11} (\d+) (\d+)/.exec(stat) ?? [];
      return (Number(user) + Number(system)) / CLOCK_HZ;
    } catch {
      return Number.NaN;
    }
  }
}
