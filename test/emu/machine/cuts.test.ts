/** What the state at a tick is must not depend on where runs were cut on the way there. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { EngineFactory } from '../../../src/emu/cpu/engine.ts';
import { createInterpreter } from '../../../src/emu/cpu/interpreter/interpreter.ts';
import { createReference } from '../../../src/emu/cpu/reference/engine.ts';
import { tick } from '../../../src/lib/brands.ts';
import { flat, Guest, sample } from './guest.ts';

/** mtimecmp = 1 with no interrupt enabled, a few steps, and WFI at a tick near the one at which time is 1. */
const waitsBesideTimer = (padding: number): Uint8Array =>
  flat([
    0x020042b7, // lui t0,0x2004      mtimecmp
    0x00100313, // li t1,1
    0x0062b023, // sd t1,0(t0)
    ...new Array<number>(padding).fill(0x00000013),
    0x10500073, // wfi
  ]);

test('a hart that waits for something else while its timer comes due: idle or at the limit, the state is one', () => {
  for (let padding = 0; padding < 12; padding++) {
    const options = { images: { kernel: waitsBesideTimer(padding) } };
    const waiting = new Guest(options).board;
    expect(waiting.run(tick(100))).toBe('idle');
    const at = waiting.tick;
    const stopped = new Guest(options).board;
    expect([stopped.run(at), stopped.tick]).toEqual(['limit', at]);
    expect({ padding, digest: stopped.digest('all') }).toEqual({ padding, digest: waiting.digest('all') });
  }
});

const END = 400_000n;
const DIGEST_TICKS = 20_000n;
/** Anchors that make timer interrupts as frequent as every few hundred steps. */
const anchors = Array.from({ length: 30 }, (_, i) => ({
  at: 12_345n + BigInt(i) * 12_777n,
  rate: BigInt(1 + (i % 7)) << 26n,
}));

/** Digests at multiples of DIGEST_TICKS, where every run stops; those at anchors are taken before them. */
function digestsOf(cuts: readonly bigint[], factory: EngineFactory): string[] {
  const { board } = new Guest({ images: { kernel: sample('race') }, change: { clock: 'host' }, factory });
  const steady = Array.from({ length: Number(END / DIGEST_TICKS) }, (_, i) => BigInt(i + 1) * DIGEST_TICKS);
  const stops = [...new Set([...cuts, ...steady, ...anchors.map(({ at }) => at)])].sort((a, b) => Number(a - b));
  const digests: string[] = [];
  for (const stop of stops) {
    board.run(tick(stop));
    if (stop % DIGEST_TICKS === 0n)
      digests.push(`${board.tick} ${board.digest(stop % 100_000n === 0n ? 'all' : 'small')}`);
    const anchor = anchors.find(({ at }) => at === stop);
    if (anchor !== undefined) board.apply({ kind: 'clock', time: board.time, rate: anchor.rate });
  }
  return digests;
}

test('under many timer interrupts, random cuts and single steps on either engine change no digest', () => {
  const expected = digestsOf([], createInterpreter);
  expect(new Set(expected).size).toBe(expected.length);
  expect(digestsOf([], createReference)).toEqual(expected);
  const stretch = fc.record({ from: fc.bigInt({ min: 1n, max: END }), length: fc.nat(200) });
  fc.assert(
    fc.property(fc.array(stretch, { maxLength: 40 }), (stretches) => {
      const cuts = stretches.flatMap(({ from, length }) =>
        Array.from({ length: length + 1 }, (_, i) => from + BigInt(i)),
      );
      expect(
        digestsOf(
          cuts.filter((cut) => cut < END),
          createInterpreter,
        ),
      ).toEqual(expected);
    }),
    { numRuns: 15 },
  );
});
