/** What the door of an agent reads and keeps of who connects. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { openDoor } from '../../../src/host/cluster/agent-door.ts';
import type { AgentAnswer } from '../../../src/host/cluster/agent-messages.ts';

/** A door whose answer is that of the test, and a connection to it. */
async function connected(answer: () => Promise<AgentAnswer>): Promise<Socket> {
  const listen = { host: '127.0.0.1', port: 0 };
  const { endpoint, close } = await openDoor(listen, undefined, answer, () => {});
  const socket = connect({ ...endpoint, allowHalfOpen: true }).on('error', () => {});
  onTestFinished(() => {
    socket.destroy();
    close();
  });
  await once(socket, 'connect');
  return socket;
}

test('what comes behind a line is not collected while it is answered', async () => {
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<AgentAnswer>();
  const socket = await connected(() => {
    asked.resolve();
    return answer.promise;
  });
  let isTaken = false;
  socket.write('{"kind":"who"}\n');
  await asked.promise;
  socket.write(Buffer.alloc(64 << 20, 'x'), (error) => {
    isTaken = !error;
  });
  await new Promise((done) => setTimeout(done, 500));
  expect(isTaken).toBe(false);
  answer.resolve({ kind: 'done' });
  await new Promise<void>((done) => socket.once('close', () => done()));
});

test('a connection ends with the answer, also one that its maker keeps open', async () => {
  const socket = await connected(async () => ({ kind: 'done' }));
  let said = '';
  let closed = false;
  socket.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  socket.on('close', () => {
    closed = true;
  });
  socket.write('{"kind":"who"}\n');
  await once(socket, 'end');
  expect(JSON.parse(said)).toEqual({ kind: 'done' });
  while (!closed) {
    socket.write('x');
    await new Promise((done) => setTimeout(done, 5));
  }
});
