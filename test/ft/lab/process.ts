/** A process of the laboratory: what it says, how it ends, and its words kept in files. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export class LabProcess {
  readonly name: string;
  readonly child: ChildProcess;
  /** Exit status, or the signal's name; all output has been read. */
  readonly ended: Promise<number | string>;
  /** Undefined while it runs. */
  exit: number | string | undefined;
  said = '';
  complaints = '';

  /** Output goes to `files`.out and `files`.err too. */
  constructor(name: string, words: readonly string[], env: Readonly<Record<string, string>>, files: string) {
    this.name = name;
    const [program = '', ...args] = words;
    this.child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
    const [out, err] = [createWriteStream(`${files}.out`), createWriteStream(`${files}.err`)];
    this.child.stdin!.on('error', () => {});
    this.child.stdout!.pipe(out);
    this.child.stderr!.pipe(err);
    this.child.stdout!.on('data', (chunk: Buffer) => {
      this.said += chunk.toString('latin1');
    });
    this.child.stderr!.on('data', (chunk: Buffer) => {
      this.complaints += chunk.toString();
    });
    this.ended = once(this.child, 'close').then(([code, signal]) => {
      this.exit = (code ?? signal) as number | string;
      return this.exit;
    });
  }

  /** Waits until `is` holds; an error when the process ends before, or the time does. */
  async until(what: string, limitMs: number, is: (process: LabProcess) => boolean): Promise<void> {
    const late = AbortSignal.timeout(limitMs);
    while (!is(this)) {
      if (this.exit !== undefined) throw new Error(`${this.name} ended with ${this.exit}, not ${what}: ${this.tail()}`);
      if (late.aborted) throw new Error(`${this.name}: not ${what} within ${limitMs} ms: ${this.tail()}`);
      const { stdout, stderr } = this.child;
      const heard = new AbortController();
      const options = { signal: AbortSignal.any([late, heard.signal]) };
      const any = [once(stdout!, 'data', options), once(stderr!, 'data', options), once(this.child, 'close', options)];
      await Promise.race(any).catch(() => {});
      heard.abort();
      await Promise.allSettled(any);
    }
  }

  /** Its end, in time. */
  async end(limitMs: number): Promise<number | string> {
    const timer = new AbortController();
    const late = sleep(limitMs, undefined, { signal: timer.signal }).then(
      () => undefined,
      () => undefined,
    );
    const how = await Promise.race([this.ended, late]);
    timer.abort();
    if (how !== undefined) return how;
    throw new Error(`${this.name} has not ended within ${limitMs} ms: ${this.tail()}`);
  }

  /** A line on its input. */
  tell(line: string): void {
    this.child.stdin!.write(`${line}\n`);
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Ends it, also when it stands still. */
  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.ended;
  }

  /** The last that it complained. */
  tail(): string {
    return this.complaints.trim().split('\n').slice(-4).join(' | ');
  }
}
