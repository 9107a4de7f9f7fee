import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { Heartbeats } from '../../../src/host/ft/heartbeats.ts';
import { onOnePort } from '../../../src/host/ft/one-port.ts';

const at = (port: number) => ({ host: '127.0.0.1', port });

/** Gives the ports that a system might, one after the other. */
function door(...ports: readonly number[]) {
  const log: string[] = [];
  const left = [...ports];
  return {
    log,
    open: async (endpoint: { readonly port: number }) => {
      const port = endpoint.port === 0 ? left.shift()! : endpoint.port;
      log.push(`open ${port}`);
      return at(port);
    },
    close: () => void log.push('close'),
  };
}

/** Has a UDP port that nobody else gets. */
async function takenPort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  onTestFinished(() => void socket.close());
  await once(socket, 'listening');
  return socket.address().port;
}

async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
}

test('a port that the system gives and that is not free over UDP is exchanged for another', async () => {
  const [taken, free] = [await takenPort(), await freePort()];
  const tcp = door(taken, free);
  const both = await onOnePort(at(0), tcp, (endpoint) => Heartbeats.at(endpoint, undefined));
  expect(both.taken).toEqual(at(free));
  expect(tcp.log).toEqual([`open ${taken}`, 'close', `open ${free}`]);
  both.opened.close();
});

test('a port that was asked for is that one or none', async () => {
  const taken = await takenPort();
  const tcp = door();
  const both = onOnePort(at(taken), tcp, (endpoint) => Heartbeats.at(endpoint, undefined));
  await expect(both).rejects.toMatchObject({ code: 'bad-listen', exitCode: 2 });
  expect(tcp.log).toEqual([`open ${taken}`, 'close']);
});
