/** A guest that goes on without a backup because the operator wants it so, and has one again when that is wanted. */
import { once } from 'node:events';
import { renameSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { namedGuest } from '../../../src/host/ft/nodes.ts';
import { protectAgain, protectPair, unprotectPair } from '../../../src/host/ft/protection.ts';
import { counted, eachWorld, joined, nodeOf, type Side, sample } from './sides.ts';

const world = eachWorld();
const patient = { timeout: 60_000, interval: 50 };
const UNWANTED = 'none is looked for, by order; lockstep ft protect has one made';

/** Waits until the guest has said some more there. */
async function goesOn(side: Side, bytes = 200): Promise<void> {
  const { length } = side.said;
  await side.until(({ said }) => said.length > length + bytes);
}

test('its backup is let go and no other is made, until one is wanted: then the first one is it again', async () => {
  const { backup, port } = await world.backup({ stay: 'yes' });
  const { backup: spare, port: other } = await world.backup({ output: world.path('spare.lks') });
  const [at, spares] = [`tcp:127.0.0.1:${port}`, [`tcp:127.0.0.1:${other}`]];
  const primary = world.side({ role: 'primary', at, kernel: sample('count'), append: 'every=5', spares });
  await primary.state('protected');
  await goesOn(primary);
  const unprotect = world.command('ft', 'unprotect', 'pair');
  expect(await unprotect.ended, unprotect.complaints).toBe(0);
  expect(unprotect.complaints).toBe('lockstep: the guest of pair has no backup now\n');
  // It has a place to go to, and would ask there within half a second.
  await goesOn(primary);
  await sleep(1500);
  expect(await nodeOf(primary)).toMatchObject({ status: { state: 'alone', epoch: 2 }, fault: UNWANTED });
  expect((await nodeOf(primary)).copy).toBeUndefined();
  const status = world.command('ft', 'status');
  expect(await status.ended).toBe(0);
  expect(status.said).toContain(UNWANTED);
  // Once more changes nothing.
  expect(await unprotectPair('pair')).toBe('pair');

  spare.kill();
  await backup.until(({ complaints }) => complaints.includes('notice waiting for a primary'));
  const protect = world.command('ft', 'protect', 'pair');
  expect(await protect.ended, protect.complaints + primary.complaints).toBe(0);
  expect(protect.complaints).toContain(`lockstep: protected by ${at}: `);
  expect((await nodeOf(primary)).fault).toBeUndefined();
  await goesOn(primary);
  primary.kill();
  await primary.ended;
  await goesOn(backup);
  backup.kill('SIGINT');
  expect(await backup.ended).toBe(130);
  expect(counted(100_000).startsWith(joined(primary.said, backup.said))).toBe(true);
  expect(world.epochs).toEqual(['pair.1', 'pair.2', 'pair.3']);
});

test('a backup that is being asked for is asked no more, and one that is wanted at a place is made there', async () => {
  const primary = world.side({ role: 'primary', at: 'none', kernel: sample('count'), append: 'every=5' });
  await primary.state('alone');
  const node = await namedGuest('pair');
  await expect(protectAgain(node)).rejects.toMatchObject({ what: 'no place for a backup is known', exitCode: 4 });
  // Somebody who lets it in, and says nothing.
  const silent = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void silent.close());
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const endpoint = { host: '127.0.0.1', port };
  const asked = protectPair(node, endpoint).catch((error: unknown) => error);
  await expect.poll(async () => (await nodeOf(primary)).backup, patient).toBe(`tcp:127.0.0.1:${port}`);
  expect(await unprotectPair('pair')).toBe('pair');
  expect(await nodeOf(primary)).toMatchObject({ status: { state: 'alone' }, fault: UNWANTED });
  await expect.poll(async () => (await nodeOf(primary)).backup, patient).toBeUndefined();
  expect(await asked).toMatchObject({ code: 'not-protected' });
  const { port: next } = await world.backup({ output: world.path('next.lks') });
  expect(await protectPair(node, { ...endpoint, port: next })).toMatchObject({ to: `tcp:127.0.0.1:${next}` });
});

test('while the storage is away the backup stays: what is held would wait for the verdict', async () => {
  const { primary, backup } = await world.pair({ append: 'every=5' });
  await primary.state('protected');
  renameSync(world.path('arbiter'), world.path('away'));
  const unprotect = world.command('ft', 'unprotect');
  expect(await unprotect.ended).toBe(4);
  expect(unprotect.complaints).toMatch(/the storage cannot be reached/);
  renameSync(world.path('away'), world.path('arbiter'));
  await goesOn(primary);
  expect(await nodeOf(primary)).toMatchObject({ status: { state: 'protected', epoch: 1 } });
  expect((await nodeOf(primary)).fault).toBeUndefined();
  primary.kill();
  await goesOn(backup);
});

test('a guest in no pair has no backup to be let go, and knows no place for one', async () => {
  const guest = world.side({ role: 'record', at: 'none', kernel: sample('count'), append: 'every=5' });
  await goesOn(guest);
  await expect(unprotectPair('pair')).rejects.toMatchObject({ code: 'no-pair', what: 'the guest pair is in no pair' });
  const protect = world.command('ft', 'protect', '--arbiter', world.arbiter);
  expect(await protect.ended).toBe(2);
  expect(protect.complaints).toContain('pair is in no pair, and knows no place for a backup');
  await goesOn(guest);
});
