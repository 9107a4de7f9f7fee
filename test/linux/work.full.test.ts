/** Unmodified programs on a virtio disk under `record`: redis and its benchmark, sqlite3, ext4 made in the guest. */
import { beforeAll, describe, expect, test } from 'vitest';
import { MIB, replay, testFolder } from '../host/support.ts';
import { BUILD_MS, bytesPerThousand, emptyDisk, type LinuxGuest, linuxGuest, noGuest, recordLinux } from './guest.ts';

const folder = testFolder();
const skipped = noGuest === undefined ? '' : ` (skipped: ${noGuest})`;
const REQUESTS = Number(process.env.LOCKSTEP_LINUX_REQUESTS ?? 2000);
const TASK = [
  'mkfs.ext4 -q /dev/vda',
  'mkdir /mnt',
  'mount -t ext4 /dev/vda /mnt',
  'redis-server --daemonize yes --dir /mnt > /dev/null',
  'until redis-cli ping; do sleep 0.2; done',
  `redis-benchmark -n ${REQUESTS} -t set,get -q`,
  'redis-cli save',
  "sqlite3 /mnt/t.db 'create table t(a, b); insert into t values (1, 2), (3, 4); select sum(a * b) from t'",
  'redis-cli shutdown',
  'ls -l /mnt',
  'umount /mnt',
].join('; ');

describe.skipIf(noGuest !== undefined)(`Debian at work${skipped}`, () => {
  let guest: LinuxGuest;
  beforeAll(() => {
    guest = linuxGuest();
  }, BUILD_MS);

  test('redis and sqlite3 on ext4 on a virtio disk', async () => {
    const file = folder.path('work.lks');
    const path = emptyDisk(folder.path('disk.img'), 64 * MIB);
    const drives = [{ path, mode: 'cow' as const }];
    const live = await recordLinux(guest, file, { initrd: guest.full, words: 'extra=1', task: TASK, drives });
    for (const said of ['PONG', 'SET: ', 'GET: ', 'OK', '\n14\n', 'dump.rdb', 't.db'])
      expect(live.text).toContain(said);
    expect(bytesPerThousand(live)).toBeLessThan(2);
    expect(live.outcome.totals.events.disk).toBeGreaterThan(50);
    const again = await replay(file);
    expect(again.outcome, JSON.stringify(again.outcome.divergence)).toMatchObject({ ending: 'halted', exitCode: 0 });
    expect(again.outcome.totals.ticks).toBe(live.outcome.totals.ticks);
    expect(again.text).toBe(live.text);
  });
});
