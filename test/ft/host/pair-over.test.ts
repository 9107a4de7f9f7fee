import { hostname } from 'node:os';
import { expect, test } from 'vitest';
import type { PairReport } from '../../../src/ft/cluster/records.ts';
import { hostName } from '../../../src/host/ft/identity.ts';
import { requireOver } from '../../../src/host/ft/pair-over.ts';
import { countOf, eachWorld, joined, sample } from './sides.ts';

const world = eachWorld();

test('while a pair lives no other guest begins under its name, and nothing of it is taken', async () => {
  const { primary, backup } = await world.pair({ append: 'every=5' });
  await primary.until(({ said }) => said.includes('count 20\n'));
  const another = { role: 'primary', at: 'none', kernel: sample('count'), append: 'every=5' } as const;
  const second = world.side({ ...another, output: world.path('second.lks') });
  expect(await second.ended, second.complaints).toBe(2);
  expect(second.complaints).toContain('refused pair-lives');
  expect(world.epochs).toEqual(['pair.1']);
  primary.kill();
  await primary.ended;
  await backup.state('live');
  const third = world.side({ ...another, output: world.path('third.lks') });
  expect(await third.ended, third.complaints).toBe(2);
  expect(third.complaints).toContain('refused pair-lives');
  expect(world.epochs).toEqual(['pair.1', 'pair.2']);
  await backup.until(({ said }) => countOf(joined(primary.said, said))! > 60);
  backup.kill('SIGINT');
  expect(await backup.ended).toBe(130);
  // Now it is over, and this host can see that.
  const fourth = world.side({ ...another, output: world.path('fourth.lks') });
  await fourth.until(({ said }) => said.includes('count 5\n'));
  expect(world.epochs).toEqual(['pair.1', 'pair.2', 'pair.3']);
  fourth.kill('SIGINT');
  expect(await fourth.ended).toBe(130);
});

test('a guest that cannot begin takes no epoch', async () => {
  const side = world.side({ role: 'primary', at: 'none', kernel: world.path('none.elf'), output: world.path('a.lks') });
  expect(await side.ended, side.complaints).toBe(2);
  expect(world.epochs).toEqual([]);
});

test('what this host cannot look at is over when the operator says so, but not against the registry', async () => {
  const elsewhere = { kind: 'held', epoch: 5, holder: 'another-host:1:abcd' } as const;
  const here = { kind: 'held', epoch: 5, holder: `${hostname()}:1:abcd` } as const;
  const unseen = { pair: 'unseen', reported: undefined };
  await expect(requireOver({ ...unseen, holding: elsewhere, again: false })).rejects.toThrow(
    /another-host:1:abcd last/,
  );
  await requireOver({ ...unseen, holding: elsewhere, again: true });
  await requireOver({ ...unseen, holding: here, again: false });
  await requireOver({ ...unseen, holding: { kind: 'free' }, again: false });
  const report: PairReport = { name: 'unseen', epoch: 5, state: 'live', primary: 'another-host', memoryBytes: 1 };
  const reported = { ...unseen, reported: report, holding: elsewhere };
  await expect(requireOver({ ...reported, again: true })).rejects.toThrow(/lives at another-host/);
  // This host's own report may be that of a process that has just been killed.
  await requireOver({ ...reported, reported: { ...report, primary: hostName() }, holding: here, again: false });
});
