/**
 * Going about in a recording of Linux: any tick, reached in any order, from checkpoints in memory and in the log, with
 * virtual time that is skipped and host time that is waited, is the state that a plain replay has there.
 */
import { describe, expect, test } from 'vitest';
import { indexRecording } from '../../src/host/index-recording.ts';
import { tick } from '../../src/lib/brands.ts';
import { chooser, newSeed, plainDigests, withTimeline } from '../debug/timeline/support.ts';
import { testFolder } from '../host/support.ts';
import { BUILD_MS, linuxGuest, noGuest, recordLinux } from './guest.ts';

const folder = testFolder();
const SEEKS = 40;

describe.skipIf(noGuest !== undefined)('a boot of Linux', () => {
  test.each([
    { clock: 'host', checkpoints: 'auto' },
    { clock: 'ticks', checkpoints: 50_000_000n },
  ] as const)(
    'clock $clock',
    async ({ clock, checkpoints }) => {
      const guest = linuxGuest();
      const file = folder.path(`boot-${clock}.lks`);
      await recordLinux(guest, file, { initrd: guest.small, task: 'echo hi; sleep 1; ls /', clock, checkpoints });
      const seed = newSeed();
      const choose = chooser(seed);
      const end = await withTimeline(file, {}, async ({ timeline }) => {
        expect(timeline.checkpoints.filter(({ inLog }) => inLog).length).toBeGreaterThan(3);
        return timeline.end;
      });
      const ticks = [end, ...Array.from({ length: SEEKS }, () => choose(end + 1n))];
      const expected = plainDigests(file, ticks);
      const seeks = async (memoryBudgetBytes: number): Promise<void> => {
        await withTimeline(file, { memoryBudgetBytes }, async ({ timeline }) => {
          for (const to of ticks) {
            await timeline.seek(tick(to));
            expect(timeline.board.digest('all'), `tick ${to}, LOCKSTEP_SEED=${seed}`).toBe(expected.get(to));
          }
        });
      };
      await seeks(2 ** 30);
      await seeks(60_000_000);
      await indexRecording({ file, spacing: 'none', engine: 'interpreter' });
      await seeks(2 ** 30);
    },
    BUILD_MS,
  );
});
