/**
 * One guest in one of several ways: FT off (`lockstep run`, and `record` for what recording alone costs), and FT on: a
 * primary and a backup on this host, as two processes of their own, kept in step by the log or by another method.
 */

import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { MethodName } from '../../src/ft/guest/method.ts';
import type { PrimaryStatus } from '../../src/ft/protocol/status.ts';
import { listNodes, tellNode } from '../../src/host/ft/control-socket.ts';
import type { FoundNode } from '../../src/host/ft/nodes.ts';
import { nodeFlags } from '../../src/host/node-flags.ts';
import { BenchError } from '../bench-error.ts';
import { DelayLine } from './delay-line.ts';
import { Program } from './program.ts';

export const MODES = ['run', 'record', 'ft'] as const;
/** The ways of the literature beside it, each with the same pair. */
export const METHOD_MODES = ['run', 'ft', 'checkpoints', 'epochs', 'stop'] as const;
/** What is read of disks is in the log, or is read by the backup. */
export const READ_MODES = ['run', 'ft', 'reads'] as const;
export type Mode = (typeof MODES)[number] | (typeof METHOD_MODES)[number] | (typeof READ_MODES)[number];

/** Of `ft primary`. */
const methodOf = (mode: Exclude<Mode, 'run' | 'record'>): MethodName =>
  mode === 'ft' || mode === 'reads' ? 'log' : mode;

const COMMAND = fileURLToPath(new URL('../../bin/dev.js', import.meta.url));
const PAIR = 'bench';
/** For a backup whose guest is off. */
const BACKUP_END_MS = 60_000;
const LISTENS = /waiting for a primary at (tcp:\S+)/;

/** Program and arguments of a lockstep that runs from its sources. */
export const lockstep = (args: readonly string[]): [string, string[]] => [
  process.execPath,
  [...nodeFlags(), COMMAND, ...args],
];

/** Of the pair that these flags name, recording to `output`; resolves when it waits for a primary, and where. */
export async function startBackup(
  pair: readonly string[],
  output: string,
  env: NodeJS.ProcessEnv,
): Promise<{ readonly backup: Program; readonly endpoint: string }> {
  const { promise: listening, resolve: listens } = Promise.withResolvers<string>();
  const words = ['ft', 'backup', ...pair, '--listen', 'tcp:127.0.0.1:0', '-o', output];
  const backup = new Program(...lockstep(words), env, (text) => {
    const endpoint = LISTENS.exec(text)?.[1];
    if (endpoint !== undefined) listens(endpoint);
  });
  const endpoint = await Promise.race([listening, backup.ended.then(() => undefined)]);
  if (endpoint === undefined) throw new BenchError(`the backup does not start: ${backup.tail}`);
  return { backup, endpoint };
}

export interface PairTimes {
  /** Silence that is a failure of the other side; the pair's own default when left out. */
  readonly detectMs?: number | undefined;
  /** Of the way between the sides; that of the loopback when left out. */
  readonly roundTripMs?: number | undefined;
}

export class Machine {
  readonly main: Program;
  readonly backup: Program | undefined;
  readonly #log: string | undefined;
  readonly #channel: string | undefined;
  readonly #line: DelayLine | undefined;

  private constructor(main: Program, log?: string, backup?: Program, channel?: string, line?: DelayLine) {
    this.#line = line;
    this.main = main;
    this.backup = backup;
    this.#log = log;
    this.#channel = channel;
  }

  /** `guest`: flags that all ways understand. `line`: each line of its console, or about it. */
  static async start(
    mode: Mode,
    guest: readonly string[],
    folder: string,
    env: NodeJS.ProcessEnv,
    line: (text: string) => void,
    { detectMs, roundTripMs }: PairTimes = {},
  ): Promise<Machine> {
    if (mode === 'run') return new Machine(new Program(...lockstep(['run', ...guest]), env, line));
    const log = join(folder, 'guest.lks');
    const output = ['-o', log];
    if (mode === 'record') {
      return new Machine(new Program(...lockstep(['record', ...output, ...guest]), env, line), log);
    }
    const pair = ['--name', PAIR, '--same-host', '--arbiter', `file:${folder}`];
    if (detectMs !== undefined) pair.push('--detect', `${detectMs}`);
    const { backup, endpoint } = await startBackup(pair, join(folder, 'backup.lks'), env);
    const port = Number(endpoint.slice(endpoint.lastIndexOf(':') + 1));
    const long = roundTripMs === undefined ? undefined : await DelayLine.to(port, roundTripMs);
    const place = long === undefined ? endpoint : `tcp:127.0.0.1:${long.port}`;
    const way = ['--method', methodOf(mode), ...(mode === 'reads' ? ['--disk-reads', 'backup'] : [])];
    const words = ['ft', 'primary', ...pair, ...way, '--backup', place, ...output, ...guest];
    const channel = place.slice('tcp:'.length);
    return new Machine(new Program(...lockstep(words), env, line), log, backup, channel, long);
  }

  /** Acknowledged on the channel, as the kernel counts; NaN when there is none, or no `ss` to ask. */
  sentBytes(): number {
    if (this.#channel === undefined) return Number.NaN;
    const { stdout } = spawnSync('ss', ['-tinH', 'dst', this.#channel], { encoding: 'utf8' });
    return Number(/ bytes_acked:(\d+)/.exec(stdout ?? '')?.[1] ?? Number.NaN);
  }

  /** Of the recording, whose frames are what the channel carries; 0 without one. */
  logBytes(): number {
    return this.#log === undefined ? 0 : (statSync(this.#log, { throwIfNoEntry: false })?.size ?? 0);
  }

  /** Of the primary; undefined when there is none to ask. */
  async status(): Promise<PrimaryStatus | undefined> {
    if (this.backup === undefined) return undefined;
    const node = listNodes(PAIR).find(({ path }) => path.endsWith(`primary-${this.main.pid}.sock`));
    if (node === undefined) return undefined;
    try {
      const { status } = ((await tellNode(node, 'status')) ?? {}) as Partial<FoundNode>;
      return status?.role === 'primary' ? status : undefined;
    } catch {
      return undefined;
    }
  }

  kill(): void {
    this.main.kill();
    this.backup?.kill();
  }

  /** When every process of it has ended: why it does not count, or undefined. A guest that went over does not count. */
  async failure(): Promise<string | undefined> {
    const ended = await this.main.ended;
    if (ended !== '0') this.kill();
    const late = setTimeout(() => this.kill(), BACKUP_END_MS);
    const backupEnded = (await this.backup?.ended) ?? '0';
    clearTimeout(late);
    this.#line?.close();
    if (ended !== '0') return `ended with ${ended}: ${this.main.tail.trim()}`;
    return backupEnded === '0' ? undefined : `the backup ended with ${backupEnded}: ${this.backup?.tail.trim()}`;
  }
}
