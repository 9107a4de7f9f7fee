/** A line between two ends that keeps a copy of all that passes, as somebody on the way could. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export class TappedLine {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #heard: Buffer[] = [];

  private constructor(to: number) {
    this.#server = createServer((socket) => this.#carry(socket, connect(to, '127.0.0.1')));
  }

  /** To a port of this machine. */
  static async to(port: number): Promise<TappedLine> {
    const line = new TappedLine(port);
    await once(line.#server.listen(0, '127.0.0.1'), 'listening');
    return line;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get heardBytes(): number {
    return this.#heard.reduce((sum, chunk) => sum + chunk.length, 0);
  }

  heard(text: string): boolean {
    return Buffer.concat(this.#heard).includes(text);
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #carry(socket: Socket, other: Socket): void {
    this.#carryOn(socket, other);
    this.#carryOn(other, socket);
  }

  #carryOn(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.on('error', () => {});
    from.on('data', (chunk) => {
      this.#heard.push(chunk);
      to.write(chunk);
    });
    from.on('end', () => to.end());
    from.on('close', () => to.destroy());
  }
}
