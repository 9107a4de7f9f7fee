/** A connection over which an image is made equal to another, and how it is told from one of the logging channel. */

import type { Socket } from 'node:net';
import {
  encodeMirror,
  isMirror,
  type MirrorMessage,
  MirrorSplitter,
  SNIFFED_BYTES,
} from '../../ft/disk/mirror-message.ts';
import { type MessageEars, MessageSocket } from '../ft/message-socket.ts';
import { asksForKey } from '../ft/transport.ts';

export class MirrorStream extends MessageSocket<MirrorMessage> {
  constructor(socket: Socket, ears: MessageEars<MirrorMessage>) {
    super(socket, { splitter: new MirrorSplitter(), encode: encodeMirror }, ears);
  }
}

/** What a connection is for. 'keyed': nothing here, as who has opened it wants to see a key that this side has not. */
export type Opening = 'mirror' | 'channel' | 'keyed';

/**
 * Whether who has connected is to make an image equal, or opens the logging channel; what was read is put back, and the
 * socket is paused. Undefined when it closes, or says nothing for `timeoutMs`: it is closed then.
 */
export function openingOf(socket: Socket, timeoutMs: number): Promise<Opening | undefined> {
  return new Promise((done) => {
    let first: Uint8Array = new Uint8Array(0);
    const end = (answer: Opening | undefined): void => {
      clearTimeout(timer);
      socket.off('data', heard).off('error', gone).off('close', gone);
      socket.pause();
      if (answer === undefined) socket.destroy();
      else socket.unshift(first);
      done(answer);
    };
    const heard = (chunk: Uint8Array): void => {
      first = Buffer.concat([first, chunk]);
      if (first.length < SNIFFED_BYTES) return;
      if (asksForKey(first)) end('keyed');
      else end(isMirror(first) ? 'mirror' : 'channel');
    };
    const gone = (): void => end(undefined);
    const timer = setTimeout(gone, timeoutMs);
    socket.on('data', heard).on('error', gone).on('close', gone);
  });
}
