/** A cluster of three hosts: one of the pair's is killed again and again, and there are two again without a hand. */
import { expect, test } from 'vitest';
import { failovers, failoversText, failoverText } from '../lab/failovers.ts';
import { noLab } from '../lab/works.ts';

const FAILOVERS = Number(process.env.LOCKSTEP_FAILOVERS ?? 5);
const seed = Number(process.env.LOCKSTEP_SEED ?? Math.floor(Math.random() * 1e6));
const absent = noLab('udp-kv');
const skipped = absent === undefined ? '' : ` (skipped: ${absent})`;

test.skipIf(absent !== undefined)(`${FAILOVERS} failovers in a row, seed ${seed}${skipped}`, async () => {
  const options = { work: 'udp-kv', failovers: FAILOVERS, seed, detectMs: 2000 } as const;
  const result = await failovers(options, (one) => process.stdout.write(`${failoverText(one)}\n`));
  process.stdout.write(`${failoversText(result)}\n`);
  expect(result.violations).toEqual([]);
  expect(result.failovers).toHaveLength(FAILOVERS);
  expect(result.operations).toBeGreaterThan(100);
  // A host that was killed carries a side again later.
  const again = result.failovers.some(({ victim }, i) =>
    result.failovers.slice(i + 1).some(({ primary, backup }) => primary === victim || backup === victim),
  );
  expect(again).toBe(true);
});
