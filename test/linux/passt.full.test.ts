/** A Debian web server on a real network: clients of the host fetch through passt while it is recorded. */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { replay, testFolder } from '../host/support.ts';
import { BUILD_MS, type LinuxGuest, linuxGuest, noGuest, recordLinux } from './guest.ts';

const folder = testFolder();
const absent =
  spawnSync('passt', ['--version']).error === undefined ? noGuest : 'passt is not there: apt install passt';
const skipped = absent === undefined ? '' : ` (skipped: ${absent})`;
const PORT = 28_000 + (process.pid % 1000);
const PAGE = `http://127.0.0.1:${PORT}/`;
const INDEX = new URL('../../samples/linux/rootfs/var/www/index.html', import.meta.url);
const CLIENTS = 4;
const FETCHES = 10;
/** Serves until a line is typed. */
const TASK = [
  'nginx',
  'dd if=/dev/urandom of=/var/www/big bs=1024 count=2048 2> /dev/null',
  'echo sum $(sha256sum < /var/www/big)',
  'echo serving',
  'read line',
].join('; ');

/** The whole answer to one request; asks again while nothing answers yet. */
async function fetched(path: string): Promise<Buffer> {
  for (;;) {
    try {
      const answer = await fetch(PAGE + path, { headers: { connection: 'close' } });
      if (answer.status === 200) return Buffer.from(await answer.arrayBuffer());
    } catch {
      // Refused, or closed by passt while the guest had no address.
    }
    await sleep(200);
  }
}

async function startPasst(): Promise<{ path: string; stop(): void }> {
  // passt gives up its privileges and must still be able to make its socket.
  const place = folder.path('net');
  mkdirSync(place);
  chmodSync(place, 0o777);
  chmodSync(folder.path('.'), 0o755);
  const path = `${place}/passt.sock`;
  const address = ['-a', '10.0.2.15', '-n', '255.255.255.0', '-g', '10.0.2.2', '-t', `${PORT}:80`, '-u', 'none'];
  const options = ['--foreground', '--quiet', '--one-off', '--socket', path, ...address];
  const passt = spawn('passt', options, { stdio: 'ignore' });
  while (!existsSync(path)) {
    expect(passt.exitCode, 'passt ended').toBeNull();
    await sleep(20);
  }
  return { path, stop: () => passt.kill() };
}

describe.skipIf(absent !== undefined)(`Debian on a network${skipped}`, () => {
  let guest: LinuxGuest;
  beforeAll(() => {
    guest = linuxGuest();
  }, BUILD_MS);

  test('nginx behind passt serves several clients of the host, and the recording replays', async () => {
    const file = folder.path('nginx.lks');
    const passt = await startPasst();
    const answers = new Set<string>();
    let big: Buffer = Buffer.alloc(0);
    try {
      const live = await recordLinux(
        guest,
        file,
        {
          initrd: guest.full,
          words: 'net_ip=10.0.2.15/24 net_gw=10.0.2.2',
          task: TASK,
          nets: [{ peer: { kind: 'unix', path: passt.path } }],
        },
        async (ui) => {
          await ui.output.until((text) => text.includes('serving\n'));
          const client = async (): Promise<void> => {
            for (let i = 0; i < FETCHES; i++) answers.add((await fetched('index.html')).toString());
          };
          await Promise.all(Array.from({ length: CLIENTS }, client));
          big = await fetched('big');
          ui.input.write('done\n');
        },
      );
      expect([...answers]).toEqual([readFileSync(INDEX, 'utf8')]);
      expect(live.text).toContain(`sum ${createHash('sha256').update(big).digest('hex')}`);
      expect(live.outcome.totals.events.packet).toBeGreaterThan(CLIENTS * FETCHES * 3);
      const again = await replay(file);
      expect(again.outcome, JSON.stringify(again.outcome.divergence)).toMatchObject({ ending: 'halted', exitCode: 0 });
      expect(again.text).toBe(live.text);
    } finally {
      passt.stop();
    }
  });
});
