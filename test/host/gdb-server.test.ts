/** The gdb server's socket: who gets in, who is sent away, and how it ends. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { GdbServer } from '../../src/host/gdb-server.ts';
import { framed } from '../debug/gdb/toy-gdb.ts';
import { ToyTarget } from '../debug/gdb/toy-target.ts';

const open: GdbServer[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

async function serve(target = new ToyTarget(), port = 0): Promise<GdbServer> {
  const server = await GdbServer.listen({
    target,
    port,
    ports: {
      breathe: async () => {
        await new Promise(setImmediate);
        return false;
      },
      rested: () => {},
      live: async () => '',
      notice: () => {},
      ownGdb: false,
    },
  });
  open.push(server);
  return server;
}

class Client {
  readonly socket: Socket;
  #text = '';

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => {});
    socket.setEncoding('latin1').on('data', (text: string) => {
      this.#text += text;
    });
  }
  static async attach({ address }: GdbServer): Promise<Client> {
    const [host, port] = address.split(':');
    const socket = connect(Number(port), host);
    await once(socket, 'connect');
    return new Client(socket);
  }
  say(bytes: Uint8Array | string): void {
    this.socket.write(bytes);
  }
  /** What has come, once it holds a packet that matches. */
  async heard(pattern: RegExp): Promise<string> {
    while (!pattern.test(this.#text)) await once(this.socket, 'data');
    const text = this.#text;
    this.#text = '';
    return text;
  }
}

test('one debugger is served, a second is told so and sent away', async () => {
  const server = await serve();
  const first = await Client.attach(server);
  first.say(framed('qC'));
  await first.heard(/\$QC1#/);
  const second = await Client.attach(server);
  const closed = once(second.socket, 'close');
  second.say(framed('qSupported'));
  expect(await second.heard(/#../)).toContain('$E.another debugger is attached to this recording#');
  second.say(framed('vMustReplyEmpty'));
  await closed;
  first.say(framed('qC'));
  await first.heard(/\$QC1#/);
});

test('a debugger that goes without a word makes room for the next, even in the midst of a run', async () => {
  const target = new ToyTarget(10_000_000);
  const server = await serve(target);
  const first = await Client.attach(server);
  first.say(framed('c'));
  await first.heard(/\+/);
  first.socket.destroy();
  for (;;) {
    const next = await Client.attach(server);
    next.say(framed('?'));
    const answer = await next.heard(/#../);
    next.socket.destroy();
    if (answer.includes('$T')) break;
  }
  expect(target.now).toBeLessThan(target.end);
});

test('an interrupt ends a long run', async () => {
  const target = new ToyTarget(10_000_000);
  const client = await Client.attach(await serve(target));
  client.say(framed('c'));
  await client.heard(/\+/);
  client.say('\x03');
  await client.heard(/\$T02/);
  expect(target.now).toBeLessThan(target.end);
});

test('detaching and killing end it', async () => {
  for (const packet of ['D', 'k', 'vKill;a410']) {
    const server = await serve();
    const client = await Client.attach(server);
    const closed = once(client.socket, 'close');
    client.say(framed(packet));
    await server.done;
    await server.close();
    await closed;
  }
});

test('closing it lets a debugger go', async () => {
  const server = await serve();
  const client = await Client.attach(server);
  client.say(framed('qC'));
  await client.heard(/QC1/);
  const closed = once(client.socket, 'close');
  await server.close();
  await closed;
  await server.done;
});

test('a port that is taken is an error of the operator', async () => {
  const port = Number((await serve()).address.split(':')[1]);
  await expect(serve(new ToyTarget(), port)).rejects.toMatchObject({ code: 'bad-port', exitCode: 2 });
});
