/** Rounds of the laboratory for each kind of fault and each work. LOCKSTEP_LAB_ROUNDS: how many of each kind. */
import { describe, expect, test } from 'vitest';
import { noGuest } from '../../linux/guest.ts';
import { roundText, seriesText } from './report.ts';
import { type SeriesOptions, series } from './series.ts';
import { VICTIMS } from './victims.ts';
import { noLab } from './works.ts';

const ROUNDS = Number(process.env.LOCKSTEP_LAB_ROUNDS ?? 1);
const seed = Number(process.env.LOCKSTEP_SEED ?? Math.floor(Math.random() * 1e6));
const MINUTE = 60_000;
const absent = noLab('udp-kv');
const noRedis = noGuest ?? noLab('redis');
const why = (reason: string | undefined): string => (reason === undefined ? '' : ` (skipped: ${reason})`);

async function goodSeries(options: Pick<SeriesOptions, 'work' | 'victims' | 'rounds' | 'replayEvery'>): Promise<void> {
  const results = await series({ ...options, seed, detectMs: 2000, delayMs: 5 }, (result) => {
    process.stdout.write('error' in result ? `${result.error.message}\n` : `${roundText(result)}\n`);
  });
  process.stdout.write(`${seriesText(results)}\n`);
  expect(results.flatMap(({ violations }) => violations)).toEqual([]);
  expect(results.filter(({ parted }) => !parted)).toHaveLength(options.rounds);
}

/** Of the faults that have nothing to do with what the guest does, one work sees all. */
const OF_EACH = ['primary', 'backup', 'cut', 'pause', 'vanish'] as const;
const OF_A_DISK = [...OF_EACH, 'storage', 'cut-storage', 'primary-and-storage'] as const;
const FAULTS_OF = { 'udp-kv': VICTIMS, lock: OF_EACH } as const;

describe.skipIf(absent !== undefined)(`bare-metal servers, seed ${seed}${why(absent)}`, () => {
  test.each(['udp-kv', 'lock'] as const)(
    '%s: kills and pauses of either side, cuts of each link, storage that stands still',
    async (work) => {
      const victims = FAULTS_OF[work];
      await goodSeries({ work, victims, rounds: ROUNDS * victims.length, replayEvery: 4 });
    },
  );
});

test.skipIf(noRedis !== undefined)(
  `redis on Debian: no acknowledged write is lost, no connection reset, seed ${seed}${why(noRedis)}`,
  async () => {
    await goodSeries({ work: 'redis', victims: OF_A_DISK, rounds: OF_A_DISK.length, replayEvery: 4 });
  },
  60 * MINUTE,
);
