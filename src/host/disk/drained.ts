/** Holding on for a peer that reads slowly: what is not taken stays in this process's memory. */

import type { Socket } from 'node:net';

/** Resolves when what was written has left this process, or the socket is closed; at once when little is unsent. */
export async function drained(socket: Socket): Promise<void> {
  if (socket.closed || !socket.writableNeedDrain) return;
  await new Promise<void>((done) => {
    const settle = (): void => {
      socket.off('drain', settle).off('close', settle);
      done();
    };
    socket.on('drain', settle).on('close', settle);
  });
}
