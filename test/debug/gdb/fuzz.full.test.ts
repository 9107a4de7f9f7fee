import { expect, test } from 'vitest';
import { fuzz } from './fuzz.ts';

test('a hundred thousand packets of every wrong kind leave the answers right', async () => {
  const seed = Number(process.env.LOCKSTEP_SEED ?? Math.floor(Math.random() * 2 ** 31));
  await expect(fuzz(seed, 100_000), `LOCKSTEP_SEED=${seed}`).resolves.toBeUndefined();
});
