/** Pairs of real processes for tests, each in a folder of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach } from 'vitest';
import type { PrimaryStatus } from '../../../src/ft/protocol/status.ts';
import { listNodes, type NodeAddress, tellNode } from '../../../src/host/ft/control-socket.ts';
import { type Moved, switchPair } from '../../../src/host/ft/moves.ts';
import { type FoundNode, seeNodes } from '../../../src/host/ft/nodes.ts';
import { nodeFlags } from '../../../src/host/node-flags.ts';
import { standStill } from '../../host/stand-still.ts';
import type { SideWords } from './fixtures/side.ts';

const SCRIPT = fileURLToPath(new URL('./fixtures/side.ts', import.meta.url));
export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
export const sample = (name: string): string => join(ROOT, 'samples/prebuilt', `${name}.elf`);

/** A process, what it says, and how it ends. */
export class Side {
  readonly child: ChildProcess;
  /** Exit status, or the signal's name; all output has been read. */
  readonly ended: Promise<number | string>;
  #endedBy: number | string | undefined;
  #watchers: (() => void)[] = [];
  said = '';
  complaints = '';

  /** `limitKiB`: no file of the process grows beyond that. */
  constructor(args: readonly string[], env: Readonly<Record<string, string>>, limitKiB?: number) {
    const command = [process.execPath, ...nodeFlags(), ...args];
    const limited = ['bash', '-c', `ulimit -f ${limitKiB}; exec "$0" "$@"`, ...command];
    const [program, ...words] = limitKiB === undefined ? command : limited;
    this.child = spawn(program!, words, { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
    this.child.stdout!.on('data', (chunk: Buffer) => {
      this.said += chunk.toString('latin1').replaceAll('\r', '');
      this.#tell();
    });
    this.child.stderr!.on('data', (chunk: Buffer) => {
      this.complaints += chunk.toString();
      this.#tell();
    });
    this.ended = once(this.child, 'close').then(([code, signal]) => {
      this.#endedBy = code ?? signal;
      this.#tell();
      return this.#endedBy!;
    });
  }

  /** Waits until `find` gives something; an error when the process ends before. */
  async until<T>(find: (side: Side) => T | undefined | false | null): Promise<T> {
    for (;;) {
      const found = find(this);
      if (found !== undefined && found !== false && found !== null) return found;
      if (this.#endedBy !== undefined) throw new Error(`it ended with ${this.#endedBy}: ${this.complaints}`);
      await new Promise<void>((done) => this.#watchers.push(done));
    }
  }

  #tell(): void {
    for (const watcher of this.#watchers.splice(0)) watcher();
  }

  get account(): string {
    const { pid, spawnargs } = this.child;
    const ended = this.#endedBy === undefined ? 'runs' : `ended with ${this.#endedBy}`;
    const said = `said ${this.said.length} characters, in the end ${JSON.stringify(this.said.slice(-80))}`;
    return `process ${pid} ${ended}: ${spawnargs.at(-1)}\n  ${said}\n${this.complaints.replace(/^/gm, '  ')}`;
  }

  state(name: string): Promise<true> {
    return this.until(({ complaints }) => new RegExp(`^state ${name} `, 'm').test(complaints) || undefined);
  }

  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    this.child.kill(signal);
  }

  standStill(): void {
    standStill(this.child.pid!);
  }
}

/** What every test has: a folder, and processes that do not outlive it. */
export class World {
  folder = '';
  #sides: Side[] = [];

  path(name: string): string {
    return join(this.folder, name);
  }
  get env(): Readonly<Record<string, string>> {
    return { XDG_STATE_HOME: this.path('state'), XDG_RUNTIME_DIR: this.path('run'), NO_COLOR: '1' };
  }
  get arbiter(): string {
    return `file:${this.path('arbiter')}`;
  }
  /** Epochs that somebody has won. */
  get epochs(): string[] {
    return readdirSync(this.path('arbiter')).sort();
  }

  begin(): void {
    this.folder = mkdtempSync(join(tmpdir(), 'lockstep-ft-'));
    mkdirSync(this.path('arbiter'));
    mkdirSync(this.path('run'));
  }
  /** What its processes have said so far, and tell of themselves: for a test that has failed. */
  async account(): Promise<string> {
    const seen = await seeNodes();
    return [...this.#sides.map((side) => side.account), JSON.stringify(seen, undefined, 2)].join('\n');
  }
  async end(): Promise<void> {
    for (const side of this.#sides) side.kill();
    await Promise.all(this.#sides.map((side) => side.ended));
    this.#sides = [];
    await this.#noneLeft();
    rmSync(this.folder, { recursive: true });
  }

  /** What its processes have started, and leave when they are killed, writes in the folder for a moment yet. */
  async #noneLeft(): Promise<void> {
    const entry = `XDG_STATE_HOME=${this.env.XDG_STATE_HOME}`;
    for (let left = processesWith(entry); left.length > 0; left = processesWith(entry)) {
      for (const pid of left) signal(pid, 'SIGKILL');
      await new Promise((done) => setTimeout(done, 5));
    }
  }

  start(args: readonly string[], env: Readonly<Record<string, string>> = this.env, limitKiB?: number): Side {
    const side = new Side(args, env, limitKiB);
    this.#sides.push(side);
    return side;
  }
  command(...args: string[]): Side {
    return this.start([join(ROOT, 'bin/dev.js'), ...args]);
  }
  side(words: Partial<SideWords> & Pick<SideWords, 'role' | 'at'>, env = this.env, limitKiB?: number): Side {
    const { role } = words;
    const all = { arbiter: this.arbiter, output: this.path(`${role}.lks`), ...words };
    return this.start([SCRIPT, JSON.stringify(all)], env, limitKiB);
  }

  async backup(words: Partial<SideWords> = {}): Promise<{ readonly backup: Side; readonly port: number }> {
    const backup = this.side({ role: 'backup', at: 'tcp:127.0.0.1:0', ...words });
    const port = await backup.until(({ complaints }) => /^port (\d+)$/m.exec(complaints)?.[1]);
    return { backup, port: Number(port) };
  }
  /** Both sides of a pair, protected, with the guest running. */
  async pair(words: Partial<SideWords> = {}): Promise<{ readonly primary: Side; readonly backup: Side }> {
    const { backup, port } = await this.backup(words);
    const primary = this.side({ role: 'primary', at: `tcp:127.0.0.1:${port}`, kernel: sample('count'), ...words });
    return { primary, backup };
  }
}

/** Processes that were started with this in their environment; none where there is no proc(5). */
function processesWith(entry: string): number[] {
  if (!existsSync('/proc/self/environ')) return [];
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      return readFileSync(`/proc/${name}/environ`, 'latin1').split('\0').includes(entry) ? [Number(name)] : [];
    } catch {
      return [];
    }
  });
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has gone by itself.
  }
}

/** A world for each test of a file. This process is on the host of its sides, too. */
export function eachWorld(): World {
  const world = new World();
  beforeEach(() => {
    world.begin();
    Object.assign(process.env, world.env);
  });
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') console.error(await world.account());
    await world.end();
  });
  return world;
}

