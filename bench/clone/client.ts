/** A client that asks a guest something every millisecond, and sees how long each answer takes. */

import { createSocket, type Socket } from 'node:dgram';

const EVERY_MS = 1;
/** Not answered by then: lost. */
const LOST_MS = 10_000;
const LOOK_MS = 5;

export interface Seen {
  /** The longest that an answer took, milliseconds. */
  readonly longestMs: number;
  /** Requests without an answer. */
  readonly lost: number;
}

export class Client {
  readonly #socket: Socket;
  readonly #timer: NodeJS.Timeout;
  /** By number: when it was asked. */
  readonly #asked = new Map<number, number>();
  #next = 0;
  #longestMs = 0;
  #lost = 0;
  answers = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('error', () => {});
    socket.on('message', (text) => this.#answered(Number(text.toString())));
    this.#timer = setInterval(() => this.#ask(), EVERY_MS);
  }

  static async to(port: number): Promise<Client> {
    const socket = createSocket('udp4');
    await new Promise<void>((done) => socket.connect(port, '127.0.0.1', done));
    return new Client(socket);
  }

  /** What it sees while `what` is going on, and until all that it asked meanwhile is answered. */
  async during<T>(what: () => Promise<T>): Promise<Seen & { readonly result: T }> {
    this.#asked.clear();
    this.#longestMs = 0;
    this.#lost = 0;
    const result = await what();
    const last = this.#next;
    while ([...this.#asked.keys()].some((number) => number < last)) {
      await new Promise((done) => setTimeout(done, LOOK_MS));
    }
    return { result, longestMs: this.#longestMs, lost: this.#lost };
  }

  close(): void {
    clearInterval(this.#timer);
    this.#socket.close();
  }

  #ask(): void {
    const now = performance.now();
    for (const [number, at] of this.#asked) {
      if (now - at < LOST_MS) break;
      this.#asked.delete(number);
      this.#lost++;
    }
    this.#asked.set(this.#next, now);
    this.#socket.send(`${this.#next++}`, () => {});
  }

  #answered(number: number): void {
    this.answers++;
    const at = this.#asked.get(number);
    if (at === undefined) return;
    this.#asked.delete(number);
    this.#longestMs = Math.max(this.#longestMs, performance.now() - at);
  }
}
