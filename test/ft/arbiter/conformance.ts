/** What every arbiter must do (src/ft/arbiter.ts), with the faults that arbiters have in the field, as tests. */
import { expect, test } from 'vitest';
import type { Arbiter, ClaimResult } from '../../../src/ft/arbiter.ts';
import type { DiskFolder } from '../../host/disk/support.ts';
import type { RigMaker } from './rig.ts';

const won = { kind: 'won' } as const;
const lost = (holder: string) => ({ kind: 'lost', holder }) as const;
const CONTENDERS = 8;

/** Asks again until it is known. */
export async function settle(arbiter: Arbiter, epoch: number, who: string): Promise<ClaimResult> {
  for (;;) {
    const result = await arbiter.claim('p', epoch, who);
    if (result.kind !== 'unknown') return result;
    await new Promise((done) => setTimeout(done, 5));
  }
}

export function conformance(folder: DiskFolder, rigs: readonly RigMaker[]): void {
  test.each(rigs)('%s: the first wins, asks again and wins; others lose, and are told to whom', async (_name, make) => {
    const rig = await make(folder);
    const [a, b] = [rig.arbiter(), rig.arbiter()];
    expect(await a.read('p')).toEqual({ kind: 'free' });
    expect(await a.claim('p', 1, 'a')).toEqual(won);
    expect(await b.claim('p', 1, 'b')).toEqual(lost('a'));
    expect(await a.claim('p', 1, 'a')).toEqual(won);
    expect(await rig.arbiter().claim('p', 1, 'a')).toEqual(won);
    expect(await b.read('p')).toEqual({ kind: 'held', epoch: 1, holder: 'a' });
    expect(await b.read('other')).toEqual({ kind: 'free' });
    for (const arbiter of [a, b]) await arbiter.close();
  });

  test.each(rigs)('%s: an epoch that is over is lost to everybody, its winner included', async (_name, make) => {
    const rig = await make(folder);
    const arbiter = rig.arbiter();
    expect(await arbiter.claim('p', 9, 'a')).toEqual(won);
    expect(await arbiter.claim('p', 10, 'b')).toEqual(won);
    for (const who of ['a', 'b', 'c']) expect(await arbiter.claim('p', 9, who)).toEqual(lost('b'));
    expect(await arbiter.claim('p', 8, 'b')).toEqual(lost('b'));
    expect(await arbiter.claim('p', 100, 'a')).toEqual(won);
    expect(await arbiter.read('p')).toEqual({ kind: 'held', epoch: 100, holder: 'a' });
  });

  test.each(rigs)('%s: pairs and names of any kind are kept apart', async (_name, make) => {
    const rig = await make(folder);
    const arbiter = rig.arbiter();
    const pairs = ['p', 'p.1', 'p/1', '..', 'é', 'P', '.', '__proto__'];
    for (const [i, pair] of pairs.entries()) expect(await arbiter.claim(pair, i + 1, `who/${i}\n`)).toEqual(won);
    for (const [i, pair] of pairs.entries()) {
      expect(await arbiter.read(pair)).toEqual({ kind: 'held', epoch: i + 1, holder: `who/${i}\n` });
    }
  });

  test.each(rigs)(
    '%s: of contenders at one time exactly one wins, and the others are told its name',
    async (_name, make) => {
      const rig = await make(folder);
      const contenders = Array.from({ length: CONTENDERS }, () => rig.arbiter());
      for (let epoch = 1; epoch <= 25; epoch++) {
        const results = await Promise.all(contenders.map((arbiter, i) => arbiter.claim('p', epoch, `c${i}`)));
        const winner = results.findIndex(({ kind }) => kind === 'won');
        expect(results).toEqual(results.map((_, i) => (i === winner ? won : lost(`c${winner}`))));
      }
    },
  );

  test.each(rigs)('%s: an answer that is lost is unknown; asked again, it was won', async (_name, make) => {
    const rig = await make(folder);
    expect(await rig.deaf().claim('p', 1, 'a')).toMatchObject({ kind: 'unknown', reason: expect.any(String) });
    // What was begun is carried out, late or not at all: whoever asks then decides it for both.
    const b = await rig.arbiter().claim('p', 1, 'b');
    const a = await rig.arbiter().claim('p', 1, 'a');
    expect([a.kind, b.kind].sort()).toEqual(['lost', 'won']);
    expect(await rig.arbiter().read('p')).toEqual({ kind: 'held', epoch: 1, holder: a.kind === 'won' ? 'a' : 'b' });
  });

  test.each(rigs)(
    '%s: out of reach it is unknown, promptly and to everybody; reached again, it decides',
    async (_name, make) => {
      const rig = await make(folder);
      const arbiter = rig.arbiter();
      expect(await arbiter.claim('p', 1, 'a')).toEqual(won);
      await rig.cut();
      expect(await arbiter.claim('p', 2, 'b')).toMatchObject({ kind: 'unknown' });
      expect(await arbiter.read('p')).toMatchObject({ kind: 'unknown' });
      await rig.heal();
      expect(await arbiter.read('p')).toEqual({ kind: 'held', epoch: 1, holder: 'a' });
      expect(await arbiter.claim('p', 2, 'b')).toEqual(won);
    },
  );

  test.each(rigs)(
    '%s: hanging, it is unknown at the deadline; what was asked may come true later',
    async (_name, make) => {
      const rig = await make(folder);
      const arbiter = rig.arbiter(250);
      expect(await settle(arbiter, 1, 'a')).toEqual(won);
      rig.freeze();
      expect(await arbiter.claim('p', 2, 'a')).toMatchObject({
        kind: 'unknown',
        reason: expect.stringContaining('0.25 s'),
      });
      expect(await arbiter.read('p')).toMatchObject({ kind: 'unknown' });
      rig.thaw();
      const results = await Promise.all([settle(arbiter, 2, 'a'), settle(rig.arbiter(), 2, 'b')]);
      expect(results.map(({ kind }) => kind).sort()).toEqual(['lost', 'won']);
    },
  );

  test.each(rigs)('%s: slower than the deadline it is unknown; with patience it decides', async (_name, make) => {
    const rig = await make(folder);
    const hasty = rig.arbiter(150);
    expect(await settle(hasty, 1, 'a')).toEqual(won);
    rig.slow(400);
    expect(await hasty.claim('p', 2, 'a')).toMatchObject({ kind: 'unknown' });
    const results = await Promise.all([rig.arbiter().claim('p', 2, 'a'), rig.arbiter().claim('p', 2, 'b')]);
    expect(results.map(({ kind }) => kind).sort()).toEqual(['lost', 'won']);
  });

  test.each(rigs)('%s: what was won is kept when it is killed at once', async (_name, make) => {
    const rig = await make(folder);
    const arbiter = rig.arbiter();
    for (let epoch = 1; epoch <= 3; epoch++) {
      expect(await settle(arbiter, epoch, 'a')).toEqual(won);
      await rig.restart();
      expect(await settle(rig.arbiter(), epoch, 'b')).toEqual(lost('a'));
    }
  });

  test.each(rigs)(
    '%s: through kills and restarts each epoch has one winner, and nobody is told otherwise',
    async (_name, make) => {
      const rig = await make(folder);
      const holders = new Map<number, string>();
      const say = (epoch: number, who: string): void => {
        expect(holders.get(epoch) ?? who).toBe(who);
        holders.set(epoch, who);
      };
      let restarts = 0;
      const killing = (async () => {
        for (; restarts < 3; restarts++) {
          await new Promise((done) => setTimeout(done, 60 * restarts));
          await rig.restart();
        }
      })();
      let epoch = 0;
      while (epoch < 20 || restarts < 3) {
        epoch++;
        const contenders = Array.from({ length: 4 }, (_, i) => settle(rig.arbiter(), epoch, `c${i}`));
        for (const [i, result] of (await Promise.all(contenders)).entries()) {
          if (result.kind === 'won') say(epoch, `c${i}`);
          if (result.kind === 'lost') say(epoch, result.holder);
        }
      }
      await killing;
      expect(holders.size).toBe(epoch);
      expect(await rig.arbiter().read('p')).toEqual({ kind: 'held', epoch, holder: holders.get(epoch) });
    },
  );
}
