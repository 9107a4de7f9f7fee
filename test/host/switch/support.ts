/** Frames, ports and peers for the tests of the switch. */
import { createServer, type Server, type Socket } from 'node:net';
import { FrameLink } from '../../../src/host/ports/frame-link.ts';
import { connectTo, type StreamAddress } from '../../../src/host/ports/stream-address.ts';
import type { SwitchStatus } from '../../../src/host/switch/ethernet-switch.ts';
import { runSwitch, type SwitchPlan } from '../../../src/host/switch/run-switch.ts';
import type { SwitchPort } from '../../../src/host/switch/switch-port.ts';

export const EVERYONE = 0xff;

/** A frame between cards 02:00:00:00:00:NN; 255 is everyone. */
export function frame(to: number, from: number, text = ''): Uint8Array {
  const mac = (n: number): number[] => (n === EVERYONE ? [255, 255, 255, 255, 255, 255] : [2, 0, 0, 0, 0, n]);
  return Uint8Array.of(...mac(to), ...mac(from), 0x88, 0xb5, ...Buffer.from(text));
}

export const textOf = (bytes: Uint8Array): string => Buffer.from(bytes.subarray(14)).toString();

/** A port that keeps what it takes, and takes nothing while `deaf`. */
export class TestPort implements SwitchPort {
  readonly name: string;
  readonly taken: Uint8Array[] = [];
  deaf = false;

  constructor(name: string) {
    this.name = name;
  }
  send(bytes: Uint8Array): boolean {
    if (!this.deaf) this.taken.push(bytes);
    return !this.deaf;
  }
  /** What was taken since the last call. */
  texts(): string[] {
    return this.taken.splice(0).map(textOf);
  }
}

/** Lets whoever waits look again when something has happened. */
export class Waiting {
  #watchers: (() => void)[] = [];

  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((done) => this.#watchers.push(done));
  }
  changed(): void {
    for (const done of this.#watchers.splice(0)) done();
  }
}

/** The other end of a stream port. */
export class TestPeer extends Waiting {
  readonly received: Uint8Array[] = [];
  readonly link: FrameLink;
  ended: string | undefined;

  constructor(socket: Socket) {
    super();
    this.link = new FrameLink(socket, {
      frame: (bytes) => {
        this.received.push(bytes);
        this.changed();
      },
      ended: (reason) => {
        this.ended = reason;
        this.changed();
      },
    });
  }

  static async dial(address: StreamAddress): Promise<TestPeer> {
    const socket = connectTo(address);
    await new Promise<void>((done, failed) => socket.once('connect', done).once('error', failed));
    return new TestPeer(socket);
  }

  get texts(): string[] {
    return this.received.map(textOf);
  }
}

/** A listening stream peer, in place of passt. */
export class TestListener extends Waiting {
  readonly peers: TestPeer[] = [];
  readonly server: Server = createServer((socket) => {
    this.peers.push(new TestPeer(socket));
    this.changed();
  });

  async open(where: string | number): Promise<void> {
    await new Promise<void>((done) => {
      if (typeof where === 'number') this.server.listen(where, '127.0.0.1', done);
      else this.server.listen(where, done);
    });
  }
  get port(): number {
    return (this.server.address() as { port: number }).port;
  }
  /** The peer of number `index`, as soon as it has connected. */
  async peer(index: number): Promise<TestPeer> {
    await this.until(() => this.peers.length > index);
    return this.peers[index]!;
  }
  /** Stops listening and lets everybody go. */
  async close(): Promise<void> {
    const closed = new Promise<void>((done) => this.server.close(() => done()));
    await Promise.all(this.peers.map((peer) => peer.link.close()));
    await closed;
  }
}

export interface RunningSwitch {
  readonly notices: readonly string[];
  status(): SwitchStatus;
  /** Resolves when a notice holds `text`, with that notice. */
  told(text: string): Promise<string>;
  end(): Promise<SwitchStatus>;
}

/** A switch with real sockets in this process. */
export async function startSwitch(plan: Partial<SwitchPlan>): Promise<RunningSwitch> {
  const stop = new AbortController();
  const waiting = new Waiting();
  const notices: string[] = [];
  let status: (() => SwitchStatus) | undefined;
  const ending = runSwitch(
    { listen: [], connect: [], vxlan: [], ageMs: 300_000, ...plan },
    {
      notice: (text) => {
        notices.push(text);
        waiting.changed();
      },
      stop: stop.signal,
      asks: (now) => {
        status = now;
      },
    },
  );
  await Promise.race([waiting.until(() => notices.includes('switch: ready')), ending]);
  return {
    notices,
    status: () => status!(),
    told: async (text) => {
      const found = (): string | undefined => notices.find((notice) => notice.includes(text));
      await waiting.until(() => found() !== undefined);
      return found()!;
    },
    end: async () => {
      stop.abort();
      return await ending;
    },
  };
}
