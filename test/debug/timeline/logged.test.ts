import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { indexRecording } from '../../../src/host/index-recording.ts';
import { openRecording } from '../../../src/host/log-file-source.ts';
import { packRecording } from '../../../src/host/rewrite-recording.ts';
import { tick } from '../../../src/lib/brands.ts';
import { record, replay, testFolder } from '../../host/support.ts';
import { schemaErrors } from '../../logformat/schema-check.ts';
import { chooser, golden, newSeed, PlainReplay, plainDigests, withTimeline } from './support.ts';

const folder = testFolder();

const bytesOf = (file: string): Uint8Array => new Uint8Array(readFileSync(file));

function copyOf(name: string): string {
  const file = folder.path(`${name}-${Math.random().toString(36).slice(2)}.lks`);
  copyFileSync(golden(name), file);
  return file;
}

const recordsOf = (file: string): unknown[] => {
  const { reader, close } = openRecording(file);
  try {
    return [...reader.records()];
  } finally {
    close();
  }
};

/** Random seeks agree with a plain replay; each begins on a timeline of its own: the log's checkpoints are used. */
async function seeks(file: string, count: number): Promise<void> {
  const seed = newSeed();
  const choose = chooser(seed);
  const end = await withTimeline(file, {}, async ({ timeline }) => timeline.end);
  const ticks = [end, ...Array.from({ length: count }, () => choose(end + 1n))];
  const expected = plainDigests(file, ticks);
  for (const to of ticks) {
    await withTimeline(file, {}, async ({ timeline }) => {
      await timeline.seek(tick(to));
      expect(timeline.board.digest('all'), `tick ${to}, LOCKSTEP_SEED=${seed}`).toBe(expected.get(to));
      const again = ticks[Number(choose(BigInt(ticks.length)))]!;
      await timeline.seek(tick(again));
      expect(timeline.board.digest('all'), `then ${again}, LOCKSTEP_SEED=${seed}`).toBe(expected.get(again));
    });
  }
}

test.each(['hello', 'clock', 'race', 'disk'])(
  'golden %s, indexed, is the same recording and opens anywhere',
  async (name) => {
    const file = copyOf(name);
    const before = recordsOf(file);
    const spacing = name === 'hello' ? 100n : name === 'clock' ? 20_011n : 1_500_007n;
    const indexed = await indexRecording({ file, spacing, engine: 'interpreter' });
    expect(indexed.checkpoints).toBeGreaterThan(4);
    expect(indexed.seekTicks).toBe(spacing);
    expect(recordsOf(file)).toEqual(before);
    expect(schemaErrors(bytesOf(file))).toEqual([]);
    expect((await replay(file)).outcome).toMatchObject({ ending: 'halted', exitCode: 0 });
    await seeks(file, 5);
    await withTimeline(file, {}, async ({ timeline }) => {
      expect(timeline.checkpoints.filter(({ inLog }) => inLog)).toHaveLength(indexed.checkpoints);
      expect(timeline.seekCost.ticks).toBe(spacing);
      await timeline.seek(timeline.end);
      // The end is a checkpoint: nothing was replayed, unless that is shorter, nor is power on looked at.
      const used = timeline.checkpoints.filter(({ bytes }) => bytes > 0);
      expect(used).toHaveLength(timeline.end > 1_000_000n ? 1 : 0);
    });
  },
);

test('opened at its end, it goes back to power on and forwards again', async () => {
  const file = copyOf('race');
  await indexRecording({ file, spacing: 5_000_000n, engine: 'interpreter' });
  const expected = plainDigests(file, [0n, 1n, 900_000n, 15_000_000n]);
  const beginning = new PlainReplay(file).board.save();
  await withTimeline(file, {}, async ({ timeline }) => {
    const { board } = timeline;
    await timeline.seek(timeline.end);
    expect(timeline.checkpoints[0]).toMatchObject({ tick: 0n, inLog: false, bytes: 0 });
    await timeline.seek(tick(0n));
    const { pages, ...small } = board.save();
    expect(small).toEqual({ harts: beginning.harts, devices: beginning.devices, halt: beginning.halt });
    expect([...pages.keys()]).toEqual([...beginning.pages.keys()]);
    for (const [page, bytes] of pages)
      expect(Buffer.compare(bytes, beginning.pages.get(page)!), `page ${page}`).toBe(0);
    for (const [to, digest] of [...expected, ...[...expected].reverse()]) {
      await timeline.seek(tick(to));
      expect(board.digest('all'), `tick ${to}`).toBe(digest);
    }
    expect(timeline.checkpoints[0]).toMatchObject({ tick: 0n, pinned: true });
  });
});

