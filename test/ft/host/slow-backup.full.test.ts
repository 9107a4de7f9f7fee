/** A backup that does not come along: its primary is slowed by and by, and let go again. */
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { eachWorld, primaryOf, type Side, sample } from './sides.ts';

const world = eachWorld();
const CLOCK_TICK_MS = 10;
const MEASURED_MS = 4000;

/** Processor time that the process has had, milliseconds: proc(5), fields 14 and 15. */
function spentMs({ child }: Side): number {
  const fields = readFileSync(`/proc/${child.pid}/stat`, 'latin1').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) * CLOCK_TICK_MS;
}

test.skipIf(!existsSync('/proc/self/stat'))('a guest whose backup is behind gets the share that is told', async () => {
  const words = { kernel: sample('clock'), append: 'wait=3600000', digestTicks: 1 << 22, detectMs: 250_000 };
  const { primary, backup } = await world.pair(words);
  // It looks for what is typed, over and over.
  await primary.until(({ said }) => said.includes('type something'));
  backup.standStill();
  for (let share = 1; share > 0.15; { share } = await primaryOf(primary)) await sleep(100);
  const [from, spent] = [performance.now(), spentMs(primary)];
  await sleep(MEASURED_MS);
  const used = (spentMs(primary) - spent) / (performance.now() - from);
  const { share, lagMs, ticks } = await primaryOf(primary);
  // With what the process does besides.
  expect(used).toBeLessThan(0.5);
  expect(lagMs.now).toBeGreaterThan(1000);
  backup.kill('SIGCONT');
  for (let now = 0; now <= share; now = (await primaryOf(primary)).share) await sleep(100);
  expect((await primaryOf(primary)).ticks).toBeGreaterThan(ticks);
  expect(world.epochs).toEqual(['pair.1']);
});
