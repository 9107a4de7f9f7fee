/**
 * A recording of Debian replayed by interpreter and translator in turns, exchanged at random ticks, with compiled code
 * dropped at others, and the whole machine saved and restored now and then. LOCKSTEP_LINUX_MIXTURES says how many such
 * replays are made.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import type { EngineFactory } from '../../src/emu/cpu/engine.ts';
import { createInterpreter } from '../../src/emu/cpu/interpreter/interpreter.ts';
import { createTranslatorWith, type Translator } from '../../src/emu/cpu/translator/translator.ts';
import type { Board } from '../../src/emu/machine/board.ts';
import { Random } from '../emu/cpu/random.ts';
import { type Told, testFolder } from '../host/support.ts';
import { BUILD_MS, linuxGuest, noGuest, recordLinux } from './guest.ts';
import { type Turn, variedReplay } from './varied-replay.ts';

const folder = testFolder();
const skipped = noGuest === undefined ? '' : ` (skipped: ${noGuest})`;
const MIXTURES = Number(process.env.LOCKSTEP_LINUX_MIXTURES ?? 2);
/** Digests close to each other: a difference shows soon after its cause. */
const DIGEST_TICKS = { small: 1n << 18n, all: 1n << 23n };
const TASK = [
  'for i in 1 2 3 4 5 6; do (seq 1 2000 | sort -rn | md5sum); done',
  "awk 'BEGIN { for (i = 0; i < 20000; i++) s += 1 / (1 + i); print s }'",
  'ls -lR /etc | wc',
].join('; ');

const translating =
  (hot: number): EngineFactory =>
  (memory, layout, bus) =>
    createTranslatorWith(memory, layout, bus, { hot });

describe.skipIf(noGuest !== undefined)(`engines take turns at Debian${skipped}`, () => {
  let live: Told;
  let file: string;
  let total: bigint;
  beforeAll(async () => {
    const guest = linuxGuest();
    file = folder.path('debian.lks');
    live = await recordLinux(guest, file, { initrd: guest.small, task: TASK, digestTicks: DIGEST_TICKS });
    total = live.outcome.totals.ticks;
  }, BUILD_MS);

  test.each(Array.from({ length: MIXTURES }, (_, i) => 20_261_121 + i))('seed %d', (seed) => {
    const random = new Random(seed);
    const somewhere = (): bigint => ((BigInt(random.word()) << 32n) | BigInt(random.word())) % total;
    const engine = (): EngineFactory =>
      random.below(3) === 0 ? createInterpreter : translating(random.pick([4, 16, 64, 512]));
    const some = (count: number, turn: () => Omit<Turn, 'at'>): Turn[] =>
      Array.from({ length: count }, () => ({ at: somewhere(), ...turn() }));
    let compiledTicks = 0n;
    const flush = ({ engine: present, harts }: Board): void => {
      if (present.name === 'translator') (present as Translator).flush();
      const steps = harts[0]?.get('compiledTicks') ?? 0n;
      if (steps > compiledTicks) compiledTicks = steps;
    };
    const turns = [
      { at: 0n, engine: translating(16) },
      ...some(6, () => ({ engine: engine() })),
      ...some(40, () => {
        const next = engine();
        return { does: (board) => board.useEngine(next) };
      }),
      ...some(60, () => ({ does: flush })),
      ...some(200, () => ({})),
    ];
    const end = variedReplay(
      file,
      turns.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)),
    );
    expect(end.result).toEqual({ kind: 'halted', halt: live.outcome.halt });
    expect(end.ticks).toBe(total);
    expect(end.text).toBe(live.text);
    // Counted anew after each restore.
    expect(compiledTicks).toBeGreaterThan(total / 20n);
  });
});
