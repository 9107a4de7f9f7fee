/** A Debian web server that moves from host to host under a download: one TCP connection, no byte wrong. */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { announcement } from '../../src/host/ports/announcement.ts';
import { testFolder } from '../host/support.ts';
import { Hosts, MovableCable, noHosts } from '../host/switch/namespaces.ts';
import { BUILD_MS, type LinuxGuest, linuxGuest, noGuest, recordLinux } from './guest.ts';

const folder = testFolder();
const absent = noGuest ?? noHosts('ping', 'curl');
const skipped = absent === undefined ? '' : ` (skipped: ${absent})`;
const MAC = Uint8Array.of(0x52, 0x54, 0, 0x12, 0x34, 0x56);
const BETWEEN_MOVES_MS = 400;
/** Serves until a line is typed. */
const TASK = [
  'nginx',
  'dd if=/dev/urandom of=/var/www/big bs=1024 count=2048 2> /dev/null',
  'echo sum $(sha256sum < /var/www/big)',
  'echo serving',
  'read line',
].join('; ');

describe.skipIf(absent !== undefined)(`Debian on a switch${skipped}`, () => {
  let guest: LinuxGuest;
  let hosts: Hosts | undefined;
  let cable: MovableCable | undefined;
  beforeAll(() => {
    guest = linuxGuest();
  }, BUILD_MS);
  afterEach(async () => {
    await cable?.cut();
    await hosts?.remove();
  });

  test('curl on another host goes on downloading while the guest moves from switch to switch', async () => {
    const network = new Hosts();
    hosts = network;
    const [lanA, lanB, path] = [folder.path('a.sock'), folder.path('b.sock'), folder.path('guest.sock')];
    await network.startSwitch('a', lanA);
    await network.startSwitch('b', lanB);
    const movable = await MovableCable.lay(path, [lanA, lanB]);
    cable = movable;
    let moves = 0;
    let big: Buffer = Buffer.alloc(0);
    const run = {
      initrd: guest.full,
      words: 'net_ip=10.0.2.15/24',
      task: TASK,
      nets: [{ peer: { kind: 'unix', path } as const }],
    };
    const live = await recordLinux(guest, folder.path('nginx.lks'), run, async (ui) => {
      await ui.output.until((text) => text.includes('serving\n'));
      let downloading = true;
      const download = network
        .client('curl', ['--silent', '--show-error', '--fail', '--limit-rate', '400k', 'http://10.0.2.15/big'])
        .finally(() => {
          downloading = false;
        });
      while (downloading) {
        await Promise.race([download, sleep(BETWEEN_MOVES_MS)]);
        if (!downloading) break;
        movable.move(announcement(MAC));
        moves++;
      }
      big = await download;
      await network.client('ping', ['-c', '3', '-i', '0.2', '10.0.2.15']);
      ui.input.write('done\n');
    });
    expect(live.text).toContain(`sum ${createHash('sha256').update(big).digest('hex')}`);
    expect(moves).toBeGreaterThan(4);
    for (const frames of movable.carried) expect(frames).toBeGreaterThan(100);
  });
});
