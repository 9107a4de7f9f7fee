import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Interrupted } from '../../../src/debug/timeline/timeline.ts';
import { openRecording } from '../../../src/host/log-file-source.ts';
import { type Tick, tick } from '../../../src/lib/brands.ts';
import { DivergenceError } from '../../../src/session/divergence.ts';
import { record, testFolder } from '../../host/support.ts';
import { chooser, golden, newSeed, plainDigests, withTimeline } from './support.ts';

const folder = testFolder();

test('a recording that is still written: what is added becomes part of the timeline', async () => {
  const source = folder.path('whole.lks');
  await record('clock', source, { append: 'wait=600' });
  const whole = readFileSync(source);
  const file = folder.path('growing.lks');
  const { reader, close } = openRecording(source);
  const entries = reader.index();
  close();
  const seed = newSeed();
  const choose = chooser(seed);
  // Cuts at the end of a frame, and inside of one.
  const places = entries.slice(1).flatMap(({ offset }) => [offset, offset + Number(choose(300n))]);
  const cuts = places.sort((a, b) => a - b);
  writeFileSync(file, whole.subarray(0, cuts[0]));
  const notices: string[] = [];
  await withTimeline(file, { notify: (text) => notices.push(text) }, async ({ timeline }) => {
    expect(notices).toHaveLength(1);
    let from = cuts[0]!;
    let last: Tick = tick(0);
    for (const cut of [...cuts.slice(1), whole.length]) {
      const { end } = timeline;
      expect(end).toBeGreaterThanOrEqual(last);
      last = end;
      await timeline.seek(end);
      const middle = tick(choose(end + 1n));
      const expected = plainDigests(source, [end, middle]);
      expect(timeline.board.digest('all'), `LOCKSTEP_SEED=${seed}`).toBe(expected.get(end));
      if (choose(2n) === 0n) await timeline.seek(middle);
      appendFileSync(file, whole.subarray(from, cut));
      from = cut;
      expect(timeline.refresh()).toBeGreaterThanOrEqual(end);
      expect(timeline.board.digest('all'), `LOCKSTEP_SEED=${seed}`).toBe(expected.get(timeline.now));
    }
    expect(timeline.end).toBe(endOf(source));
    await timeline.seek(timeline.end);
    expect(timeline.board.digest('all')).toBe(plainDigests(source, [timeline.end]).get(timeline.end));
  });
});

function endOf(file: string): bigint {
  const { reader, close } = openRecording(file);
  try {
    return reader.end()!.end.ticks;
  } finally {
    close();
  }
}

test('progress is shown, and giving up leaves a timeline that works', async () => {
  const file = golden('race');
  await withTimeline(file, {}, async ({ timeline }) => {
    const seen: bigint[] = [];
    const pace = {
      pause: async ({ at, from, to }: { at: Tick; from: Tick; to: Tick }): Promise<boolean> => {
        expect([from, to]).toEqual([0n, timeline.end]);
        seen.push(at);
        return seen.length < 2;
      },
    };
    await expect(timeline.forward({ breakpoints: new Set([1n]) }, timeline.end, pace)).rejects.toThrow(Interrupted);
    expect(timeline.now).toBe(seen[1]);
    expect(timeline.board.digest('all')).toBe(plainDigests(file, [timeline.now]).get(timeline.now));
    await expect(
      timeline.backward({ breakpoints: new Set([1n]) }, tick(0n), { pause: async () => false }),
    ).rejects.toThrow(Interrupted);
    expect(timeline.board.digest('all')).toBe(plainDigests(file, [timeline.now]).get(timeline.now));
    await timeline.seek(tick(1_000_000n));
    expect(timeline.now).toBe(1_000_000n);
  });
});

test.each([false, true])(
  'a machine that does something else is noticed, and put right by the next seek; checkpoint in between: %s',
  async (between) => {
    const file = golden('race');
    await withTimeline(file, {}, async ({ timeline }) => {
      await timeline.seek(tick(3_000_000n));
      timeline.board.ram.write(0x8000_0000n + BigInt(timeline.board.ram.bytes.length) - 64n, Uint8Array.of(1, 2, 3));
      timeline.board.harts[0]!.setX(27, 99n);
      await timeline.seek(tick(3_000_010n));
      if (between) timeline.checkpoint();
      await expect(timeline.seek(timeline.end)).rejects.toThrow(DivergenceError);
      await expect(timeline.seek(timeline.end)).resolves.toBeUndefined();
      expect(timeline.board.digest('all')).toBe(plainDigests(file, [timeline.end]).get(timeline.end));
    });
  },
);
