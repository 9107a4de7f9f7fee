/** Nothing leaves before the backup has what it follows from: by real processes, of which one does not acknowledge. */
import { isDeepStrictEqual } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { replay } from '../../host/support.ts';
import { CutLine } from './cut-line.ts';
import { countOf, eachWorld, joined, primaryOf, sample } from './sides.ts';

const world = eachWorld();
const aMoment = (): Promise<unknown> => new Promise((done) => setTimeout(done, 50));

test('while the backup stands still nothing leaves, and a guest with more to say than is kept does too', async () => {
  const { primary, backup } = await world.pair({ append: 'every=5', sendBufferBytes: 8 << 10, detectMs: 60_000 });
  await primary.until(({ said }) => said.includes('count 20\n'));
  backup.standStill();
  // What it had acknowledged leaves yet, and is read here.
  let said = '';
  for (let looks = 0; looks < 4; await aMoment()) {
    const { heldOutputs, stalled } = await primaryOf(primary);
    looks = said === primary.said && (heldOutputs > 5 || stalled) ? looks + 1 : 0;
    ({ said } = primary);
  }
  for (let status = await primaryOf(primary); !status.stalled; status = await primaryOf(primary)) {
    expect(primary.said).toBe(said);
    await aMoment();
  }
  // It is told to stand still, and does at the end of what it is about.
  let stood: unknown;
  for (let looks = 0; looks < 5; await aMoment()) {
    const { stalled, ticks, heldOutputs, buffer } = await primaryOf(primary);
    expect(stalled).toBe(true);
    looks = isDeepStrictEqual(stood, { ticks, heldOutputs, buffer }) ? looks + 1 : 0;
    stood = { ticks, heldOutputs, buffer };
  }
  const { heldOutputs, buffer } = await primaryOf(primary);
  expect(primary.said).toBe(said);
  expect(heldOutputs).toBeGreaterThan(5);
  expect(buffer.bytes).toBeLessThan(2 * buffer.limitBytes);
  backup.kill('SIGCONT');
  const count = countOf(said)! + heldOutputs + 20;
  await primary.until((side) => countOf(side.said)! > count);
  expect(await primaryOf(primary)).toMatchObject({ state: 'protected', stalled: false });
  primary.kill('SIGINT');
  expect([await primary.ended, await backup.ended]).toEqual([130, 0]);
  for (const log of ['primary.lks', 'backup.lks']) expect((await replay(world.path(log))).text).toBe(primary.said);
});

test('what nobody but a primary that is lost has heard of was not seen by anybody', async () => {
  const { backup, port } = await world.backup({ detectMs: 60_000 });
  const line = await CutLine.to(port);
  onTestFinished(() => line.close());
  const at = `tcp:127.0.0.1:${line.port}`;
  const words = { kernel: sample('clock'), append: 'wait=3600000', detectMs: 60_000 };
  const primary = world.side({ role: 'primary', at, ...words });
  await primary.until(({ said }) => said.includes('type something'));
  line.cut();
  primary.child.stdin!.write('a');
  const isTold = (): boolean => primary.said.includes('input   61');
  while (!isTold() && (await primaryOf(primary)).heldOutputs === 0) await aMoment();
  primary.kill();
  await primary.ended;
  line.breakConnections();
  await backup.state('live');
  // What comes before its console is open goes nowhere.
  const typing = setInterval(() => backup.child.stdin!.write('b'), 100);
  onTestFinished(() => clearInterval(typing));
  await backup.until(({ said }) => said.includes('input   62'));
  clearInterval(typing);
  // Another guest now: it has never heard of the first, and neither has who was looking on.
  const whole = joined(primary.said, backup.said);
  expect(whole.match(/^(type something|input {3}..)/gm)?.slice(0, 2)).toEqual(['type something', 'input   62']);
  backup.kill('SIGINT');
  expect(await backup.ended).toBe(130);
});

test('what a primary that is killed has not got rid of, as nobody reads it, its backup says again', async () => {
  // Lines without a pause in between, and one byte in some thirty ticks.
  const words = { append: 'every=0', digestTicks: 1 << 22, detectMs: 60_000 };
  const { primary, backup } = await world.pair(words);
  primary.child.stdout!.pause();
  await primary.state('protected');
  // More than there is room for on the way.
  while ((await primaryOf(primary)).ticks < 16e6) await aMoment();
  primary.kill();
  primary.child.stdout!.resume();
  await primary.ended;
  await backup.state('live');
  await backup.until(({ said }) => said.length > 1 << 16);
  backup.kill();
  await backup.ended;
  const seen = countOf(primary.said)!;
  expect(countOf(joined(primary.said, backup.said))).toBeGreaterThan(seen);
});
