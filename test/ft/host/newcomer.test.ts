/** Both sides of a pair must ask the same arbiter: a backup finds out before it follows anybody. */
import { mkdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Arbiter, Holding } from '../../../src/ft/arbiter.ts';
import type { Hello } from '../../../src/ft/protocol/greeting.ts';
import type { PrimaryMessage } from '../../../src/ft/protocol/message.ts';
import { arbiterObjection, Newcomer } from '../../../src/host/ft/newcomer.ts';
import { eachWorld, sample } from './sides.ts';

const world = eachWorld();
const hello = { kind: 'hello', pair: 'web', epoch: 3, who: 'a' } as Hello;
const WITHIN_MS = 60_000;

const saying = (holding: Promise<Holding>): Arbiter => ({
  claim: async () => ({ kind: 'unknown', reason: 'not asked' }),
  read: () => holding,
  close: async () => {},
});
const objection = (holding: Holding): Promise<string | undefined> =>
  arbiterObjection(saying(Promise.resolve(holding)), hello, WITHIN_MS);

test('a primary is who the arbiter says it is, in that epoch; an arbiter that is away says nothing', async () => {
  expect(await objection({ kind: 'held', epoch: 3, holder: 'a' })).toBeUndefined();
  expect(await objection({ kind: 'unknown', reason: 'away' })).toBeUndefined();
  expect(await objection({ kind: 'free' })).toMatch(/knows nothing of the pair web: both sides need the same one/);
  for (const [epoch, holder] of [
    [3, 'b'],
    [2, 'a'],
    [4, 'a'],
  ] as const) {
    const text = `is that of ${holder}, in epoch ${epoch}, and not that of a, in epoch 3`;
    expect(await objection({ kind: 'held', epoch, holder })).toContain(text);
  }
  expect(await arbiterObjection(saying(new Promise(() => {})), hello, 1)).toBeUndefined();
});

test('what comes while the arbiter is asked is kept in order; of who is refused or gone nothing is heard', async () => {
  const alive: PrimaryMessage = { kind: 'alive' };
  for (const [reason, leaves, heard] of [
    [undefined, false, ['hello', 'alive', 'alive']],
    ['another arbiter', false, ['refused: another arbiter']],
    [undefined, true, []],
  ] as const) {
    const seen: string[] = [];
    const asked = Promise.withResolvers<string | undefined>();
    let questions = 0;
    const newcomer = new Newcomer({
      objection: () => {
        questions++;
        return asked.promise;
      },
      message: ({ kind }) => seen.push(kind),
      refused: (why) => seen.push(`refused: ${why}`),
    });
    for (const message of [hello, alive, alive]) newcomer.hear(message);
    expect(seen).toEqual([]);
    if (leaves) newcomer.gone();
    asked.resolve(reason);
    await asked.promise;
    await Promise.resolve();
    expect([seen, questions]).toEqual([heard, 1]);
  }
});

test('a backup with another arbiter follows nobody, and the primary says why', async () => {
  mkdirSync(world.path('elsewhere'));
  const arbiter = `file:${world.path('elsewhere')}`;
  const { backup, port } = await world.backup({ arbiter });
  const primary = world.side({ role: 'primary', at: `tcp:127.0.0.1:${port}`, kernel: sample('count') });
  expect([await primary.ended, primary.said]).toEqual([4, '']);
  expect(primary.complaints).toContain('pair-refused');
  expect(backup.complaints).not.toMatch(/^state following/m);
});
