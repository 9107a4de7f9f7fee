/**
 * Questions over UDP. Each is one datagram from a port of its own, so that an answer belongs to its question, however
 * late, and one that comes twice is seen. Nothing is asked again: a second datagram would be a second operation.
 */
import { createSocket } from 'node:dgram';
import { nowMs } from '../history.ts';

/** How long a port listens for an answer that is late, or comes twice. */
const LISTEN_MS = 3000;

export class Datagrams {
  readonly #host: string;
  readonly #port: number;
  readonly faults: string[] = [];
  duplicates = 0;

  constructor(host: string, port: number) {
    this.#host = host;
    this.#port = port;
  }

  /** `heard` gets the answer, without its final newline, and when it came: once, or never. */
  ask(question: string, heard: (answer: string, atMs: number) => void): void {
    const socket = createSocket('udp4');
    let first: string | undefined;
    socket.on('message', (bytes) => {
      const answer = bytes.toString('latin1').replace(/\n$/, '');
      if (first === undefined) {
        first = answer;
        heard(answer, nowMs());
      } else if (first === answer) this.duplicates++;
      else this.faults.push(`"${question}" was answered "${first}", then "${answer}"`);
    });
    // What the network says of a datagram is the same to us as its silence.
    socket.on('error', () => {});
    socket.send(question, this.#port, this.#host);
    setTimeout(() => socket.close(), LISTEN_MS).unref();
  }
}
