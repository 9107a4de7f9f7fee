/** Each side on its own disk of a gibibyte, while the guest writes: copied, followed, taken over, made equal again. */
import { randomFillSync } from 'node:crypto';
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { expect, test } from 'vitest';
import { BLOCK_BYTES } from '../../../src/ft/disk/block-map.ts';
import { eachWorld, type Side, sample } from './sides.ts';

const world = eachWorld();
const SIZE_BYTES = 1 << 30;
const PIECE_BYTES = 16 << 20;
/** Where the guest writes. */
const USED_BYTES = 256 << 20;
const WRITES = 200;
const QUIET_POINTS = 5;

const own = (name: string) => [{ path: world.path(name), mode: 'own' }] as const;

function makeImage(name: string): void {
  const file = openSync(world.path(name), 'w');
  const piece = new Uint8Array(PIECE_BYTES);
  for (let at = 0; at < SIZE_BYTES; at += PIECE_BYTES) writeSync(file, randomFillSync(piece));
  closeSync(file);
}

/** Where the two images differ first, of their first `length` bytes, to a piece. */
function difference(length: number): number | undefined {
  const files = ['a.img', 'b.img'].map((name) => openSync(world.path(name), 'r'));
  const [a, b] = [Buffer.alloc(PIECE_BYTES), Buffer.alloc(PIECE_BYTES)];
  try {
    for (let at = 0; at < length; at += PIECE_BYTES) {
      readSync(files[0]!, a, 0, PIECE_BYTES, at);
      readSync(files[1]!, b, 0, PIECE_BYTES, at);
      if (!a.equals(b)) return at;
    }
    return undefined;
  } finally {
    for (const file of files) closeSync(file);
  }
}

const roundsOf = ({ said }: Side): number => said.match(/^round \d+$/gm)?.length ?? 0;
const anotherRound = (side: Side): Promise<true> => {
  const now = roundsOf(side);
  return side.until((then) => roundsOf(then) > now || undefined);
};
const equal = (side: Side): Promise<{ readonly compared: number; readonly copied: number }> =>
  side.until(({ complaints }) => {
    const found = /the images are equal: ([\d.]+) MiB compared, ([\d.]+) MiB copied/.exec(complaints);
    return found === null ? undefined : { compared: Number(found[1]) * 2 ** 20, copied: Number(found[2]) * 2 ** 20 };
  });

test('a gibibyte: equal whenever the guest is quiet, taken over, and only what changed is copied again', async () => {
  makeImage('a.img');
  const { backup, port } = await world.backup({ output: world.path('b.lks'), givenDrives: own('b.img') });
  const { backup: back, port: there } = await world.backup({ output: world.path('c.lks'), givenDrives: own('a.img') });
  const primary = world.side({
    role: 'primary',
    at: `tcp:127.0.0.1:${port}`,
    kernel: sample('scribble'),
    append: `every=2000 slots=${USED_BYTES >> 12} writes=${WRITES} reads=50 flush=1 sync=0`,
    drives: own('a.img'),
    spares: [`tcp:127.0.0.1:${there}`],
  });
  expect((await equal(primary)).copied).toBeGreaterThanOrEqual(SIZE_BYTES);
  expect(roundsOf(primary)).toBeGreaterThan(0);
  // After a round the guest writes nothing for a while; the images meet in it, where both sides are quick enough.
  for (let met = 0; met < QUIET_POINTS; ) {
    await anotherRound(primary);
    const round = roundsOf(primary);
    do {
      if (difference(USED_BYTES) === undefined) {
        met++;
        break;
      }
      await new Promise((done) => setTimeout(done, 20));
    } while (roundsOf(primary) === round);
  }
  primary.kill();
  await primary.ended;
  const again = await equal(backup);
  const most = (roundsOf(backup) + 2) * WRITES * BLOCK_BYTES;
  expect(again.compared).toBeGreaterThanOrEqual(SIZE_BYTES);
  expect(again.copied).toBeLessThanOrEqual(most);
  expect(most).toBeLessThan(SIZE_BYTES);
  await anotherRound(backup);
  backup.kill('SIGINT');
  expect([await backup.ended, await back.ended]).toEqual([130, 0]);
  expect(difference(SIZE_BYTES)).toBeUndefined();
  expect(primary.said + backup.said).not.toContain('scribble:');
});
