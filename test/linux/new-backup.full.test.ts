/** Debian under load is given a new backup while it runs, and lives on there: its console shows nothing of it. */
import { beforeAll, describe, expect, test } from 'vitest';
import { eachWorld, type Side } from '../ft/host/sides.ts';
import { BUILD_MS, type LinuxGuest, linuxGuest, noGuest } from './guest.ts';

const skipped = noGuest === undefined ? '' : ` (skipped: ${noGuest})`;
/** Writes memory, and says a number each time round. */
const TASK =
  'i=0; while [ $i -lt 60 ]; do i=$((i+1)); dd if=/dev/urandom of=/tmp/$((i%8)) bs=64k count=16; echo @$i@; done';
const numbers = (said: string): number[] => [...said.matchAll(/^@(\d+)@$/gm)].map((match) => Number(match[1]));

describe.skipIf(noGuest !== undefined)(`a new backup of Debian${skipped}`, () => {
  let guest: LinuxGuest;
  beforeAll(() => {
    guest = linuxGuest();
  }, BUILD_MS);
  const world = eachWorld();

  test('is made under load, twice, and each goes on', async () => {
    const common = ['--name', 'lx', '--arbiter', world.arbiter, '--same-host', '--detect', '5000'];
    const spare = async (name: string): Promise<{ readonly side: Side; readonly at: string }> => {
      const listen = ['--listen', 'tcp:127.0.0.1:0', '-o', world.path(`${name}.lks`)];
      const side = world.command('ft', 'backup', ...common, ...listen);
      const at = await side.until(({ complaints }) => /waiting for a primary at (\S+)/.exec(complaints)?.[1]);
      return { side, at };
    };
    const [first, second] = [await spare('first'), await spare('second')];
    const machine = [
      '--kernel',
      guest.kernel,
      '--initrd',
      guest.small,
      '--append',
      `console=ttyS0 quiet task="${TASK}"`,
    ];
    const places = ['--backup', first.at, '--backup', second.at];
    const primary = world.command('ft', 'primary', ...common, ...machine, ...places, '-o', world.path('p.lks'));
    await primary.until(({ said }) => numbers(said).length > 5);
    primary.kill();
    await primary.ended;
    await first.side.until(({ complaints }) => complaints.includes('the guest is copied to tcp'));
    const seen = numbers(first.side.said).length;
    await first.side.until(({ said }) => numbers(said).length > seen + 3);
    first.side.kill();
    await first.side.ended;
    expect(await second.side.ended).toBe(0);
    const all = [primary, first.side, second.side].flatMap(({ said }) => numbers(said));
    // A line may come twice at a takeover; none is missing and none is out of order.
    expect([...new Set(all)]).toEqual(Array.from({ length: 60 }, (_, i) => i + 1));
    expect(all.length).toBeLessThan(60 + 10);
    process.stdout.write(`${/the guest is copied to tcp.*/.exec(first.side.complaints)?.[0]}\n`);
    const verify = world.command('replay', world.path('second.lks'), '--json');
    expect(await verify.ended, verify.complaints).toBe(0);
  });
});
