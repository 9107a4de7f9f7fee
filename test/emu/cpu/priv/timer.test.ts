/**
 * Guest time against exact rationals: timerDue is the first tick at which the comparator is reached, and the lines
 * follow.
 */
import { describe, expect, it } from 'vitest';
import { NEVER } from '../../../../src/emu/cpu/hart-layout.ts';
import { boundary, readTime, rederive, updateTimer } from '../../../../src/emu/cpu/priv/procs.ts';
import { dueTick, timeNow } from '../../../../src/emu/cpu/priv/timer.ts';
import { Hart, random } from './hart.ts';

const STCE = 1n << 63n;
const MTIP = 1n << 7n;
const STIP = 1n << 5n;
const EVER = 0xffff_ffff_ffff_ffffn;

describe('timerDue', () => {
  it('is the first tick with time >= cmp, for random anchors and rates', () => {
    const hart = new Hart();
    const rng = random(0x51n);
    let reached = 0;
    for (let i = 0; i < 3000; i++) {
      const rate = 1n + rng.bits(1 + rng.below(39));
      const anchorTick = rng.bits(1 + rng.below(50));
      const anchorTime = rng.bits(1 + rng.below(60));
      const cmp = anchorTime + rng.bits(1 + rng.below(rng.below(2) === 0 ? 12 : 50));
      hart.setAll({ rate, anchorTick, anchorTime });
      const timeAt = (tick: bigint) => anchorTime + (((tick - anchorTick) * rate) >> 24n);
      const due = hart.call(dueTick, cmp);
      if (due === NEVER) {
        expect(timeAt(anchorTick + (1n << 61n))).toBeLessThan(cmp);
        continue;
      }
      reached++;
      expect(timeAt(due)).toBeGreaterThanOrEqual(cmp);
      if (due > anchorTick) expect(timeAt(due - 1n)).toBeLessThan(cmp);
      hart.set('tick', due);
      expect(hart.call(timeNow)).toBe(timeAt(due));
    }
    expect(reached).toBeGreaterThan(2000);
  });

  it('is never at rate 0, and the anchor when the comparator is behind it', () => {
    const hart = new Hart();
    hart.setAll({ anchorTick: 5n, anchorTime: 100n });
    expect(hart.call(dueTick, 101n)).toBe(NEVER);
    expect(hart.call(dueTick, 100n)).toBe(5n);
    hart.setAll({ rate: 1n });
    expect(hart.call(dueTick, EVER)).toBe(NEVER);
  });
});

describe('the timer lines', () => {
  /** 0.1 units of time a tick, as 100 MIPS with a 10 MHz clock, rounded down. */
  const rate = (1n << 24n) / 10n;
  it('rise at the boundary of the due tick and not before, and fall when the comparator moves on', () => {
    const hart = new Hart();
    hart.setAll({ rate, mtimecmp: 100n, stimecmp: 50n, menvcfg: STCE, untilTick: 10_000n });
    const seen: bigint[] = [];
    for (let tick = 0n; tick < 1100n; tick++) {
      hart.set('tick', tick);
      hart.call(boundary);
      const time = (tick * rate) >> 24n;
      const lines = (time >= 100n ? MTIP : 0n) | (time >= 50n ? STIP : 0n);
      expect({ tick, lines: hart.get('lines') }).toEqual({ tick, lines });
      if (!seen.includes(lines)) seen.push(lines);
    }
    expect(seen).toEqual([0n, STIP, STIP | MTIP]);
    expect(hart.get('timerDue')).toBe(NEVER);
    hart.csrw(0x14d, 5000n);
    expect([hart.get('lines'), hart.get('timerDue')]).toEqual([MTIP, hart.call(dueTick, 5000n)]);
    hart.csrw(0x30a, 0n);
    expect([hart.get('lines'), hart.get('timerDue')]).toEqual([MTIP, NEVER]);
  });

  it('are those of the tick whichever way a boundary leaves', () => {
    const left = (['untilTick', 'exitRequest', 'waiting'] as const).map((why) => {
      const hart = new Hart();
      hart.setAll({ rate, mtimecmp: 1n, untilTick: 10_000n });
      const due = hart.get('timerDue');
      hart.set('tick', due);
      hart.set(why, why === 'untilTick' ? due : 1n);
      return [hart.call(boundary), hart.get('lines'), hart.get('timerDue')];
    });
    expect(left).toEqual([1n, 3n, 2n].map((reason) => [reason, MTIP, NEVER]));
  });

  it('do not change by rederiving at a tick that is due but whose boundary has not come', () => {
    const hart = new Hart();
    hart.setAll({ rate, mtimecmp: 1n });
    const due = hart.get('timerDue');
    hart.set('tick', due + 3n);
    hart.call(rederive);
    expect([hart.get('lines'), hart.get('timerDue')]).toEqual([0n, due]);
    hart.call(updateTimer);
    expect([hart.get('lines'), hart.get('timerDue')]).toEqual([MTIP, NEVER]);
    hart.call(rederive);
    expect([hart.get('lines'), hart.get('timerDue')]).toEqual([MTIP, NEVER]);
  });
});

describe('the exact clock', () => {
  it('asks at each read, anchors the answer, fires timers by it, and never goes back', () => {
    const hart = new Hart();
    hart.setAll({ exactClock: 1n, mtimecmp: 70n, tick: 9n });
    hart.nondet.push(60n, 50n, 70n);
    expect([hart.call(readTime), hart.get('anchorTick'), hart.get('lines')]).toEqual([60n, 9n, 0n]);
    hart.set('tick', 12n);
    expect([hart.csr(0xc01), hart.get('anchorTick'), hart.get('anchorTime')]).toEqual([60n, 12n, 60n]);
    expect([hart.csr(0xc01), hart.get('lines')]).toEqual([70n, MTIP]);
    hart.set('exactClock', 0n);
    expect(hart.csr(0xc01)).toBe(70n);
  });
});
