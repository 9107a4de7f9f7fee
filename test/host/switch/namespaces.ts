/**
 * Hosts for tests, as network namespaces of this machine, on one Ethernet:
 *
 *     client  10.77.0.1   10.0.2.2 on its kernel's vxlan device, segment 5
 *     host a  10.77.0.2   a switch
 *     host b  10.77.0.3   a switch
 *
 * Nothing of this machine's own network is touched. Needs root.
 */
import { type ChildProcess, execFile, execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FrameLink } from '../../../src/host/ports/frame-link.ts';
import { connectTo } from '../../../src/host/ports/stream-address.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const VNI = '5';
const VXLAN_PORT = '4789';
const ADDRESSES = { client: '10.77.0.1', a: '10.77.0.2', b: '10.77.0.3' } as const;
export type Host = keyof typeof ADDRESSES;

/** Why there can be no hosts here; undefined when there can. */
export function noHosts(...programs: readonly string[]): string | undefined {
  const absent = ['ip', 'bridge', 'ethtool', ...programs].find((name) => spawnSync(name, ['-V']).error !== undefined);
  if (absent !== undefined) {
    return `${absent} is not there: apt install iproute2 ethtool iputils-ping curl netcat-openbsd`;
  }
  const trial = newName('trial');
  const made = spawnSync('ip', ['netns', 'add', trial], { encoding: 'utf8' });
  if (made.status !== 0) return `network namespaces are not permitted: ${made.stderr.trim()}`;
  const vxlan = ['-n', trial, 'link', 'add', 'vx0', 'type', 'vxlan', 'id', VNI, 'dstport', VXLAN_PORT];
  const linked = spawnSync('ip', vxlan, { encoding: 'utf8' });
  spawnSync('ip', ['netns', 'del', trial]);
  return linked.status === 0 ? undefined : `the kernel has no vxlan devices: ${linked.stderr.trim()}`;
}

/** The three hosts, and the switches on two of them, each told of the other and of the client. */
export class Hosts {
  readonly #names: Readonly<Record<Host, string>>;
  readonly #switches: ChildProcess[] = [];

  constructor() {
    this.#names = { client: newName('client'), a: newName('a'), b: newName('b') };
    try {
      this.#build();
    } catch (error) {
      this.#removeNames();
      throw error;
    }
  }

  #build(): void {
    for (const host of Object.values(this.#names)) ip('netns', 'add', host);
    const { client } = this.#names;
    this.#in('client', 'link add br0 type bridge');
    this.#in('client', `addr add ${ADDRESSES.client}/24 dev br0`);
    for (const host of ['a', 'b'] as const) {
      this.#in('client', `link add v${host} type veth peer name eth0 netns ${this.#names[host]}`);
      this.#in('client', `link set v${host} master br0 up`);
      this.#in(host, `addr add ${ADDRESSES[host]}/24 dev eth0`);
      this.#in(host, 'link set eth0 up');
      this.#in(host, 'link set lo up');
    }
    this.#in('client', 'link set br0 up');
    this.#in('client', `link add vx0 type vxlan id ${VNI} dstport ${VXLAN_PORT}`);
    for (const host of ['a', 'b'] as const) {
      const words = `fdb append 00:00:00:00:00:00 dev vx0 dst ${ADDRESSES[host]}`;
      execFileSync('bridge', ['-n', client, ...words.split(' ')]);
    }
    execFileSync('ip', ['netns', 'exec', client, 'ethtool', '-K', 'vx0', 'tx', 'off']);
    this.#in('client', 'addr add 10.0.2.2/24 dev vx0');
    this.#in('client', 'link set vx0 mtu 1450 up');
  }

  /** `lockstep switch` on host a or b, with a socket for guests at `path`; resolves when it is ready. */
  async startSwitch(host: 'a' | 'b', path: string): Promise<void> {
    const others = Object.entries(ADDRESSES).filter(([other]) => other !== host);
    const remotes = others.map(([, address]) => `,remote=${address}:${VXLAN_PORT}`).join('');
    const ports = ['--listen', `unix:${path}`, '--vxlan', `${VXLAN_PORT},vni=${VNI}${remotes}`, '--plaintext'];
    const command = [process.execPath, join(ROOT, 'bin/dev.js'), 'switch', ...ports];
    const words = ['netns', 'exec', this.#names[host], ...command];
    const child = spawn('ip', words, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#switches.push(child);
    let told = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      told += text;
    });
    while (!told.includes('switch: ready')) {
      if (child.exitCode !== null) throw new Error(`the switch ended: ${told}`);
      await Promise.race([once(child.stderr, 'data'), once(child, 'close')]);
    }
  }

  /** Runs a program on the client, with `input` on its standard input; rejects when it fails. */
  client(program: string, args: readonly string[], input = ''): Promise<Buffer> {
    const words = ['netns', 'exec', this.#names.client, program, ...args];
    return new Promise((done, failed) => {
      const options = { encoding: 'buffer', maxBuffer: 64 << 20 } as const;
      const child = execFile('ip', words, options, (error, stdout, stderr) => {
        if (error === null) done(stdout);
        else failed(new Error(`${program} ${args.join(' ')}: ${error.message} ${stdout}${stderr}`));
      });
      child.stdin!.end(input);
    });
  }

  async remove(): Promise<void> {
    for (const child of this.#switches) {
      if (child.exitCode !== null) continue;
      const closed = once(child, 'close');
      child.kill('SIGTERM');
      await closed;
    }
    this.#removeNames();
  }

  #removeNames(): void {
    for (const host of Object.values(this.#names)) spawnSync('ip', ['netns', 'del', host]);
  }

  #in(host: Host, words: string): void {
    ip('-n', this.#names[host], ...words.split(' '));
  }
}

/** Several test files may run in this process. */
function newName(what: string): string {
  return `lockstep-${randomBytes(4).toString('hex')}-${what}`;
}

function ip(...words: readonly string[]): void {
  execFileSync('ip', words);
}

/**
 * A cable from a guest that can be moved from one switch to another while the guest runs, and tells nobody: what the
 * network learns, it learns from frames.
 */
export class MovableCable {
  readonly #server: Server;
  readonly #ends: FrameLink[] = [];
  readonly carried: number[] = [];
  #guest: FrameLink | undefined;
  #at = 0;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** The guest's end is a socket at `path`; the others are clients of `switches`. */
  static async lay(path: string, switches: readonly string[]): Promise<MovableCable> {
    const server = createServer();
    const cable = new MovableCable(server);
    server.on('connection', (socket) => {
      cable.#guest = new FrameLink(socket, { frame: (frame) => cable.#fromGuest(frame), ended: () => {} });
    });
    server.listen(path);
    await once(server, 'listening');
    for (const [i, each] of switches.entries()) {
      const socket = connectTo({ kind: 'unix', path: each });
      await once(socket, 'connect');
      cable.carried.push(0);
      const frame = (bytes: Uint8Array): void => {
        if (i === cable.#at) cable.#guest?.send(bytes);
      };
      cable.#ends.push(new FrameLink(socket, { frame, ended: () => {} }));
    }
    return cable;
  }

  /** To the next switch, whose first frame from there is `announcement`. */
  move(announcement: Uint8Array): void {
    this.#at = (this.#at + 1) % this.#ends.length;
    this.#ends[this.#at]!.send(announcement);
  }

  async cut(): Promise<void> {
    this.#server.close();
    await Promise.all([this.#guest?.close(), ...this.#ends.map((end) => end.close())]);
  }

  #fromGuest(frame: Uint8Array): void {
    this.carried[this.#at]!++;
    this.#ends[this.#at]!.send(frame);
  }
}
