/** The guest on a real network without privilege: Debian's passt at the other end of the stream socket. */
import { spawn, spawnSync } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { record, replay, testFolder } from './support.ts';

const folder = testFolder();
const absent = spawnSync('passt', ['--version']).error !== undefined;
const PORT = 27_000 + (process.pid % 1000);

/** Asks again until there is an answer: a datagram may be lost, the first ones to learn addresses are. */
async function ask(socket: Socket, request: string): Promise<string> {
  const answer = new Promise<string>((done) => socket.once('message', (data) => done(data.toString().trim())));
  for (;;) {
    socket.send(request, PORT, '127.0.0.1');
    const got = await Promise.race([answer, sleep(500)]);
    if (got !== undefined) return got;
  }
}

test.skipIf(absent)('udp-kv behind passt answers a client of the host, and the recording replays', async () => {
  // passt gives up its privileges and must still be able to make its socket.
  const place = folder.path('net');
  mkdirSync(place);
  chmodSync(place, 0o777);
  chmodSync(folder.path('.'), 0o755);
  const path = `${place}/passt.sock`;
  const address = ['-a', '10.0.2.15', '-n', '255.255.255.0', '-g', '10.0.2.2', '-t', 'none', '-u', `${PORT}:7000`];
  const passt = spawn('passt', ['--foreground', '--quiet', '--one-off', '--socket', path, ...address], {
    stdio: 'ignore',
  });
  const client = createSocket('udp4');
  try {
    while (!existsSync(path)) {
      expect(passt.exitCode, 'passt ended').toBeNull();
      await sleep(20);
    }
    const file = folder.path('passt.lks');
    const answers: string[] = [];
    const live = await record('udp-kv', file, { nets: [{ peer: { kind: 'unix', path } }] }, async (ui) => {
      await ui.output.until((text) => text.includes('serving'));
      for (const request of ['SET colour green', 'GET colour', 'QUIT']) answers.push(await ask(client, request));
    });
    expect(answers).toEqual(['OK', 'VALUE green', 'BYE']);
    expect(live).toMatchObject({ notices: [], outcome: { ending: 'halted', exitCode: 0 } });
    expect((await replay(file)).text).toBe(live.text);
  } finally {
    client.close();
    passt.kill();
  }
});
