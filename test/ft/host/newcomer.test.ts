/** Both sides of a pair must ask the same arbiter: a backup finds out before it follows anybody. */
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { hostname } from 'node:os';
import { expect, test } from 'vitest';
import type { Arbiter, Holding } from '../../../src/ft/arbiter.ts';
import type { Hello } from '../../../src/ft/protocol/greeting.ts';
import type { PrimaryMessage } from '../../../src/ft/protocol/message.ts';
import { encodeMessage } from '../../../src/ft/protocol/wire.ts';
import { arbiterOf } from '../../../src/host/ft/arbiters/arbiter-of.ts';
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

test('a primary that is lost before its first frame leaves its backup waiting, which says so', async () => {
  const { backup, port } = await world.backup({ detectMs: 500 });
  const who = `${hostname()}:1:1`;
  const arbiter = arbiterOf(world.arbiter, world.folder, undefined);
  expect(await arbiter.claim('pair', 1, who)).toEqual({ kind: 'won' });
  await arbiter.close();
  const surroundings = new Uint8Array();
  const identity = { version: 3, pair: 'pair', epoch: 1, who, host: 'elsewhere' };
  const socket = connect(port, '127.0.0.1');
  socket.write(encodeMessage({ kind: 'hello', ...identity, first: 0, surroundings }));
  await once(socket, 'data');
  await backup.state('following');
  socket.destroy();
  await backup.until(({ complaints }) => /^state following [\s\S]*^state waiting /m.test(complaints));
  expect(backup.complaints).toContain('lost before its first frame');
  // It is as good as new.
  const primary = world.side({
    role: 'primary',
    at: `tcp:127.0.0.1:${port}`,
    kernel: sample('count'),
    append: 'to=20',
  });
  expect([await primary.ended, await backup.ended], backup.complaints).toEqual([0, 0]);
});
