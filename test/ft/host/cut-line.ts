/**
 * A line between two sides, for TCP and UDP to one port, that can be cut, or one of the two: nothing comes through and
 * nothing closes. It can be listened at.
 */
import { createSocket, type RemoteInfo, type Socket as UdpSocket } from 'node:dgram';
import { connect, createServer, type Server, type Socket } from 'node:net';

export class CutLine {
  readonly #to: number;
  readonly #server: Server;
  readonly #udp: UdpSocket;
  readonly #sockets = new Set<Socket>();
  /** One socket for each that dials, so that the answer finds its way back. */
  readonly #udpSenders = new Map<number, UdpSocket>();
  readonly #ear: (bytes: Uint8Array) => void;
  #cut = { tcp: false, udp: false };
  /** Heartbeats that have come through: from who dials, and to it. */
  readonly beats = { there: 0, back: 0 };

  private constructor(to: number, server: Server, udp: UdpSocket, ear: (bytes: Uint8Array) => void) {
    this.#to = to;
    this.#ear = ear;
    this.#server = server;
    this.#udp = udp;
  }

  /** `ear` is given all that passes. */
  static async to(port: number, ear: (bytes: Uint8Array) => void = () => {}): Promise<CutLine> {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const udp = createSocket('udp4');
    const line = new CutLine(port, server, udp, ear);
    await new Promise<void>((done) => udp.bind(line.port, '127.0.0.1', done));
    server.on('connection', (socket) => line.#carry(socket));
    udp.on('message', (bytes, from) => line.#beat(bytes, from));
    return line;
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  cut(...which: readonly ('tcp' | 'udp')[]): void {
    for (const one of which.length === 0 ? (['tcp', 'udp'] as const) : which) this.#cut[one] = true;
  }

  /** Closes what is open and lets new connections through. */
  breakConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.breakConnections();
    this.#server.close();
    this.#udp.close();
    for (const sender of this.#udpSenders.values()) sender.close();
  }

  #carry(socket: Socket): void {
    const other = connect(this.#to, '127.0.0.1');
    for (const [from, to] of [
      [socket, other],
      [other, socket],
    ] as const) {
      this.#sockets.add(from);
      from.on('error', () => {});
      from.on('data', (bytes) => {
        this.#ear(bytes);
        if (!this.#cut.tcp) to.write(bytes);
      });
      from.on('close', () => {
        this.#sockets.delete(from);
        if (!this.#cut.tcp) to.destroy();
      });
    }
  }

  #beat(bytes: Uint8Array, from: RemoteInfo): void {
    this.#ear(bytes);
    let sender = this.#udpSenders.get(from.port);
    if (sender === undefined) {
      sender = createSocket('udp4');
      sender.on('message', (answer) => {
        if (this.#cut.udp) return;
        this.beats.back++;
        this.#udp.send(answer, from.port, from.address);
      });
      this.#udpSenders.set(from.port, sender);
    }
    if (this.#cut.udp) return;
    this.beats.there++;
    sender.send(bytes, this.#to, '127.0.0.1');
  }
}