test('indexed again it has the new checkpoints alone; stripped, none, and the bytes it had', async () => {
  const file = copyOf('race');
  const before = bytesOf(file);
  await indexRecording({ file, spacing: 1_000_000n, engine: 'interpreter' });
  const { checkpoints } = await indexRecording({ file, spacing: 4_000_000n, engine: 'interpreter' });
  expect(checkpoints).toBe(4);
  await withTimeline(file, {}, async ({ timeline }) => expect(timeline.checkpoints).toHaveLength(5));
  await indexRecording({ file, spacing: 'none', engine: 'interpreter' });
  expect(bytesOf(file)).toEqual(before);
});

test('checkpoints stay good when images are packed and stripped', async () => {
  const file = copyOf('disk');
  await indexRecording({ file, spacing: 2_000_000n, engine: 'interpreter' });
  const indexed = bytesOf(file);
  const packed = folder.path('packed.lks');
  await packRecording(file, packed, 'strip');
  await packRecording(packed, undefined, {
    kernel: new URL('../../../samples/prebuilt/disk.elf', import.meta.url).pathname,
  });
  await seeks(packed, 3);
  expect(indexed.length).toBeGreaterThan(0);
});

test.each(['host', 'ticks'] as const)('recorded with checkpoints, clock %s', async (clock) => {
  const file = folder.path(`recorded-${clock}.lks`);
  await record('clock', file, { clock, append: 'wait=60', checkpoints: 20_000n }, async (ui) => {
    await ui.output.until((text) => text.includes('type something'));
    ui.input.write('hi');
  });
  expect(schemaErrors(bytesOf(file))).toEqual([]);
  expect((await replay(file)).outcome).toMatchObject({ ending: 'halted', exitCode: 0 });
  await withTimeline(file, {}, async ({ timeline }) =>
    expect(timeline.checkpoints.filter(({ inLog }) => inLog).length).toBeGreaterThan(0),
  );
  await seeks(file, 6);
});

test('cut anywhere, also within a checkpoint, it opens as far as it goes', async () => {
  const whole = folder.path('whole.lks');
  await record('race', whole, { checkpoints: 1_000_000n, clock: 'host' });
  const bytes = bytesOf(whole);
  const seed = newSeed();
  const choose = chooser(seed);
  const { reader, close } = openRecording(whole);
  const frames = reader.index().filter(({ kind }) => kind === 'checkpoint');
  close();
  expect(frames.length).toBeGreaterThan(5);
  const file = folder.path('prefix.lks');
  for (let i = 0; i < 12; i++) {
    const at = frames[Number(choose(BigInt(frames.length)))]!.offset + Number(choose(2n)) * Number(choose(200n));
    writeFileSync(file, bytes.slice(0, at));
    await withTimeline(file, {}, async ({ timeline }) => {
      const ticks = [timeline.end, choose(timeline.end + 1n)];
      const expected = plainDigests(whole, ticks);
      for (const to of ticks) {
        await timeline.seek(tick(to));
        expect(timeline.board.digest('all'), `cut at ${at}, LOCKSTEP_SEED=${seed}`).toBe(expected.get(to));
      }
    });
  }
});

test('a damaged checkpoint is passed over for an earlier one', async () => {
  const file = copyOf('race');
  await indexRecording({ file, spacing: 4_000_000n, engine: 'interpreter' });
  const { reader, close } = openRecording(file);
  const entries = reader.index();
  const state = entries.findLastIndex(({ kind }) => kind === 'checkpoint');
  close();
  const bytes = bytesOf(file);
  bytes[entries[state]!.offset + 100]! ^= 1;
  writeFileSync(file, bytes);
  await withTimeline(file, {}, async ({ timeline }) => {
    const { end } = timeline;
    const expected = plainDigests(golden('race'), [end]);
    const logged = (): readonly bigint[] => timeline.checkpoints.filter(({ inLog }) => inLog).map((one) => one.tick);
    expect(logged()).toContain(end);
    await timeline.seek(end);
    expect(timeline.board.digest('all')).toBe(expected.get(end));
    expect(logged()).toHaveLength(3);
    expect(logged()).not.toContain(end);
  });
});

test('a recording without an end is not indexed, and stays as it is', async () => {
  const file = folder.path('cut.lks');
  const whole = bytesOf(golden('race'));
  writeFileSync(file, whole.slice(0, whole.length - 100));
  await expect(indexRecording({ file, spacing: 'auto', engine: 'interpreter' })).rejects.toMatchObject({
    code: 'cut-recording',
  });
  expect(bytesOf(file)).toEqual(whole.slice(0, whole.length - 100));
});

test('stopped by the operator, the file is as it was', async () => {
  const file = copyOf('race');
  const before = bytesOf(file);
  const stop = AbortSignal.abort();
  await expect(indexRecording({ file, spacing: 100_000n, engine: 'interpreter' }, { stop })).rejects.toMatchObject({
    code: 'stopped',
  });
  expect(bytesOf(file)).toEqual(before);
  await indexRecording({ file, spacing: 4_000_000n, engine: 'interpreter' });
});
