/** The other end: sends packets as gdb would and takes the answers apart, independently of what it tests. */
import { Connection, type ConnectionPorts } from '../../../src/debug/gdb/connection.ts';
import type { DebugTarget } from '../../../src/debug/gdb/target.ts';

const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));

export function framed(body: string): Uint8Array {
  const escaped = body.replaceAll(/[$#}*]/g, (char) => `}${String.fromCharCode(char.charCodeAt(0) ^ 0x20)}`);
  const sum = latin1(escaped).reduce((all, byte) => (all + byte) & 0xff, 0);
  return latin1(`$${escaped}#${sum.toString(16).padStart(2, '0')}`);
}

/** Bodies of all packets in a stream of answers; throws on a wrong checksum. */
export function bodiesOf(stream: readonly number[]): string[] {
  const bodies: string[] = [];
  for (let i = 0; i < stream.length; i++) {
    if (stream[i] !== 0x24) continue;
    const hash = stream.indexOf(0x23, i);
    const raw = stream.slice(i + 1, hash);
    const sum = raw.reduce((all, byte) => (all + byte) & 0xff, 0);
    const told = Number.parseInt(String.fromCharCode(...stream.slice(hash + 1, hash + 3)), 16);
    if (sum !== told) throw new Error(`checksum ${told}, should be ${sum}`);
    bodies.push(plain(raw));
    i = hash + 2;
  }
  return bodies;
}

/** Runs spelled out, escapes undone. */
function plain(raw: readonly number[]): string {
  const out: number[] = [];
  for (let i = 0; i < raw.length; i++) {
    const byte = raw[i]!;
    if (byte === 0x7d) out.push(raw[++i]! ^ 0x20);
    else if (byte === 0x2a) out.push(...Array.from({ length: raw[++i]! - 29 }, () => out.at(-1)!));
    else out.push(byte);
  }
  return out.map((byte) => String.fromCharCode(byte)).join('');
}

export class ToyGdb {
  readonly connection: Connection;
  readonly sent: number[] = [];
  readonly notices: string[] = [];
  /** Called at each look of a long operation. */
  onBreathe: () => void = () => {};
  /** What the operations are told of gdb's patience. */
  speaks = false;
  #read = 0;

  constructor(target: DebugTarget, ports: Partial<ConnectionPorts> = {}) {
    this.connection = new Connection(target, {
      send: (bytes) => this.sent.push(...bytes),
      breathe: async () => {
        this.onBreathe();
        return this.speaks;
      },
      rested: () => {},
      live: async (at) => `live at ${at}`,
      notice: (text) => void this.notices.push(text),
      ownGdb: false,
      ...ports,
    });
  }

  /** Everything sent since the last look, as characters. */
  take(): string {
    const text = String.fromCharCode(...this.sent.slice(this.#read));
    this.#read = this.sent.length;
    return text;
  }

  async raw(bytes: Uint8Array | string): Promise<void> {
    await this.connection.receive(typeof bytes === 'string' ? latin1(bytes) : bytes);
  }

  /** The bodies of all packets that answer one. */
  async all(body: string): Promise<string[]> {
    const from = this.sent.length;
    await this.connection.receive(framed(body));
    return bodiesOf(this.sent.slice(from));
  }

  /** The one answer. */
  async ask(body: string): Promise<string> {
    const answers = await this.all(body);
    if (answers.length !== 1) throw new Error(`${answers.length} answers to ${body}`);
    return answers[0]!;
  }

  /** What `monitor` prints. */
  async monitor(line: string): Promise<string> {
    const answers = await this.all(`qRcmd,${Buffer.from(line).toString('hex')}`);
    if (answers.at(-1) !== 'OK') throw new Error(`monitor ${line}: ${answers.at(-1)}`);
    return answers
      .slice(0, -1)
      .map((answer) => Buffer.from(answer.slice(1), 'hex').toString())
      .join('');
  }
}
