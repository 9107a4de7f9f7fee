/** One round of the laboratory: real processes, hosts of their own, a kill, and clients who notice a pause at most. */
import { expect, test } from 'vitest';
import { series } from './series.ts';
import { noLab } from './works.ts';

const absent = noLab('udp-kv');
const seed = Number(process.env.LOCKSTEP_SEED ?? Math.floor(Math.random() * 1e6));
const skipped = absent === undefined ? '' : ` (skipped: ${absent})`;

test.skipIf(absent !== undefined)(`the primary is killed under load, seed ${seed}${skipped}`, async () => {
  const options = {
    work: 'udp-kv',
    victims: ['primary'],
    rounds: 1,
    seed,
    detectMs: 2000,
    delayMs: 0,
    replayEvery: 1,
  } as const;
  const [result] = await series(options, () => {});
  expect(result).toMatchObject({ survivor: 'backup', violations: [] });
  expect(result!.operations).toBeGreaterThan(50);
});
