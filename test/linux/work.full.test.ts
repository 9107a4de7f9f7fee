/** Unmodified programs on a virtio disk under `record`: redis and its benchmark, sqlite3, ext4 made in the guest. */
import { existsSync, rmSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { MIB, replay, testFolder } from '../host/support.ts';
import {
  BUILD_MS,
  bytesPerThousand,
  emptyDisk,
  type LinuxGuest,
  linuxGuest,
  noGuest,
  OPENSBI,
  recordLinux,
} from './guest.ts';

const folder = testFolder();
const skipped = noGuest === undefined ? '' : ` (skipped: ${noGuest})`;
const REQUESTS = Number(process.env.LOCKSTEP_LINUX_REQUESTS ?? 2000);
/** What redis-benchmark runs: names between commas, or `all` for its own selection. */
const BENCHMARKS = process.env.LOCKSTEP_LINUX_BENCHMARKS ?? 'set,get';
/** How many recordings are made, going round through the kinds of machine below. */
const WORKS = Number(process.env.LOCKSTEP_LINUX_WORKS ?? 3);
const MACHINES = [
  { clock: 'host', firmware: 'built-in' },
  { clock: 'ticks', firmware: 'OpenSBI' },
  { clock: 'exact', firmware: 'built-in' },
  { clock: 'host', firmware: 'OpenSBI' },
  { clock: 'ticks', firmware: 'built-in' },
  { clock: 'exact', firmware: 'OpenSBI' },
] as const;
const machines = Array.from({ length: WORKS }, (_, i) => ({ number: i + 1, ...MACHINES[i % MACHINES.length]! }));
const noOpensbi = existsSync(OPENSBI) ? undefined : `no ${OPENSBI}: install opensbi`;
const TASK = [
  'mkfs.ext4 -q /dev/vda',
  'mkdir /mnt',
  'mount -t ext4 /dev/vda /mnt',
  "redis-server --daemonize yes --save '' --dir /mnt > /dev/null",
  'until redis-cli ping; do sleep 0.2; done',
  `redis-benchmark -n ${REQUESTS} ${BENCHMARKS === 'all' ? '' : `-t ${BENCHMARKS}`} -q`,
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

  test.each(machines)(
    'redis and sqlite3 on ext4 on a virtio disk, $number: clock $clock, $firmware firmware',
    async ({ number, clock, firmware }) => {
      if (firmware === 'OpenSBI' && noOpensbi !== undefined) throw new Error(noOpensbi);
      const file = folder.path(`work-${number}.lks`);
      const path = emptyDisk(folder.path(`disk-${number}.img`), 64 * MIB);
      const live = await recordLinux(guest, file, {
        initrd: guest.full,
        words: 'extra=1',
        task: TASK,
        clock,
        drives: [{ path, mode: 'cow' as const }],
        ...(firmware === 'OpenSBI' ? { bios: OPENSBI } : {}),
      });
      for (const said of ['PONG', 'SET: ', 'GET: ', 'OK', '\n14\n', 'dump.rdb', 't.db'])
        expect(live.text).toContain(said);
      if (clock !== 'exact') expect(bytesPerThousand(live)).toBeLessThan(2);
      expect(live.outcome.totals.events.disk).toBeGreaterThan(50);
      const again = await replay(file);
      expect(again.outcome, JSON.stringify(again.outcome.divergence)).toMatchObject({ ending: 'halted', exitCode: 0 });
      expect(again.outcome.totals.ticks).toBe(live.outcome.totals.ticks);
      expect(again.text).toBe(live.text);
      rmSync(file);
      rmSync(path);
    },
  );
});
