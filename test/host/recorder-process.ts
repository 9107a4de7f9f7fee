/** Starts a recorder in a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { nodeFlags } from '../../src/host/node-flags.ts';
import { sample } from './support.ts';

const SCRIPT = fileURLToPath(new URL('./fixtures/recorder.ts', import.meta.url));

export interface RecorderProcess {
  readonly child: ChildProcess;
  /** What the guest has said. */
  said(): string;
  complaints(): string;
  until(holds: (said: string) => boolean): Promise<void>;
  /** Exit status, or the signal's name; all output has been read. */
  readonly ended: Promise<number | string>;
}

/** `limitKiB`: no file of the process grows beyond that. */
export function startRecorder(kernel: string, output: string, append: string, limitKiB?: number): RecorderProcess {
  const command = [process.execPath, ...nodeFlags(), SCRIPT, sample(kernel), output, append];
  const limited = ['bash', '-c', `ulimit -f ${limitKiB}; exec "$0" "$@"`, ...command];
  const [program, ...args] = limitKiB === undefined ? command : limited;
  const child = spawn(program!, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  let complaints = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString('latin1').replaceAll('\r', '');
  });
  child.stderr.on('data', (chunk: Buffer) => {
    complaints += chunk.toString();
  });
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string);
  const until = async (holds: (text: string) => boolean): Promise<void> => {
    while (!holds(said)) {
      const next = await Promise.race([once(child.stdout, 'data'), ended]);
      if (!Array.isArray(next) && !holds(said)) throw new Error(`the recorder ended with ${next}: ${complaints}`);
    }
  };
  return { child, said: () => said, complaints: () => complaints, until, ended };
}

/** One of the two goes on where the other stops: what a killed recorder said and what its recording says. */
export function agree(said: string, replayed: string): boolean {
  return said.startsWith(replayed) || replayed.startsWith(said);
}
