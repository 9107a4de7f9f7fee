import { existsSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { BLOCK_BYTES } from '../../../src/ft/disk/block-map.ts';
import { replay } from '../../host/support.ts';
import type { SideWords } from './fixtures/side.ts';
import { eachWorld, moved, type Side, sample } from './sides.ts';

const world = eachWorld();
const SIZE_BYTES = 4 << 20;

const own = (name: string) => [{ path: world.path(name), mode: 'own' }] as const;
const same = (a: string, b: string): boolean => readFileSync(world.path(a)).equals(readFileSync(world.path(b)));
const mark = (name: string) => JSON.parse(readFileSync(world.path(`${name}.own`), 'utf8'));
/** Some more of them. */
const rounds = (side: Side): Promise<unknown> => {
  const { length } = side.said;
  return side.until(({ said }) => said.slice(length).split('\n').length > 4);
};
const copied = (side: Side): Promise<number> =>
  side.until(({ complaints }) => {
    const found = /the images are equal: ([\d.]+) MiB compared, ([\d.]+) MiB copied/.exec(complaints);
    return found === null ? undefined : Number(found[2]) * 2 ** 20;
  });

/** A backup on `image` that waits, and where. */
async function waiting(name: string, image: string): Promise<{ readonly side: Side; readonly at: string }> {
  const { backup, port } = await world.backup({ output: world.path(`${name}.lks`), givenDrives: own(image) });
  return { side: backup, at: `tcp:127.0.0.1:${port}` };
}

function guestOn(image: string, at: string, words: Partial<SideWords> = {}): Side {
  const append = 'every=30 slots=128 writes=4 reads=2 sync=4';
  return world.side({ role: 'primary', at, kernel: sample('scribble'), append, drives: own(image), ...words });
}

test('images of their own: the primary is killed, and the backup goes on with what its guest wrote', async () => {
  const bytes = new Uint8Array(SIZE_BYTES).fill(0xee);
  writeFileSync(world.path('a.img'), bytes);
  const { side: backup, at } = await waiting('b', 'b.img');
  // The first image again: its host comes back.
  const { side: back, at: there } = await waiting('c', 'a.img');
  const primary = guestOn('a.img', at, { spares: [there] });
  await primary.state('protected');
  expect(await copied(primary)).toBeGreaterThanOrEqual(SIZE_BYTES);
  expect(statSync(world.path('b.img')).size).toBe(SIZE_BYTES);
  await rounds(primary);
  expect(mark('b.img')).toMatchObject({ state: 'follows', pair: 'pair', epoch: 1 });
  primary.kill();
  await primary.ended;
  // Every fourth round reads back all that was ever written; a block that is not what the guest wrote ends it with 1.
  await backup.state('live');
  await rounds(backup);
  expect(mark('b.img')).toMatchObject({ state: 'live', epoch: 2 });
  await rounds(backup);
  // What both images have in common is not copied again.
  const again = await copied(backup);
  expect(again).toBeLessThanOrEqual(128 * BLOCK_BYTES);
  await rounds(backup);
  backup.kill('SIGINT');
  expect(await backup.ended).toBe(130);
  expect(await back.ended).toBe(0);
  expect(same('a.img', 'b.img')).toBe(true);
  expect([mark('a.img').state, mark('b.img').state]).toEqual(['ended', 'live']);
  for (const log of ['primary.lks', 'b.lks', 'c.lks']) {
    expect((await replay(world.path(log))).outcome.error, log).toBeUndefined();
  }
}, 900_000);

test('what the guest writes to its own image waits for nobody; what it says does', async () => {
  writeFileSync(world.path('a.img'), new Uint8Array(SIZE_BYTES));
  const { side: backup, at } = await waiting('b', 'b.img');
  const primary = guestOn('a.img', at, { detectMs: 250_000, append: 'every=30 slots=128 writes=4 sync=0 flush=1' });
  await primary.state('protected');
  await rounds(primary);
  backup.standStill();
  // Nothing is acknowledged from here on, and the image goes on changing.
  const seen: string[] = [];
  let said = '';
  while (seen.length < 6) {
    const now = readFileSync(world.path('a.img')).toString('latin1');
    if (now === seen.at(-1)) continue;
    seen.push(now);
    if (seen.length === 3) ({ said } = primary);
    await new Promise((done) => setTimeout(done, 20));
  }
  expect(primary.said).toBe(said);
  backup.kill('SIGCONT');
  await rounds(primary);
  primary.kill('SIGINT');
  expect([await primary.ended, await backup.ended]).toEqual([130, 0]);
  expect(same('a.img', 'b.img')).toBe(true);
});

test('a planned switch: the image that is left begins no guest, until it is made equal to the other', async () => {
  writeFileSync(world.path('a.img'), new Uint8Array(SIZE_BYTES));
  const { side: backup, at } = await waiting('b', 'b.img');
  const primary = guestOn('a.img', at, { stay: 'tcp:127.0.0.1:0', spares: [] });
  await primary.state('protected');
  await rounds(primary);
  await moved(primary, backup);
  const port = await primary.until(({ complaints }) => /^port (\d+)$/m.exec(complaints)?.[1]);
  expect(mark('a.img')).toMatchObject({ state: 'left', epoch: 1 });
  await rounds(backup);
  expect(mark('b.img')).toMatchObject({ state: 'live', epoch: 2 });
  const refused = guestOn('a.img', 'none', { output: world.path('again.lks') });
  expect(await refused.ended).toBe(2);
  expect(refused.complaints).toContain('refused stale-image');
  const protect = world.command('ft', 'protect', '--backup', `tcp:127.0.0.1:${port}`);
  expect(await protect.ended, protect.complaints + backup.complaints).toBe(0);
  expect(await copied(backup)).toBeLessThanOrEqual(128 * BLOCK_BYTES);
  await rounds(backup);
  expect(mark('a.img')).toMatchObject({ state: 'follows', epoch: 2 });
  backup.kill('SIGINT');
  expect([await backup.ended, await primary.ended]).toEqual([130, 0]);
  expect(same('a.img', 'b.img')).toBe(true);
}, 900_000);

test('a copy that breaks off leaves an image that no guest begins on', async () => {
  writeFileSync(world.path('a.img'), '');
  truncateSync(world.path('a.img'), 1 << 30);
  const { side: backup, at } = await waiting('b', 'b.img');
  const primary = guestOn('a.img', at);
  while (!existsSync(world.path('b.img.own'))) await new Promise((done) => setTimeout(done, 5));
  primary.kill();
  await primary.ended;
  backup.kill();
  await backup.ended;
  expect(mark('b.img')).toMatchObject({ state: 'copying' });
  const refused = guestOn('b.img', 'none', { output: world.path('again.lks') });
  expect(await refused.ended).toBe(2);
  expect(refused.complaints).toContain('refused incomplete-image');
  // Nothing was claimed for it.
  expect(world.epochs).toEqual(['pair.1']);
});

test('an image that both sides would write to is refused as a second one', async () => {
  writeFileSync(world.path('a.img'), new Uint8Array(SIZE_BYTES));
  const { at, side } = await waiting('b', 'a.img');
  const primary = guestOn('a.img', at);
  expect(await side.ended).toBe(2);
  expect(side.complaints).toContain('error image-in-use');
  await rounds(primary);
  expect(mark('a.img')).toMatchObject({ state: 'live' });
});

test('so it is where one side does not see that the other has it, as another user’s', async () => {
  writeFileSync(world.path('a.img'), new Uint8Array(SIZE_BYTES));
  const words = { role: 'backup', at: 'tcp:127.0.0.1:0', givenDrives: own('a.img') } as const;
  const backup = world.side(words, { ...world.env, XDG_RUNTIME_DIR: world.path('elsewhere') });
  const port = await backup.until(({ complaints }) => /^port (\d+)$/m.exec(complaints)?.[1]);
  const primary = guestOn('a.img', `tcp:127.0.0.1:${port}`);
  await primary.until(({ complaints }) => complaints.includes('is the image that the guest uses'));
  await rounds(primary);
  expect(mark('a.img')).toMatchObject({ state: 'live' });
});
