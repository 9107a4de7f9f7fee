import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Cursor } from '../../../src/debug/timeline/cursor.ts';
import { ReplayCost } from '../../../src/debug/timeline/replay-cost.ts';
import { tick } from '../../../src/lib/brands.ts';
import type { LogRecord } from '../../../src/logformat/records.ts';
import { ConsoleLines } from '../../../src/session/console-lines.ts';

describe('records from a place on', () => {
  const logOf = (lengths: readonly number[]): LogRecord[][] => {
    let at = 0n;
    return lengths.map((length) => Array.from({ length }, () => ({ kind: 'progress', tick: tick(at++) }) as const));
  };
  const finish = { kind: 'cut', offset: 0, reason: 'it ends' } as const;

  test('are those after the place, and the place of each is known', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(6), { maxLength: 8 }), fc.nat(40), fc.nat(40), (lengths, start, more) => {
        const frames = logOf(lengths);
        const all = frames.flat();
        const frameOr = (frame: number) => frames[frame] ?? finish;
        const first = new Cursor({ frame: 0, record: 0 }, frameOr);
        const from = Math.min(start, all.length);
        for (let i = 0; i < from; i++) first.next();
        const second = new Cursor(first.placeAfter(from), frameOr);
        const taken = Math.min(more, all.length - from);
        for (let i = 0; i < taken; i++) expect(second.next().value).toBe(all[from + i]);
        const third = new Cursor(second.placeAfter(taken), frameOr);
        for (const record of all.slice(from + taken)) expect(third.next().value).toBe(record);
        expect(third.next()).toEqual({ done: true, value: finish });
      }),
    );
  });
});

describe('the cost of replaying', () => {
  test('is the average where nothing was measured, and what was measured elsewhere', () => {
    const cost = new ReplayCost(1e6);
    expect(cost.between(0n, 1000n)).toBeCloseTo(1e6);
    cost.add(0n, 1n << 20n, 1e6);
    cost.add(1n << 20n, 1n << 21n, 1e9);
    expect(cost.between(0n, 1n << 20n)).toBeCloseTo(1e6);
    expect(cost.between(1n << 20n, 1n << 21n)).toBeCloseTo(1e9);
    expect(cost.between(1n << 19n, 3n << 19n)).toBeCloseTo(5e5 + 5e8);
  });

  test('keeps its sum when the recording becomes longer than its parts', () => {
    const cost = new ReplayCost(1e6);
    for (let i = 0n; i < 64n; i++) cost.add(i << 24n, (i + 1n) << 24n, Number(i) * 1e6);
    const sum = (64 * 63 * 1e6) / 2;
    expect(cost.between(0n, 64n << 24n)).toBeCloseTo(sum);
    cost.between(0n, 1n << 44n);
    expect(cost.between(0n, 64n << 24n) / sum).toBeCloseTo(1);
  });
});

test('lines of a console come out whole, however the bytes come, and go on from where they were', () => {
  const text = 'one\r\ntwo\n\nthree – äß\npart';
  const bytes = new TextEncoder().encode(text);
  fc.assert(
    fc.property(fc.array(fc.nat(bytes.length), { maxLength: 8 }), (cuts) => {
      const places = [0, ...cuts.sort((a, b) => a - b), bytes.length];
      let lines = new ConsoleLines();
      const ended: string[] = [];
      for (const [i, from] of places.entries()) {
        ended.push(...lines.add(bytes.subarray(from, places[i + 1] ?? from)));
        const next = new ConsoleLines();
        next.restore(lines.save());
        lines = next;
      }
      expect(ended).toEqual(['one', 'two', '', 'three – äß']);
      expect(new TextDecoder().decode(lines.save())).toBe('part');
    }),
  );
});
