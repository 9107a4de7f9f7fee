/** O7: 8 contenders, 300 races for each arbiter, with the arbiter killed now and then, and claims that lose answers. */
import { expect, test } from 'vitest';
import { diskFolder } from '../../host/disk/support.ts';
import { rigs } from './rigs.ts';

const folder = diskFolder();

test.each(rigs)('%s: 300 races of 8 have one winner each', async (_name, make) => {
  const rig = await make(folder);
  const contenders = Array.from({ length: 8 }, () => rig.arbiter());
  for (let epoch = 1; epoch <= 300; epoch++) {
    const early = epoch % 7 === 0 ? rig.deaf().claim('p', epoch, 'c0') : undefined;
    const restarting = epoch % 50 === 0 ? rig.restart() : undefined;
    const winners = await Promise.all(
      contenders.map(async (arbiter, i) => {
        for (;;) {
          const result = await arbiter.claim('p', epoch, `c${i}`);
          if (result.kind === 'won') return `c${i}`;
          if (result.kind === 'lost') return result.holder;
          await new Promise((done) => setTimeout(done, 10));
        }
      }),
    );
    await Promise.all([early, restarting]);
    expect(new Set(winners).size).toBe(1);
    expect(await rig.arbiter().read('p')).toEqual({ kind: 'held', epoch, holder: winners[0] });
  }
});
