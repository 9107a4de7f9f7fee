/**
 * One line each way over a stream socket, and then its end: what agents and nodes have with who asks them.
 *
 * Invariant: who connects and says nothing, says a line without an end, or does not take the answer, is let go in its
 * time, and has not cost more than LINE_MAX until then. What comes behind the line is not read.
 */

import type { Socket } from 'node:net';

/** Characters. Longer is nobody's line. */
const LINE_MAX = 1 << 20;
/** Who has not taken the answer by then goes without. */
const TAKEN_MS = 5000;

/** The first line that comes, without its end. Rejects when none does within `limitMs`; the socket is the caller's. */
export function firstLine(socket: Socket, limitMs: number): Promise<string> {
  return new Promise((done, failed) => {
    let text = '';
    const settle = (): void => {
      clearTimeout(timer);
      socket.off('data', take);
      socket.pause();
    };
    const fail = (error: Error): void => {
      settle();
      failed(error);
    };
    const take = (chunk: string): void => {
      const end = chunk.indexOf('\n');
      text += end < 0 ? chunk : chunk.slice(0, end);
      if (text.length > LINE_MAX) fail(new Error('the line has no end'));
      else if (end >= 0) {
        settle();
        done(text);
      }
    };
    // A process that has stood still hears first what came meanwhile.
    const timer = setTimeout(() => setImmediate(() => fail(new Error('no answer'))), limitMs);
    socket.setEncoding('utf8');
    socket.on('error', fail);
    socket.on('close', () => fail(new Error('the other side closed the connection')));
    socket.on('data', take);
  });
}

/** Says this and ends the connection. */
export function lastWords(socket: Socket, text: string): void {
  const timer = setTimeout(() => socket.destroy(), TAKEN_MS);
  socket.on('close', () => clearTimeout(timer));
  socket.end(text, () => socket.destroy());
}
