/** Processes of other people's servers, in a folder of their own: killed, frozen and started again with their state. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DiskFolder } from '../../host/disk/support.ts';
import { standStill } from '../../host/stand-still.ts';

/** Below what systems give out by themselves (from 32768 on): nobody gets one meanwhile who has not asked for it. */
const PORTS = { from: 12_000, to: 32_000 };
let nextPort = randomInt(PORTS.from, PORTS.to);

/**
 * One nobody listens on now; it can be listened on again and again. This process is given none twice: servers of one
 * cluster would come up one without the other.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = nextPort;
    nextPort = port + 1 < PORTS.to ? port + 1 : PORTS.from;
    const server = createServer().listen(port, '127.0.0.1');
    try {
      await once(server, 'listening');
    } catch {
      continue;
    }
    server.close();
    await once(server, 'close');
    return port;
  }
}

export interface Program {
  readonly file: string;
  readonly args: readonly string[];
  readonly user?: { readonly uid: number; readonly gid: number };
  /** Whether it can be used now. */
  readonly ready: () => Promise<boolean>;
}

/** A guard against hanging: by then a server is up, or will never be. */
const START_MS = 3 * 60_000;

/** A program and the processes that it starts. */
export class ServerProcess {
  readonly #program: Program;
  #child: ChildProcess | undefined;
  #said = '';

  constructor(folder: DiskFolder, program: Program) {
    this.#program = program;
    folder.later(() => this.kill());
  }

  async start(): Promise<void> {
    const { file, args, user = {}, ready } = this.#program;
    const from = performance.now();
    const inTime = (): boolean => performance.now() - from < START_MS;
    while (inTime()) {
      const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], ...user });
      this.#child = child;
      this.#said = '';
      const closed = once(child, 'close');
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => this.#heard(String(text)));
      const runs = (): boolean => child.exitCode === null && child.signalCode === null;
      while (runs() && inTime()) {
        if (await ready()) return;
        await sleep(20);
      }
      if (runs()) break;
      await closed;
      // What was killed leaves memory and ports to the system to clear away.
      if (!/still in use|address already in use|lock file/i.test(this.#said)) throw new Error(this.#said);
      await sleep(50);
    }
    throw new Error(`${file} ${args.join(' ')} does not come up: ${this.#said}`);
  }

  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child?.pid === undefined || child.exitCode !== null) return;
    const gone = once(child, 'exit');
    const all = this.#tree(child.pid);
    for (const pid of all) unlessGone(() => process.kill(pid, 'SIGKILL'));
    await gone;
    while (all.some((pid) => existsSync(`/proc/${pid}`) && stateOf(pid) !== 'Z')) await sleep(5);
  }

  freeze(): void {
    this.#all(standStill);
  }

  thaw(): void {
    this.#all((pid) => process.kill(pid, 'SIGCONT'));
  }

  /** The first one first: it starts no more of them then. */
  #all(act: (pid: number) => void): void {
    const first = this.#child?.pid;
    if (first === undefined) return;
    for (const pid of [first, ...this.#tree(first)]) unlessGone(() => act(pid));
  }

  #tree(pid: number): number[] {
    let children = '';
    try {
      children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
    } catch {
      return [];
    }
    return [pid, ...(children.match(/\d+/g) ?? []).flatMap((child) => this.#tree(Number(child)))];
  }

  #heard(text: string): void {
    this.#said = (this.#said + text).slice(-8192);
  }
}

function unlessGone(act: () => void): void {
  try {
    act();
  } catch {
    // It has ended by itself.
  }
}

function stateOf(pid: number): string | undefined {
  try {
    return /\) (\w)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];
  } catch {
    return 'Z';
  }
}

/** A server at a port of this machine. */
export interface ServerAt {
  readonly port: number;
  readonly process: ServerProcess;
}
