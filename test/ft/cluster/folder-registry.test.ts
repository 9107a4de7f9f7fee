/** The registry that is a folder: what a crash of the storage leaves in it, and what others put there. */
import { mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { LEASE_MS } from '../../../src/ft/cluster/registry.ts';
import { FolderLease, type LeaseFile } from '../../../src/host/cluster/folder-lease.ts';
import { openRegistry } from '../../../src/host/cluster/registry-of.ts';
import { diskFolder } from '../../host/disk/support.ts';

const folder = diskFolder();
/** Time limits are guards, not measures. */
const patient = { timeout: 60_000, interval: 20 };

const read = (path: string): string => readFileSync(path, 'utf8');
/** Who has it, when anybody has. */
const fileOf = (path: string): Partial<LeaseFile> => (read(path).startsWith('{"owner"') ? JSON.parse(read(path)) : {});

async function leaseAt(path: string, text: string): Promise<FolderLease> {
  const lease = await FolderLease.take(path, text);
  onTestFinished(() => lease.end());
  return lease;
}

test.each(['', '{"owner":"12', 'null', '[]', '"text"', '{"owner":7,"beat":1,"text":"x"}', '{"owner":"a"}'])(
  'a lease of which a crash of the storage has left %j is there again, and can still be changed and ended',
  async (left) => {
    const path = folder.path('host%2Fa.lease');
    const lease = await leaseAt(path, 'here');
    writeFileSync(path, left);
    await expect.poll(() => fileOf(path).text, patient).toBe('here');
    writeFileSync(path, left);
    lease.set('and now');
    await expect.poll(() => fileOf(path).text, patient).toBe('and now');
    writeFileSync(path, left);
    await lease.end();
    expect(() => read(path)).toThrow('ENOENT');
  },
);

test('of two who find a lease empty one has it in the end, and only one', async () => {
  const path = folder.path('host%2Fa.lease');
  const leases = [await leaseAt(path, '0'), await leaseAt(path, '1')];
  // Before either has read that it is another's, or while it does.
  truncateSync(path, 0);
  for (const [i, lease] of leases.entries()) lease.set(`${i} again`);
  await expect.poll(() => fileOf(path).owner, patient).toBeDefined();
  await new Promise((done) => setTimeout(done, LEASE_MS));
  const { owner, beat = 0, text } = fileOf(path);
  for (const [i, lease] of leases.entries()) lease.set(`${i} at last`);
  await expect.poll(() => fileOf(path).text, patient).toBe(text?.replace('again', 'at last'));
  await expect.poll(() => fileOf(path).beat, patient).toBeGreaterThan(beat + 3);
  expect(fileOf(path)).toMatchObject({ owner, text: text?.replace('again', 'at last') });
});

test('what is no record or lease is left out, however it is named, and told of once', async () => {
  const place = folder.fresh('registry');
  mkdirSync(place);
  const notices: string[] = [];
  const registry = await openRegistry(`dir:${place}`, (text) => notices.push(text));
  onTestFinished(() => registry.close());
  await registry.lease('host/a', 'here');
  expect(await registry.swap('ledger/a', 0, 'one')).toEqual({ kind: 'done' });
  const lease = (text: unknown): string => JSON.stringify({ owner: 'o', beat: 1, text });
  const odd: readonly (readonly [name: string, text: string])[] = [
    ['leases/x.lease', 'null'],
    ['leases/y.lease', lease(7)],
    ['leases/%zz.lease', lease('text')],
    ['leases/%61.lease', lease('text')],
    ['records/%zz.1', 'x'],
    ['records/ledger%2fa.9', 'a name that the registry does not give'],
  ];
  for (const [name, text] of odd) writeFileSync(join(place, name), text);
  for (const name of ['leases/folder.lease', 'records/ledger%2Fa.7']) mkdirSync(join(place, name));
  for (let times = 0; times < 3; times++) {
    expect(await registry.leases('')).toMatchObject([{ key: 'host/a', text: 'here' }]);
    expect(await registry.read('ledger/a')).toMatchObject({ text: 'one', revision: 1 });
    expect(await registry.list('')).toMatchObject([{ key: 'ledger/a', text: 'one' }]);
  }
  expect(await registry.swap('ledger/a', 1, 'two')).toEqual({ kind: 'done' });
  expect(await registry.swap('ledger/a', 2, 'three')).toEqual({ kind: 'done' });
  const names = [...odd.map(([name]) => name), 'leases/folder.lease', 'records/ledger%2Fa.7'];
  const told = (name: string): string => `${join(place, name)} is no record or lease of the registry, and is left out`;
  expect([...notices].sort()).toEqual(names.map(told).sort());
});
