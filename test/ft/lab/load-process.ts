/** The clients of a round as a process on the client's host. */
import { join } from 'node:path';
import type { ClientOptions } from './client.ts';
import { type History, readHistory } from './history.ts';
import { GUEST, type LabHosts, ROOT } from './hosts.ts';
import type { LabProcess } from './process.ts';

const END_MS = 120_000;
const SCRIPT = join(ROOT, 'test/ft/lab/client.ts');

export class LoadProcess {
  readonly #process: LabProcess;
  readonly #output: string;

  constructor(hosts: LabHosts, name: string, options: Omit<ClientOptions, 'address' | 'output'>) {
    this.#output = join(hosts.folder, `${name}.json`);
    const words = { ...options, address: GUEST, output: this.#output } satisfies ClientOptions;
    this.#process = hosts.start('client', name, process.execPath, SCRIPT, JSON.stringify(words));
  }

  /** The guest has answered. */
  async serving(limitMs: number): Promise<void> {
    await this.#process.until('serving', limitMs, ({ said }) => said.includes('serving'));
  }

  /** Nobody asks any more; the history, when all is answered. */
  async finish(limitMs: number = END_MS): Promise<History> {
    this.#process.child.stdin!.end();
    await this.#process.until('done', limitMs, ({ said }) => said.includes('done'));
    await this.#process.ended;
    return readHistory(this.#output);
  }

  async kill(): Promise<void> {
    await this.#process.kill();
  }
}
