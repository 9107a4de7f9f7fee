import { expect, test } from 'vitest';
import { tick } from '../../../src/lib/brands.ts';
import { record, testFolder } from '../../host/support.ts';
import { chooser, golden, newSeed, plainDigests, withTimeline } from './support.ts';

const folder = testFolder();

/** Random seeks, to and fro, give what a plain replay gives. */
async function seeks(file: string, count: number, memoryBudgetBytes?: number): Promise<void> {
  const seed = newSeed();
  const choose = chooser(seed);
  const budget = memoryBudgetBytes === undefined ? {} : { memoryBudgetBytes };
  await withTimeline(file, budget, async ({ timeline }) => {
    const ticks = [0n, timeline.end, ...Array.from({ length: count }, () => choose(timeline.end + 1n))];
    const expected = plainDigests(file, ticks);
    for (let i = 0; i < 3 * ticks.length; i++) {
      const to = ticks[Number(choose(BigInt(ticks.length)))]!;
      if (choose(8n) === 0n) await timeline.seek(timeline.end);
      if (choose(8n) === 0n) timeline.checkpoint();
      await timeline.seek(tick(to));
      expect(timeline.now).toBe(to);
      expect(timeline.board.digest('all'), `tick ${to}, LOCKSTEP_SEED=${seed}`).toBe(expected.get(to));
    }
  });
}

test.each(['hello', 'clock', 'race', 'disk'])('golden %s: any tick, by any way, is one state', (name) =>
  seeks(golden(name), 12),
);

test('a small budget of memory changes nothing but the cost', () => seeks(golden('disk'), 12, 3_000_000));

test.each(['host', 'ticks', 'exact'] as const)('clock %s: time that is waited or skipped', async (clock) => {
  const file = folder.path(`clock-${clock}.lks`);
  const options = { clock, append: 'wait=20', entropy: { kind: 'seed', seed: 3n } } as const;
  await record('clock', file, options);
  await seeks(file, 20);
});

test('every tick of a short recording, backwards', async () => {
  const file = golden('hello');
  await withTimeline(file, {}, async ({ timeline }) => {
    const all = Array.from({ length: Number(timeline.end) + 1 }, (_, i) => BigInt(i));
    const expected = plainDigests(file, all);
    for (const at of all.toReversed()) {
      await timeline.seek(tick(at));
      expect(timeline.board.digest('all')).toBe(expected.get(at));
    }
  });
});

test('a tick that is not there is refused by name', async () => {
  await withTimeline(golden('hello'), {}, async ({ timeline }) => {
    await expect(timeline.seek(tick(timeline.end + 1n))).rejects.toMatchObject({ code: 'no-such-tick' });
    expect(timeline.now).toBe(0n);
  });
});
