/** 8 contenders and many races, with the arbiter killed now and then, and claims that lose answers, as tests. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { DiskFolder } from '../../host/disk/support.ts';
import type { RigMaker } from './rig.ts';

const RACES = 300;
const CONTENDERS = 8;

export function races(folder: DiskFolder, rigs: readonly RigMaker[]): void {
  test.each(rigs)(`%s: ${RACES} races of ${CONTENDERS} have one winner each`, async (_name, make) => {
    const rig = await make(folder);
    const contenders = Array.from({ length: CONTENDERS }, () => rig.arbiter());
    for (let epoch = 1; epoch <= RACES; epoch++) {
      const early = epoch % 7 === 0 ? rig.deaf().claim('p', epoch, 'c0') : undefined;
      const restarting = epoch % 50 === 0 ? rig.restart() : undefined;
      let over = false;
      const asked = contenders.map(async (arbiter, i) => {
        while (!over) {
          const result = await arbiter.claim('p', epoch, `c${i}`);
          if (result.kind === 'won') return `c${i}`;
          if (result.kind === 'lost') return result.holder;
          await sleep(10);
        }
        return undefined;
      });
      // An arbiter that does not come back ends the race: nobody asks for ever.
      const [winners] = await Promise.all([Promise.all(asked), early, restarting]).finally(() => {
        over = true;
      });
      expect(new Set(winners).size).toBe(1);
      expect(await rig.arbiter().read('p')).toEqual({ kind: 'held', epoch, holder: winners[0] });
    }
  });
}
