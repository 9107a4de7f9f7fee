/**
 * `lockstep dap`: the debug adapter for the editor that started it, on standard input and output, or for those that
 * connect to a port of the loopback, each with a recording of its own.
 */

import { createServer } from 'node:net';
import { DapConnection } from '../host/dap/dap-connection.ts';
import { reasonOf } from '../host/os-errors.ts';
import { UserError } from '../lib/errors.ts';
import { openDap } from './dap-launch.ts';

const HOST = '127.0.0.1';
const ports = {
  open: openDap,
  defect: (error: unknown): void =>
    void process.stderr.write(
      `lockstep: this is a defect of lockstep, please report it:\n${error instanceof Error ? error.stack : error}\n`,
    ),
};

/** Until the editor has gone, or SIGINT or SIGTERM. */
export async function serveStdio(): Promise<void> {
  const connection = new DapConnection(process.stdin, process.stdout, ports);
  await untilSignal(connection.done, () => connection.end());
}

/** Until SIGINT or SIGTERM. `listening` is told the address. UserError when the port cannot be had. */
export async function servePort(port: number, listening: (address: string) => void): Promise<void> {
  const connections = new Set<DapConnection>();
  const server = createServer({ noDelay: true }, (socket) => {
    const connection = new DapConnection(socket, socket, ports);
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