/** What the node in this process tells of itself; nobody else is asked. */
export async function nodeOf(side: Side): Promise<FoundNode> {
  const node = listNodes().find(({ pid }) => pid === side.child.pid)!;
  return { ...node, ...((await tellNode(node, 'status')) as Omit<FoundNode, keyof NodeAddress>) };
}

/** How it stands with the primary in this process, and how far its guest is. */
export async function primaryOf(side: Side): Promise<PrimaryStatus & { readonly ticks: number }> {
  const { ticks, status } = await nodeOf(side);
  return { ...(status as PrimaryStatus), ticks };
}

/** `count 1` to `count to`. */
export const counted = (to: number): string => Array.from({ length: to }, (_, i) => `count ${i + 1}\n`).join('');

/**
 * How far a count goes, which may stop in the middle of a line; undefined when `said` is not one from its first number
 * on, without a gap or a repeat.
 */
export function countOf(said: string | undefined): number | undefined {
  const numbers = said?.match(/^count \d+\n/gm)?.length ?? 0;
  return said !== undefined && counted(numbers + 1).startsWith(said) ? numbers : undefined;
}

/** `after` put behind `before`, whose end it may say again, as far as it has come by now. */
export function joined(before: string, after: string): string {
  for (let at = 0; ; at++) {
    const again = before.slice(at, at + after.length);
    if (after.startsWith(again)) return before + after.slice(again.length);
  }
}

/** The switch, as the operator orders it, as soon as the backup has caught up. In the runtime folder of the sides. */
export async function moved(...sides: readonly Side[]): Promise<Moved> {
  for (;;) {
    try {
      return await switchPair(undefined);
    } catch (error) {
      if (!/ms behind|still putting|does not answer/.test(`${error}`))
        throw new Error(`${error}\n${sides.map(({ complaints }) => complaints).join('\n')}`);
    }
    await new Promise((done) => setTimeout(done, 50));
  }
}
