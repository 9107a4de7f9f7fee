/** A guest as a process, of which one backup after another is made while a client looks on. */

import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseEndpoint } from '../../src/host/ft/endpoint.ts';
import { type FoundNode, findNodes } from '../../src/host/ft/nodes.ts';
import { protectPair } from '../../src/host/ft/protection.ts';
import { BenchError } from '../bench-error.ts';
import { lockstep, startBackup } from '../pair/machine.ts';
import type { Network } from '../pair/network.ts';
import { Program } from '../pair/program.ts';
import { Client } from './client.ts';

const PAIR = 'bench';
const DETECT_MS = 1000;
const READY_MS = 120_000;
const LOOK_MS = 20;
/** As long as a clone, about: what the client sees without one. */
const BEFORE_MS = 2000;
/** After the guest has a backup its outputs wait for that. */
const AFTER_MS = 300;

export interface Cloned {
  readonly pausedMs: number;
  readonly tookMs: number;
  readonly rounds: number;
  /** The longest that the client waited for an answer, in two seconds before, and while the backup was made. */
  readonly beforeMs: number;
  readonly longestMs: number;
  readonly lost: number;
}

export interface ClonedGuest {
  readonly kernel: string;
  readonly mebibytes: number;
  readonly pagesPerMs: number;
}

export class ClonedPair {
  readonly #folder: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #primary: Program;
  readonly #client: Client;
  #count = 0;

  private constructor(folder: string, env: NodeJS.ProcessEnv, primary: Program, client: Client) {
    this.#folder = folder;
    this.#env = env;
    this.#primary = primary;
    this.#client = client;
  }

  /** Half of the guest's memory is in use. */
  static async start(
    guest: ClonedGuest,
    network: Network,
    folder: string,
    env: NodeJS.ProcessEnv,
  ): Promise<ClonedPair> {
    const { kernel, mebibytes, pagesPerMs } = guest;
    const words = ['--kernel', kernel, '-m', `${mebibytes}M`, '--append', `used=${mebibytes / 2} rate=${pagesPerMs}`];
    const own = [...words, '--net', network.card, '-o', join(folder, 'guest.lks')];
    const primary = new Program(...lockstep(['ft', 'primary', ...pairWords(folder), ...own]), env);
    const client = await Client.to(network.udp);
    for (let waited = 0; client.answers === 0; waited += LOOK_MS) {
      if (waited > READY_MS) throw new BenchError(`the guest does not answer: ${primary.tail}`);
      await sleep(LOOK_MS);
    }
    return new ClonedPair(folder, env, primary, client);
  }

  /** A backup is made, and lost again. */
  async clone(): Promise<Cloned> {
    const output = join(this.#folder, `backup-${this.#count++}.lks`);
    const { backup, endpoint } = await startBackup(pairWords(this.#folder), output, this.#env);
    const before = await this.#client.during(() => sleep(BEFORE_MS));
    const first = await this.#node();
    const seen = await this.#client.during(async () => {
      const copy = await protectPair(first, parseEndpoint('--backup', endpoint));
      await sleep(AFTER_MS);
      return copy;
    });
    backup.kill();
    await backup.ended;
    for (let node = await this.#node(); !isAlone(node); node = await this.#node()) await sleep(LOOK_MS);
    const { pausedNs = 0, tookMs = 0, round: rounds } = seen.result;
    const { longestMs, lost } = seen;
    return { pausedMs: pausedNs / 1e6, tookMs, rounds, beforeMs: before.longestMs, longestMs, lost };
  }

  async stop(): Promise<void> {
    this.#client.close();
    this.#primary.kill();
    await this.#primary.ended;
  }

  async #node(): Promise<FoundNode> {
    const node = (await findNodes(PAIR)).find(({ pid }) => pid === this.#primary.pid);
    if (node === undefined) throw new BenchError(`the guest has ended: ${this.#primary.tail}`);
    return node;
  }
}

const pairWords = (folder: string): string[] => {
  const arbiter = `file:${folder}`;
  return ['--name', PAIR, '--same-host', '--arbiter', arbiter, '--detect', `${DETECT_MS}`];
};

const isAlone = ({ status }: FoundNode): boolean => status?.state === 'alone' || status?.state === 'seeking';
