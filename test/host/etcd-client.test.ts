/** The client of etcd's gateway against servers that are none, or not well: proxies in front of one, for instance. */
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { EtcdClient } from '../../src/host/etcd/etcd-client.ts';

const patient = { timeout: 60_000, interval: 20 };
/** More than sockets and streams hold by themselves. */
const PAGE = Buffer.alloc(8 << 20, 'x');

/** A client of such a server, and how many connections that has. */
async function clientOf(answer: RequestListener) {
  const server = createServer(answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = new EtcdClient({ endpoints: [{ host: '127.0.0.1', port }] });
  onTestFinished(() => {
    client.close();
    server.closeAllConnections();
    server.close();
  });
  const connections = (): Promise<number> =>
    new Promise((done, failed) => server.getConnections((error, count) => (error ? failed(error) : done(count))));
  return { client, connections };
}

test('a watch that is answered by an error and a long page leaves no connection', async () => {
  const { client, connections } = await clientOf((_request, answer) => void answer.writeHead(503).end(PAGE));
  for (let times = 0; times < 3; times++) {
    const parts = client.stream('/v3/watch', {}, new AbortController().signal);
    await expect(parts.next()).rejects.toThrow('HTTP status 503');
  }
  await expect.poll(connections, patient).toBe(0);
});

test('a call whose answer is a long page, or too long, fails and leaves no connection', async () => {
  const { client, connections } = await clientOf(({ url }, answer) => {
    answer.writeHead(503).write(PAGE);
    if (url === '/long') answer.write(PAGE);
    answer.end(PAGE);
  });
  await expect(client.call('/page', {}, 60_000)).rejects.toThrow('no etcd');
  await expect(client.call('/long', {}, 60_000)).rejects.toThrow('too long');
  await expect.poll(connections, patient).toBe(0);
});

test('a call that is answered in another protocol fails', async () => {
  const { client } = await clientOf(({ socket }) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: other\r\n\r\n');
  });
  await expect(client.call('/v3/kv/range', {}, 60_000)).rejects.toThrow('without an answer');
  await expect(client.once('/v3/kv/txn', {}, 60_000)).rejects.toThrow('without an answer');
});
