/**
 * The laboratory's hosts, as network namespaces of this machine:
 *
 *     client   10.77.0.1   10.0.2.2 on its kernel's vxlan device: on the guest's network
 *     switch   10.77.0.2   `lockstep switch`: cards over TCP, vxlan to the client; the bridge that all are plugged into
 *     a        10.77.0.3   10.78.0.1 on the wire between the pair
 *     b        10.77.0.4   10.78.0.2
 *     storage  10.77.0.5   `lockstep disk serve`: disks and claims
 *     c        10.77.0.6   a third host, for clusters
 *
 * Each of a, b and c has a host name of its own. Nothing of this machine's own network is touched. Needs root.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LabProcess } from './process.ts';

export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const ADDRESSES = {
  client: '10.77.0.1',
  switch: '10.77.0.2',
  a: '10.77.0.3',
  b: '10.77.0.4',
  storage: '10.77.0.5',
  c: '10.77.0.6',
} as const;
export type Host = keyof typeof ADDRESSES;
export const addressOf = (host: Host): string => ADDRESSES[host];

const WIRE = { a: '10.78.0.1', b: '10.78.0.2' } as const;
const VNI = '5';
const VXLAN_PORT = '4789';
const CARDS_PORT = 7200;
const DISK_PORT = 10809;
const CHANNEL_PORT = 7100;
const START_MS = 5 * 60_000;

export const GUEST = '10.0.2.15';
export const CHANNEL = { host: WIRE.b, port: CHANNEL_PORT, farPort: CHANNEL_PORT + 1 } as const;
export const DISKS = `${ADDRESSES.storage}:${DISK_PORT}`;
export const CARD = `stream:tcp:${ADDRESSES.switch}:${CARDS_PORT},mtu=1450,plaintext`;

export class LabHosts {
  readonly folder: string;
  readonly #tag = `lockstep-${randomBytes(4).toString('hex')}`;
  readonly #processes = new Set<LabProcess>();
  #storage: LabProcess | undefined;

  /** `folder`: for whatever the processes write; its path is short, as sockets lie in it. */
  constructor(folder: string) {
    this.folder = folder;
    mkdirSync(join(folder, 'run'), { recursive: true });
    try {
      this.#build();
    } catch (error) {
      this.#removeNames();
      throw error;
    }
  }

  /** Where pairs and recordings of this laboratory are looked for. */
  get env(): Readonly<Record<string, string>> {
    return { XDG_STATE_HOME: join(this.folder, 'state'), XDG_RUNTIME_DIR: join(this.folder, 'run'), NO_COLOR: '1' };
  }

  /** The switch, and the storage with this key's file and these exports (NAME=FILE...); resolves when both serve. */
  async serve(key: string, exports: readonly string[]): Promise<void> {
    const vxlan = `${VXLAN_PORT},vni=${VNI},remote=${ADDRESSES.client}:${VXLAN_PORT}`;
    const cards = `tcp:${ADDRESSES.switch}:${CARDS_PORT}`;
    const net = this.lockstep('switch', 'switch', 'switch', '--listen', cards, '--vxlan', vxlan, '--plaintext');
    const state = join(this.folder, 'claims');
    this.#storage = this.lockstep(
      'storage',
      'disk',
      'disk',
      'serve',
      '--listen',
      `tcp:${DISKS}`,
      '--key',
      key,
      '--state',
      state,
      ...exports,
    );
    await net.until('ready', START_MS, ({ complaints }) => complaints.includes('switch: ready'));
    await this.storage.until('serving', START_MS, ({ complaints }) => complaints.includes('serving NBD'));
  }

  /** Disks and claims, once they are served. */
  get storage(): LabProcess {
    if (this.#storage === undefined) throw new Error('the storage is not served yet');
    return this.#storage;
  }

  /** A program on a host; its output is kept in files of this name. */
  start(host: Host, name: string, ...words: readonly string[]): LabProcess {
    const uts = ['unshare', '--uts', 'sh', '-c', 'hostname "$0" && exec "$@"', `lab-${host}`];
    const all = ['ip', 'netns', 'exec', this.#nameOf(host), ...uts, ...words];
    const started = new LabProcess(name, all, this.env, join(this.folder, name));
    this.#processes.add(started);
    void started.ended.then(() => this.#processes.delete(started));
    return started;
  }

  lockstep(host: Host, name: string, ...words: readonly string[]): LabProcess {
    return this.start(host, name, process.execPath, join(ROOT, 'bin/dev.js'), ...words);
  }

  /** Cuts the wire between a and b, for channel and heartbeats, or mends it. */
  wire(up: boolean): void {
    ip('-n', this.#nameOf('a'), 'link', 'set', 'wire', up ? 'up' : 'down');
  }

  /** Pulls every cable of a host, or puts them back. */
  cables(host: 'a' | 'b', up: boolean): void {
    this.wire(up);
    this.cable(host, up);
  }

  /** Pulls a host's cable to the bridge that all are plugged into, or puts it back. */
  cable(host: Host, up: boolean): void {
    ip('-n', this.#nameOf(host), 'link', 'set', 'eth0', up ? 'up' : 'down');
  }

  /** Ends every process on a host at once, as if its power had gone, but its network is still there. */
  killAll(host: Host): void {
    const pids = execFileSync('ip', ['netns', 'pids', this.#nameOf(host)], { encoding: 'utf8' })
      .trim()
      .split(/\s+/);
    for (const pid of pids.filter((word) => word !== '')) {
      try {
        process.kill(Number(pid), 'SIGKILL');
      } catch {
        // It has ended meanwhile.
      }
    }
  }

  async remove(): Promise<void> {
    const left = [...this.#processes];
    for (const each of left) each.signal('SIGKILL');
    await Promise.all(left.map((each) => each.ended));
    // What an agent has started is nobody's child here.
    for (const host of Object.keys(ADDRESSES) as Host[]) this.killAll(host);
    this.#removeNames();
  }

  #build(): void {
    const hosts = Object.keys(ADDRESSES) as Host[];
    for (const host of hosts) {
      ip('netns', 'add', this.#nameOf(host));
      this.#in(host, 'link set lo up');
    }
    this.#in('switch', 'link add br0 type bridge');
    this.#in('switch', 'link set br0 up');
    this.#in('switch', `addr add ${ADDRESSES.switch}/24 dev br0`);
    for (const host of hosts.filter((each) => each !== 'switch')) {
      this.#in('switch', `link add to-${host} type veth peer name eth0 netns ${this.#nameOf(host)}`);
      this.#in('switch', `link set to-${host} master br0 up`);
      this.#in(host, `addr add ${ADDRESSES[host]}/24 dev eth0`);
      this.#in(host, 'link set eth0 up');
    }
    this.#in('a', `link add wire type veth peer name wire netns ${this.#nameOf('b')}`);
    for (const host of ['a', 'b'] as const) {
      this.#in(host, `addr add ${WIRE[host]}/24 dev wire`);
      this.#in(host, 'link set wire up');
    }
    this.#in('client', `link add vx0 type vxlan id ${VNI} remote ${ADDRESSES.switch} dstport ${VXLAN_PORT}`);
    execFileSync('ip', ['netns', 'exec', this.#nameOf('client'), 'ethtool', '-K', 'vx0', 'tx', 'off']);
    this.#in('client', 'addr add 10.0.2.2/24 dev vx0');
    this.#in('client', 'link set vx0 mtu 1450 up');
  }

  #in(host: Host, words: string): void {
    ip('-n', this.#nameOf(host), ...words.split(' '));
  }

  #nameOf(host: Host): string {
    return `${this.#tag}-${host}`;
  }

  #removeNames(): void {
    for (const host of Object.keys(ADDRESSES)) spawnSync('ip', ['netns', 'del', this.#nameOf(host as Host)]);
  }
}

function ip(...words: readonly string[]): void {
  execFileSync('ip', words, { stdio: 'pipe' });
}
