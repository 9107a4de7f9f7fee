/** One pair of real processes in the laboratory: its start, what its sides say of themselves, its end. */
import { join } from 'node:path';
import type { PairStatus } from '../../../src/ft/protocol/status.ts';
import { listNodes, tellNode } from '../../../src/host/ft/control-socket.ts';
import { CHANNEL, DISKS, type LabHosts, ROOT } from './hosts.ts';
import type { LabProcess } from './process.ts';

export type Role = 'primary' | 'backup';

export interface PairPlan {
  readonly name: string;
  readonly key: string;
  readonly detectMs: number;
  /** Length of the wire between the two, one way. */
  readonly delayMs: number;
  /** There is a relay in between, even where the wire has no length. */
  readonly relayed: boolean;
  /** Flags that describe the guest. */
  readonly guest: readonly string[];
}

export class LabPair {
  readonly primary: LabProcess;
  readonly backup: LabProcess;
  readonly relay: LabProcess | undefined;
  readonly #name: string;
  readonly #recordings: Readonly<Record<Role, string>>;

  constructor(hosts: LabHosts, { name, key, detectMs, delayMs, relayed, guest }: PairPlan) {
    this.#name = name;
    const path = (role: Role): string => join(hosts.folder, `${name}-${role}.lks`);
    this.#recordings = { primary: path('primary'), backup: path('backup') };
    const common = ['--name', name, '--key', key, '--arbiter', `disk:${DISKS}`, '--detect', String(detectMs)];
    const { host, port, farPort } = CHANNEL;
    const isRelayed = relayed || delayMs > 0;
    const backup = ['--listen', `tcp:${host}:${isRelayed ? farPort : port}`, '-o', this.#recordings.backup, ...common];
    const primary = ['--backup', `tcp:${host}:${port}`, '-o', this.#recordings.primary, ...common, ...guest];
    const words = [process.execPath, join(ROOT, 'test/ft/lab/relay.ts'), host, port, farPort, delayMs].map(String);
    this.relay = isRelayed ? hosts.start('b', `${name}-relay`, ...words) : undefined;
    this.backup = hosts.lockstep('b', `${name}-backup`, 'ft', 'backup', ...backup);
    this.primary = hosts.lockstep('a', `${name}-primary`, 'ft', 'primary', ...primary);
  }

  async kill(): Promise<void> {
    await Promise.all([this.primary.kill(), this.backup.kill(), this.relay?.kill()]);
  }

  process(role: Role): LabProcess {
    return role === 'primary' ? this.primary : this.backup;
  }
  recording(role: Role): string {
    return this.#recordings[role];
  }

  /** It has said that the guest lives there alone. */
  isAlone(role: Role): boolean {
    const { complaints } = this.process(role);
    return complaints.includes('going on alone') || complaints.includes('the guest is live here');
  }

  /** One has taken the other for lost. */
  get hasParted(): boolean {
    return [this.primary, this.backup].some(({ complaints }) => / is lost \([\w-]+\)/.test(complaints));
  }

  /** The one side where the guest lives alone; waits for it. An error when neither comes to it in time. */
  async survivor(candidates: readonly Role[], limitMs: number): Promise<Role> {
    const waits = candidates.map(async (role) => {
      await this.process(role).until('alone', limitMs, () => this.isAlone(role));
      return role;
    });
    try {
      return await Promise.any(waits);
    } catch (error) {
      const reasons = (error as AggregateError).errors.map((each: Error) => each.message);
      throw new Error(`nobody goes on: ${reasons.join('; ')}`);
    }
  }

  async status(role: Role): Promise<PairStatus> {
    const { status } = (await this.#tell(role, 'status')) as { readonly status: PairStatus };
    return status;
  }

  /** Powers the guest off there. Throws when that is refused. */
  async powerOff(role: Role): Promise<void> {
    const { refused } = (await this.#tell(role, 'stop')) as { readonly refused?: string };
    if (refused !== undefined) throw new Error(`the ${role} refuses to stop: ${refused}`);
  }

  async #tell(role: Role, command: string): Promise<unknown> {
    const suffix = `${role}-${this.process(role).child.pid}.sock`;
    const node = listNodes(this.#name).find(({ path }) => path.endsWith(suffix));
    const answer = node === undefined ? undefined : await tellNode(node, command);
    if (answer === undefined) throw new Error(`the ${role} does not answer to "${command}"`);
    return answer;
  }
}
