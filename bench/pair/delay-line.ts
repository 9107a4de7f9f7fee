/** A long way between two sides on one host: what goes to one port, over TCP and UDP, arrives later, in order. */

import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

const HOST = '127.0.0.1';
/** On the way at most, for each direction of a connection; more waits at its sender. */
const WINDOW_BYTES = 16 * 2 ** 20;

export class DelayLine {
  readonly #to: number;
  readonly #halfMs: number;
  readonly #server: Server;
  readonly #udp: UdpSocket;
  readonly #sockets = new Set<Socket>();
  /** One for each that sends, by its port, so that the answer finds its way back. */
  readonly #senders = new Map<number, UdpSocket>();

  private constructor(to: number, halfMs: number, server: Server, udp: UdpSocket) {
    this.#to = to;
    this.#halfMs = halfMs;
    this.#server = server;
    this.#udp = udp;
  }

  /** To this port of the loopback and back in `roundTripMs`, and what the system takes. */
  static async to(port: number, roundTripMs: number): Promise<DelayLine> {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, HOST, done));
    const udp = createSocket('udp4');
    const line = new DelayLine(port, roundTripMs / 2, server, udp);
    await new Promise<void>((done, failed) => udp.once('error', failed).bind(line.port, HOST, done));
    server.on('connection', (socket) => line.#connect(socket));
    udp.on('message', (bytes, from) => {
      const sender = line.#senderFor(from.port);
      line.#later(() => sender.send(bytes, port, HOST));
    });
    return line;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    this.#udp.close();
    for (const sender of this.#senders.values()) sender.close();
  }

  #connect(socket: Socket): void {
    const other = connect(this.#to, HOST);
    this.#carry(socket, other);
    this.#carry(other, socket);
  }

  #carry(from: Socket, to: Socket): void {
    let onTheWay = 0;
    from.setNoDelay(true);
    this.#sockets.add(from);
    from.on('error', () => {});
    from.on('data', (bytes) => {
      onTheWay += bytes.length;
      if (onTheWay > WINDOW_BYTES) from.pause();
      this.#later(() => {
        onTheWay -= bytes.length;
        to.write(bytes);
        if (onTheWay <= WINDOW_BYTES) from.resume();
      });
    });
    from.on('close', () => {
      this.#sockets.delete(from);
      this.#later(() => to.destroySoon());
    });
  }

  #senderFor(port: number): UdpSocket {
    const known = this.#senders.get(port);
    if (known !== undefined) return known;
    const sender = createSocket('udp4');
    sender.on('message', (answer) => this.#later(() => this.#udp.send(answer, port, HOST, () => {})));
    this.#senders.set(port, sender);
    return sender;
  }

  /** Timers of one length go off in the order in which they were set. */
  #later(deliver: () => void): void {
    setTimeout(deliver, this.#halfMs);
  }
}
