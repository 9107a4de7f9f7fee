/**
 * Whose a connection on the loopback is, as Linux tells in proc_net(5), /proc/net/tcp: one line for each end, with its
 * two addresses and the user it belongs to. Other systems do not tell, and there nobody is known to be another.
 */

import { readFileSync } from 'node:fs';
import { endianness } from 'node:os';

const TABLE = '/proc/net/tcp';

/** An IPv4 address and a port. */
export interface TcpEnd {
  readonly address: string;
  readonly port: number;
}

/** Whether the process at `peer`, connected to `own` on this host, may be of the user that this process is of. */
export function isSameUser(peer: TcpEnd, own: TcpEnd): boolean {
  let table: string;
  try {
    table = readFileSync(TABLE, 'latin1');
  } catch {
    return true;
  }
  return userOf(table, peer, own) === process.getuid?.();
}

/** The user of the end `peer` of a connection to `own`; undefined when it is not there, or not any more. */
export function userOf(table: string, peer: TcpEnd, own: TcpEnd): number | undefined {
  const [from, to] = [endText(peer), endText(own)];
  for (const line of table.split('\n')) {
    const [, local, remote, , , , , user] = line.trim().split(/\s+/);
    if (local === from && remote === to) return Number(user);
  }
  return undefined;
}

/** The kernel prints the address as a number, in the host's order of bytes, and the port as it is read. */
function endText({ address, port }: TcpEnd): string {
  const bytes = address.split('.').map(Number);
  const ordered = endianness() === 'LE' ? bytes.reverse() : bytes;
  return `${Buffer.from(ordered).toString('hex')}:${port.toString(16).padStart(4, '0')}`.toUpperCase();
}
