/** Clients of the guest that run in the bench's own process. They give the time of each answer, in milliseconds. */

import { createSocket, type Socket } from 'node:dgram';
import { Agent, get } from 'node:http';

const CONNECTIONS = 4;
const ANSWER_MS = 2000;
const RETRY_MS = 250;
const QUIET_MS = 1000;
/** For a guest that is not up yet. */
const START_MS = 600_000;

/** Pages over a few connections that stay open. An error for an answer that is not 200. */
export async function fetchPages(port: number, count: number): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const times: number[] = [];
  let left = count;
  const client = async (): Promise<void> => {
    while (left-- > 0) {
      const from = performance.now();
      await page(agent, port);
      times.push(performance.now() - from);
    }
  };
  try {
    await Promise.all(Array.from({ length: CONNECTIONS }, client));
  } finally {
    agent.destroy();
  }
  return times;
}

function page(agent: Agent, port: number): Promise<void> {
  return new Promise((done, failed) => {
    const request = get({ host: '127.0.0.1', port, agent }, (response) => {
      response.on('end', done).on('error', failed).resume();
      if (response.statusCode !== 200) failed(new Error(`nginx answered ${response.statusCode}`));
    });
    request.setTimeout(START_MS, () => request.destroy(new Error('nginx does not answer')));
    request.on('error', failed);
  });
}

/** One request to `udp-kv` after another, each when the last is answered; then it is told to quit. */
export async function askInTurn(port: number, count: number, over: Promise<unknown>): Promise<number[]> {
  const socket = createSocket('udp4');
  let isOver = false;
  void over.then(() => {
    isOver = true;
  });
  try {
    await new Promise<void>((done) => socket.connect(port, '127.0.0.1', done));
    socket.on('error', () => {});
    for (let waited = 0; !(await answered(socket, 'SET ping pong', RETRY_MS)); waited += RETRY_MS) {
      if (isOver || waited > START_MS) throw new Error('udp-kv does not answer');
    }
    await quiet(socket);
    const times: number[] = [];
    for (let i = 0; i < count; i++) {
      const from = performance.now();
      // A datagram may be lost; its time is none, and its answer none to the next.
      if (await answered(socket, 'GET ping', ANSWER_MS)) times.push(performance.now() - from);
      else await quiet(socket);
    }
    await answered(socket, 'QUIT', ANSWER_MS);
    return times;
  } finally {
    socket.close();
  }
}

/** Waits until no answer has come for a while: those to requests that were given up are under way. */
function quiet(socket: Socket): Promise<void> {
  return new Promise((done) => {
    const end = (): void => {
      socket.removeListener('message', again);
      done();
    };
    let limit = setTimeout(end, QUIET_MS);
    const again = (): void => {
      clearTimeout(limit);
      limit = setTimeout(end, QUIET_MS);
    };
    socket.on('message', again);
  });
}

function answered(socket: Socket, request: string, limitMs: number): Promise<boolean> {
  return new Promise((done) => {
    const end = (answer: boolean) => (): void => {
      clearTimeout(limit);
      socket.removeListener('message', message);
      done(answer);
    };
    const message = end(true);
    const limit = setTimeout(end(false), limitMs);
    socket.on('message', message);
    socket.send(request, () => {});
  });
}
