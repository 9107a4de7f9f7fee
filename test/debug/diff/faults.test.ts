/**
 * Flipped bits at random ticks are found at exactly these ticks. LOCKSTEP_SEED repeats a run; the seed is in the name
 * of the test.
 */
import { describe, expect, test } from 'vitest';
import type { Board } from '../../../src/emu/machine/board.ts';
import { chooser, newSeed } from '../timeline/support.ts';
import { compareReplay, type Meddling, recordScripted, typed } from './scripted.ts';

const seed = newSeed();
const choose = chooser(seed);
const recorded = recordScripted({
  kernel: 'clock',
  change: { bootArgs: 'wait=8' },
  inputs: [typed(100_000n, 'a'), typed(100_001n, 'b'), typed(400_000n, 'cd')],
  digestTicks: { small: 1n << 15n, all: 1n << 19n },
});

/** Bits that the guest leaves alone, so that the fault lasts. */
const FAULTS: readonly ((at: bigint) => Meddling)[] = [
  (at) => ({ at, apply: ({ harts: [hart] }: Board) => hart!.set('mscratch', hart!.get('mscratch') ^ 1n) }),
  (at) => ({
    at,
    apply: ({ ram }: Board) => {
      const pa = 0x8020_0000n + choose(1n << 20n);
      ram.write(pa, Uint8Array.of(ram.read(pa, 1)[0]! ^ (1 << Number(choose(8n)))));
    },
  }),
  (at) => ({ at, apply: ({ harts: [hart] }: Board) => hart!.setF(9, hart!.f(9) ^ (1n << choose(64n))) }),
];

describe(`seed ${seed}`, () => {
  const cases = Array.from({ length: 6 }, (_, i) => [choose(recorded.ticks), i % FAULTS.length] as const);
  test.each(cases)('tick %d, fault %d', async (at, fault) => {
    const report = await compareReplay(recorded, { meddle: FAULTS[fault]!(at) }, 'fault', 0n);
    expect(report.verdict).toMatchObject({ kind: 'state', tick: at, exact: true });
  });

  test('at the very first and the very last tick', async () => {
    for (const at of [0n, recorded.ticks]) {
      const report = await compareReplay(recorded, { meddle: FAULTS[2]!(at) }, 'fault', 0n);
      expect(report.verdict, `tick ${at}`).toMatchObject({ kind: 'state', tick: at });
    }
  });
});

test('a difference in memory alone is found when it may have had several causes', async () => {
  const at = choose(recorded.ticks);
  const report = await compareReplay(recorded, { meddle: FAULTS[1]!(at) }, 'other', 0n);
  expect(report.verdict, `seed ${seed}`).toMatchObject({ kind: 'state', tick: at, exact: true });
  expect(report.state).toMatchObject({ registers: [], devices: [], memory: { bytes: 1 } });
});
