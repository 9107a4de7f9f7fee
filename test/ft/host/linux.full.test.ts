/** Pairs of Linux, killed at random moments. */
import { beforeAll, expect, test } from 'vitest';
import { BUILD_MS, type LinuxGuest, linuxGuest, noGuest } from '../../linux/guest.ts';
import { eachWorld, joined, type Side } from './sides.ts';

const world = eachWorld();
let guest: LinuxGuest;

beforeAll(() => {
  if (noGuest === undefined) guest = linuxGuest();
}, BUILD_MS);

/** Random moments, to be repeated by the seed. */
function seeded(): () => number {
  let random = Number(process.env.LOCKSTEP_TEST_SEED ?? Math.trunc(Math.random() * 2 ** 31));
  console.log(`repeat with LOCKSTEP_TEST_SEED=${random}`);
  return () => {
    random = (Math.imul(random, 1103515245) + 12345) >>> 1;
    return random / 2 ** 31;
  };
}

function linuxPair(task: string, initrd: string): Side {
  const images = ['--kernel', guest.kernel, '--initrd', initrd];
  const append = ['--append', `console=ttyS0 task="${task}"`];
  // The machine that runs this may be slow: only who is really gone is given up.
  return world.command('ft', 'pair', ...images, ...append, '--detect', '20000', '-o', world.path('pair.lks'));
}

async function verified(path: string): Promise<string> {
  const replay = world.command('replay', path, '--verify');
  await replay.ended;
  return replay.complaints;
}

const pidOf = (pair: Side, role: string): Promise<number> =>
  pair.until(
    ({ complaints }) => Number(new RegExp(`the ${role} is process (\\d+)`).exec(complaints)?.[1]) || undefined,
  );

const LINES = 40;
const COUNTING = `i=0; while [ $i -lt ${LINES} ]; do echo line $i; i=$((i+1)); sleep 0.1; done`;
const lines = (said: string): string[] => said.match(/^line \d+$/gm) ?? [];
const expected = Array.from({ length: LINES }, (_, i) => `line ${i}`);

test.skipIf(noGuest !== undefined).each(['primary', 'backup'] as const)(
  'Linux goes on when the %s is killed, its console whole, and the joined log replays from boot',
  async (victim) => {
    const random = seeded();
    const pair = linuxPair(COUNTING, guest.small);
    const pid = await pidOf(pair, victim);
    const at = Math.floor(random() * (LINES - 5));
    await pair.until(({ said }) => said.includes(`line ${at}\n`));
    process.kill(pid, 'SIGKILL');
    expect(await pair.ended).toBe(0);
    expect(lines(pair.said)).toEqual(expected);
    const survivor = victim === 'primary' ? 'pair.backup.lks' : 'pair.lks';
    expect(await verified(world.path(survivor))).toContain('the guest powered off');
  },
);

const REDIS_KEYS = 300;
const REDIS = [
  'redis-server --daemonize yes --appendonly yes --appendfsync always --dir /tmp > /dev/null',
  'until redis-cli ping > /dev/null; do sleep 0.1; done',
  `i=0; while [ $i -lt ${REDIS_KEYS} ]; do redis-cli set k$i $i > /dev/null && echo stored $i; i=$((i+1)); done`,
  `i=0; while [ $i -lt ${REDIS_KEYS} ]; do redis-cli get k$i; i=$((i+1)); done > /tmp/all`,
  "echo sum $(awk '{s+=$1} END {print s}' /tmp/all)",
].join('; ');

test.skipIf(noGuest !== undefined)('redis in a pair forgets nothing that it has acknowledged', async () => {
  const random = seeded();
  const pair = linuxPair(REDIS, guest.full);
  const pid = await pidOf(pair, 'primary');
  const at = Math.floor(random() * (REDIS_KEYS - 10));
  await pair.until(({ said }) => said.includes(`stored ${at}\n`));
  process.kill(pid, 'SIGKILL');
  expect(await pair.ended).toBe(0);
  expect(pair.said.match(/^stored \d+$/gm)).toHaveLength(REDIS_KEYS);
  expect(pair.said).toContain(`sum ${(REDIS_KEYS * (REDIS_KEYS - 1)) / 2}\n`);
});

test.skipIf(noGuest !== undefined).each(['record', 'run'] as const)(
  'Linux that runs by %s is protected while it works, and goes on where it was when its process is killed',
  async (how) => {
    const random = seeded();
    const { backup, port } = await world.backup();
    const images = ['--kernel', guest.kernel, '--initrd', guest.small, '--name', 'pair'];
    const append = ['--append', `console=ttyS0 task="${COUNTING}"`];
    const output = how === 'record' ? ['-o', world.path('guest.lks')] : [];
    const live = world.command(how, ...images, ...append, ...output);
    const [from, until] = [Math.floor(random() * 10), 25 + Math.floor(random() * (LINES - 30))];
    await live.until(({ said }) => said.includes(`line ${from}\n`));
    const words = ['--backup', `tcp:127.0.0.1:${port}`, '--arbiter', world.arbiter, '--same-host', '--detect', '20000'];
    const protect = world.command('ft', 'protect', 'pair', ...words);
    expect(await protect.ended, protect.complaints + live.complaints).toBe(0);
    await live.until(({ said }) => said.includes(`line ${until}\n`));
    live.kill();
    expect(await backup.ended, backup.complaints).toBe(0);
    expect(lines(joined(live.said, backup.said))).toEqual(expected);
    expect(await verified(world.path('backup.lks'))).toContain('the guest powered off');
    const own = how === 'record' ? 'guest.lks' : 'state/lockstep/recordings/Image-0001.lks';
    expect(await verified(world.path(own))).toContain('everything agreed');
  },
);
