/** One recording of Debian, replayed in every other way: other Node, other engine, cut, saved and restored. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { Random } from '../emu/cpu/random.ts';
import { MIB, type Told, testFolder } from '../host/support.ts';
import { BUILD_MS, emptyDisk, type LinuxGuest, linuxGuest, noGuest, recordLinux } from './guest.ts';
import { type Turn, variedReplay } from './varied-replay.ts';

const folder = testFolder();
const skipped = noGuest === undefined ? '' : ` (skipped: ${noGuest})`;
const FIXTURE = fileURLToPath(new URL('fixtures/replay.js', import.meta.url));
const BUILT = fileURLToPath(new URL('../../dist/host/replay-file.js', import.meta.url));
/** Digests close to each other: a difference shows soon after its cause. */
const DIGEST_TICKS = { small: 1n << 18n, all: 1n << 23n };
/** The reference engine makes some ten thousand steps a second. */
const STRETCH_TICKS = 40_000n;
const TASK = [
  'mkfs.ext4 -q /dev/vda',
  'mkdir /mnt',
  'mount -t ext4 /dev/vda /mnt',
  'for i in 1 2 3; do date > /mnt/$i; sleep 0.1; done',
  'md5sum /mnt/*',
].join('; ');

describe.skipIf(noGuest !== undefined)(`a recording of Debian replays alike${skipped}`, () => {
  let live: Told;
  let file: string;
  let total: bigint;
  beforeAll(async () => {
    const guest: LinuxGuest = linuxGuest();
    file = folder.path('debian.lks');
    const drives = [{ path: emptyDisk(folder.path('disk.img'), 16 * MIB), mode: 'cow' as const }];
    const words = 'extra=1';
    live = await recordLinux(guest, file, { initrd: guest.full, task: TASK, words, drives, digestTicks: DIGEST_TICKS });
    total = live.outcome.totals.ticks;
  }, BUILD_MS);

  const compare = (turns: readonly Turn[], until?: bigint): void => {
    const end = variedReplay(file, turns, until);
    expect(end.result).toEqual(until === undefined ? { kind: 'halted', halt: live.outcome.halt } : { kind: 'ended' });
    expect(end.ticks).toBe(until ?? total);
    if (until === undefined) expect(end.text).toBe(live.text);
    else expect(live.text.startsWith(end.text)).toBe(true);
  };
  const random = new Random(20_260_601);
  const somewhere = (): bigint => ((BigInt(random.word()) << 32n) | BigInt(random.word())) % total;

  test.each(['22', '24', '26'])('on Node %s', (major) => {
    expect(existsSync(BUILT), 'the package is not built: npm run build').toBe(true);
    const place = folder.path(`node-${major}`);
    const options = ['--prefix', place, '--no-audit', '--no-fund', '--no-save', '--loglevel=error'];
    execFileSync('npm', ['install', ...options, `node@${major}`], { stdio: ['ignore', 'ignore', 'inherit'] });
    const said = execFileSync(`${place}/node_modules/.bin/node`, [FIXTURE, file], { encoding: 'utf8' });
    const report = JSON.parse(said) as Record<string, unknown>;
    expect(report.node).toMatch(new RegExp(`^v${major}\\.`));
    const { digest } = live.outcome.totals.events;
    expect(report).toMatchObject({ ending: 'halted', exitCode: 0, ticks: `${total}`, digests: digest });
  });

  test('on the reference engine from the start', () => {
    compare([{ at: 0n, engine: 'reference' }], DIGEST_TICKS.small + 1n);
  });

  test('with stretches on the reference engine anywhere', () => {
    const turns = Array.from({ length: 5 }, () => somewhere()).flatMap((at): Turn[] => [
      { at, engine: 'reference' },
      { at: at + STRETCH_TICKS, engine: 'interpreter' },
    ]);
    compare(inOrder(turns));
  });

  test('saved and restored, and cut into single steps, at random ticks', () => {
    const restores = Array.from({ length: 10 }, (): Turn => ({ at: somewhere(), engine: 'interpreter' }));
    const cuts = Array.from({ length: 100 }, () => somewhere()).flatMap((from) =>
      Array.from({ length: 200 }, (_, i): Turn => ({ at: from + BigInt(i) })),
    );
    compare(inOrder([...restores, ...cuts]));
  });
});

function inOrder(turns: readonly Turn[]): Turn[] {
  return turns.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}
