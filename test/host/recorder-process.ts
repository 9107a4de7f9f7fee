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

export interface RecorderLimits {
  /** No file of the process grows beyond that. */
  readonly limitKiB?: number;
  /** Bytes of the recording that are kept; all when left out. */
  readonly kept?: number;
}

export function startRecorder(
  kernel: string,
  output: string,
  append: string,
  { limitKiB, kept }: RecorderLimits = {},
): RecorderProcess {
  const words = kept === undefined ? [] : [String(kept)];
  const command = [process.execPath, ...nodeFlags(), SCRIPT, sample(kernel), output, append, ...words];
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
