/** The redis protocol, as much as these clients need: one command at a time on one kept connection. */
import { connect, type Socket } from 'node:net';

export type Reply = string | number | null;

/** The reply at the start of the bytes (Error: an error reply) and where it ends; undefined while it is not whole. */
export function parseReply(bytes: Buffer): { readonly reply: Reply | Error; readonly length: number } | undefined {
  const end = bytes.indexOf('\r\n');
  if (end < 0) return undefined;
  const line = bytes.toString('latin1', 1, end);
  const length = end + 2;
  switch (String.fromCharCode(bytes[0]!)) {
    case '+':
      return { reply: line, length };
    case '-':
      return { reply: new Error(line), length };
    case ':':
      return { reply: Number(line), length };
    case '$': {
      const size = Number(line);
      if (size < 0) return { reply: null, length };
      if (bytes.length < length + size + 2) return undefined;
      return { reply: bytes.toString('latin1', length, length + size), length: length + size + 2 };
    }
    default:
      throw new Error(`not a reply: ${bytes.toString('latin1', 0, 40)}`);
  }
}

export const commandBytes = (words: readonly string[]): string =>
  `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;

export class RedisConnection {
  readonly #socket: Socket;
  #bytes = Buffer.alloc(0);
  #answered: ((reply: Reply | Error) => void) | undefined;
  #closed: Error | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#received(chunk));
    socket.on('error', (error) => this.#end(error));
    socket.on('close', () => this.#end(new Error('the connection was closed')));
  }

  static open(host: string, port: number, timeoutMs: number): Promise<RedisConnection> {
    return new Promise((done, failed) => {
      const socket = connect(port, host);
      socket.setTimeout(timeoutMs, () => socket.destroy(new Error('no connection in time')));
      socket.once('error', failed);
      socket.once('connect', () => {
        socket.setTimeout(0);
        socket.off('error', failed);
        done(new RedisConnection(socket));
      });
    });
  }

  /** Rejects with what redis says against it, and when the connection is lost; waits as long as it takes. */
  async command(...words: readonly string[]): Promise<Reply> {
    if (this.#closed !== undefined) throw this.#closed;
    const reply = await new Promise<Reply | Error>((done) => {
      this.#answered = done;
      this.#socket.write(commandBytes(words));
    });
    if (reply instanceof Error) throw reply;
    return reply;
  }

  close(): void {
    this.#closed = new Error('closed here');
    this.#socket.destroy();
  }

  #received(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    const parsed = parseReply(this.#bytes);
    if (parsed === undefined) return;
    this.#bytes = this.#bytes.subarray(parsed.length);
    const answered = this.#answered;
    this.#answered = undefined;
    if (answered === undefined) this.#end(new Error('a reply that nobody has asked for'));
    else answered(parsed.reply);
  }

  #end(error: Error): void {
    this.#closed ??= error;
    this.#answered?.(this.#closed);
    this.#answered = undefined;
  }
}
