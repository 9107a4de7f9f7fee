/** Two hosts of which one hears nothing of the other, by one way or by both: what is suspected, and what is not. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { CutLine } from './cut-line.ts';
import { countOf, eachWorld, joined, nodeOf, type Side, sample } from './sides.ts';

const world = eachWorld();
/** The machine that runs this may be slow: only a silence that was made is one. */
const detectMs = 5000;

/** A pair that runs, with a line in between. */
async function apart(append: string): Promise<{ primary: Side; backup: Side; line: CutLine }> {
  const { backup, port } = await world.backup({ detectMs });
  const line = await CutLine.to(port);
  onTestFinished(() => line.close());
  const at = `tcp:127.0.0.1:${line.port}`;
  const primary = world.side({ role: 'primary', at, kernel: sample('count'), append, detectMs });
  await primary.until(({ said }) => said.includes('count 2\n'));
  return { primary, backup, line };
}

test('a pair whose guest has nothing to say for long suspects nobody', async () => {
  const { primary, backup, line } = await apart('every=1000');
  const { there, back } = line.beats;
  await sleep(5 * detectMs);
  expect(Math.min(line.beats.there - there, line.beats.back - back)).toBeGreaterThan(5);
  expect((await nodeOf(primary)).status).toMatchObject({ state: 'protected', epoch: 1, reconnections: 0 });
  expect((await nodeOf(backup)).status).toMatchObject({ state: 'following', epoch: 1 });
  expect(world.epochs).toEqual(['pair.1']);
});

const CAUSES = [
  ['udp', 'heartbeats-silent'],
  ['tcp', 'channel-silent'],
] as const;

test.each(CAUSES)('nothing comes by %s any more: that is told as %s, and one of both goes on', async (way, cause) => {
  const { primary, backup, line } = await apart('every=10');
  line.cut(way);
  const loser = await Promise.race([primary.ended.then(() => primary), backup.ended.then(() => backup)]);
  expect(await loser.ended).toBe(4);
  const alive = loser === primary ? backup : primary;
  await alive.state(alive === primary ? 'alone' : 'live');
  expect((await nodeOf(alive)).status).toMatchObject({ epoch: 2 });
  // Who suspects first says so to the other, which may be quicker with its claim.
  const told = primary.complaints + backup.complaints;
  expect(told).toContain(`(${cause})`);
  for (const [, other] of CAUSES) if (other !== cause) expect(told).not.toContain(other);
  const { length } = alive.said;
  await alive.until(({ said }) => said.length > length + 200);
  expect(countOf(joined(primary.said, backup.said))).toBeGreaterThan(20);
  expect(world.epochs).toEqual(['pair.1', 'pair.2']);
});
