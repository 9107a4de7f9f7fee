/** The block server's first words, and the client's answer to them. Spec: proto.md, "Fixed newstyle negotiation". */

import type { Socket } from 'node:net';
import { bytesOf } from './byte-parts.ts';
import { HANDSHAKE_MAGIC, Handshake, OPTION_MAGIC } from './nbd.ts';
import type { SocketBytes } from './socket-bytes.ts';

/** The flags that the client has chosen (`Handshake`); undefined: the connection is to be ended. */
export async function greet(socket: Socket, input: SocketBytes): Promise<number | undefined> {
  const offered = Handshake.fixedNewstyle | Handshake.noZeroes;
  socket.write(bytesOf([HANDSHAKE_MAGIC, 8], [OPTION_MAGIC, 8], [offered, 2]));
  const flags = (await input.take(4))?.readUInt32BE();
  return flags === undefined || (flags & ~offered) !== 0 ? undefined : flags;
}
