/**
 * `lockstep dap`: the debug adapter for the editor that started it, on standard input and output, or for those that
 * connect to a port of the loopback, each with a recording of its own. Who commands gdb runs programs with it: on a
 * port other users of this host are turned away, and no client names the program that is to be gdb.
 */

import { createServer, type Socket } from 'node:net';
import type { AdapterPorts } from '../debug/dap/adapter.ts';
import type { LaunchWords } from '../debug/dap/launch-words.ts';
import { DapConnection, type Peer } from '../host/dap/dap-connection.ts';
import { isSameUser } from '../host/dap/same-user.ts';
import { reasonOf } from '../host/os-errors.ts';
import { UserError } from '../lib/errors.ts';
import { tellDefect } from './command.ts';
import { openDap } from './dap-launch.ts';
import { say } from './live.ts';

const HOST = '127.0.0.1';
/** In place of a program: no gdb at all. */
export const NO_GDB = 'none';

type Ports = Pick<AdapterPorts, 'open' | 'defect'>;

/** Until the editor has gone, or SIGINT or SIGTERM. `gdb`: for a client that says nothing of one. */
export async function serveStdio(gdb: string | undefined): Promise<void> {
  const connection = new DapConnection(process.stdin, process.stdout, 'starter', portsFor('starter', gdb));
  await untilSignal(connection.done, () => connection.end());
}

/** Until SIGINT or SIGTERM. `listening` is told the address. UserError when the port cannot be had. */
export async function servePort(
  port: number,
  gdb: string | undefined,
  listening: (address: string) => void,
): Promise<void> {
  const ports = portsFor('anybody', gdb);
  const connections = new Set<DapConnection>();
  const server = createServer({ noDelay: true }, (socket) => {
    if (!isOwn(socket)) {
      say('a connection of another user of this host is refused');
      socket.destroy();
      return;
    }
    const connection = new DapConnection(socket, socket, 'anybody', ports);
    connections.add(connection);
    const over = (): void => void connections.delete(connection);
    connection.done.then(over, (error) => {
      over();
      ports.defect(error);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      const what = `port ${port} of ${HOST} cannot be used: ${reasonOf(error)}`;
      reject(new UserError('bad-port', what, 'give another --port, or 0 for any free one', undefined, error));
    });
    server.listen(port, HOST, resolve);
  });
  const closed = new Promise<void>((resolve) => server.once('close', resolve));
  listening(`${HOST}:${(server.address() as { readonly port: number }).port}`);
  await untilSignal(closed, () => {
    server.close();
    for (const connection of connections) connection.end();
  });
}

function portsFor(peer: Peer, own: string | undefined): Ports {
  return {
    open: async (words, ports, stop) => await openDap({ ...words, gdb: gdbFor(peer, words.gdb, own) }, ports, stop),
    defect: tellDefect,
  };
}

function gdbFor(peer: Peer, wanted: LaunchWords['gdb'], own: string | undefined): LaunchWords['gdb'] {
  if (peer === 'anybody' && typeof wanted === 'string') {
    const what = 'a client on a port cannot name the program that is run as gdb';
    throw new UserError('gdb-refused', what, 'leave "gdb" out, and start the adapter with: lockstep dap --gdb PROGRAM');
  }
  return wanted ?? (own === NO_GDB ? false : own);
}

/** A client that has gone already is nobody's. */
function isOwn({ remoteAddress, remotePort, localAddress, localPort }: Socket): boolean {
  if (remoteAddress === undefined || remotePort === undefined) return false;
  if (localAddress === undefined || localPort === undefined) return false;
  return isSameUser({ address: remoteAddress, port: remotePort }, { address: localAddress, port: localPort });
}

async function untilSignal(done: Promise<void>, stop: () => void): Promise<void> {
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  try {
    await done;
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}
