import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { openRecording } from '../../src/host/log-file-source.ts';
import { goLive, MIB, record, replay, sample, testFolder } from './support.ts';

const folder = testFolder();
const numbers = (text: string): number[] => [...text.matchAll(/count (\d+)\n/g)].map((match) => Number(match[1]));

/** Where the console's marks are: ticks, and the bytes said until there. */
function marksOf(file: string): readonly { readonly untilTick: bigint; readonly bytes: number }[] {
  const recording = openRecording(file);
  try {
    let bytes = 0;
    return [...recording.reader.records()]
      .filter((record) => record.kind === 'output')
      .filter(({ device }) => device === 'uart')
      .map(({ tick, length }) => {
        bytes += length;
        return { untilTick: tick, bytes };
      });
  } finally {
    recording.close();
  }
}

test('a recording that was stopped goes on, and the new one holds all of it', async () => {
  const file = folder.path('first.lks');
  await record('count', file, { append: 'every=250 to=15' }, async (ui) => {
    await ui.output.until((text) => text.includes('count 5\n'));
    ui.end();
  });
  const joined = folder.path('joined.lks');
  const live = await goLive(file, joined);
  expect(live.outcome).toMatchObject({ ending: 'halted', exitCode: 0, recording: joined });
  expect(numbers(live.text)).toEqual(Array.from({ length: 15 }, (_, i) => i + 1));
  const again = await replay(joined);
  expect(again).toMatchObject({ text: live.text, outcome: { ending: 'halted', exitCode: 0 } });
  expect(again.outcome.totals.ticks).toBe(live.outcome.totals.ticks);
});

test.each(['host', 'ticks', 'exact'] as const)(
  'going live in the middle, clock %s: the history is shared, then differs',
  async (clock) => {
    const file = folder.path(`whole-${clock}.lks`);
    const first = await record('clock', file, { clock, append: 'wait=200' });
    // With the virtual clock the two runs differ in random bytes alone: after these. With the others before all of it.
    const marks = marksOf(file);
    const { untilTick, bytes } = (clock === 'ticks' ? marks.at(-2) : undefined) ?? marks[0]!;
    const shared = first.text.replaceAll('\n', '\r\n').slice(0, bytes).replaceAll('\r', '');
    const joined = folder.path(`branch-${clock}.lks`);
    const live = await goLive(file, joined, { untilTick });
    expect(live.text.slice(0, shared.length)).toBe(shared);
    // With the virtual clock nothing happens in the second half that the first run did not have.
    expect(live.text === first.text).toBe(clock === 'ticks');
    expect((await replay(joined)).text).toBe(live.text);
    const recording = openRecording(joined);
    expect(recording.reader.header.continuedAt).toBe(untilTick);
    recording.close();
  },
);

test('drives are as they were at the tick where the guest goes live', async () => {
  const image = folder.path('disk.raw');
  writeFileSync(image, new Uint8Array(2 * MIB));
  const drives = [{ path: image, mode: 'cow' }] as const;
  const file = folder.path('disk.lks');
  const first = await record('disk', file, { drives });
  for (const part of [3n, 6n, 9n]) {
    const joined = folder.path(`disk-${part}.lks`);
    const untilTick = (first.outcome.totals.ticks * part) / 10n;
    const live = await goLive(file, joined, { drives, untilTick });
    expect(live).toMatchObject({ notices: [], outcome: { ending: 'halted', exitCode: 0 } });
    expect((await replay(joined)).text).toBe(live.text);
  }
});

test('what cannot go on says why', async () => {
  const file = folder.path('ended.lks');
  const { outcome } = await record('hello', file);
  const ended = await goLive(file, folder.path('a.lks'));
  expect(ended.outcome).toMatchObject({ ending: 'failed', exitCode: 2, error: { code: 'no-continuation' } });
  const beyond = await goLive(file, folder.path('b.lks'), { untilTick: outcome.totals.ticks + 5n });
  expect(beyond.outcome).toMatchObject({ ending: 'failed', exitCode: 2 });
  const nets = [{ peer: { kind: 'tcp', host: '127.0.0.1', port: 1 } }] as const;
  await expect(goLive(file, folder.path('c.lks'), { nets })).rejects.toMatchObject({ code: 'no-such-device' });
  const image = folder.path('absent.raw');
  writeFileSync(image, new Uint8Array(MIB));
  const withDrive = folder.path('drive.lks');
  await record('disk', withDrive, { drives: [{ path: image, mode: 'cow' }] });
  await expect(goLive(withDrive, folder.path('d.lks'))).rejects.toMatchObject({ code: 'missing-drive', exitCode: 2 });
  await expect(goLive(file, folder.path('e.lks'), { kernel: sample('count') })).rejects.toMatchObject({
    code: 'changed-image',
  });
});

test('a recording that is damaged goes on before the damage alone, where that is asked for', async () => {
  const file = folder.path('flipped.lks');
  await record('count', file, { append: 'every=50 to=15' });
  const recording = openRecording(file);
  const { offset } = recording.reader.index().findLast(({ kind }) => kind === 'events')!;
  recording.close();
  const bytes = readFileSync(file);
  bytes[offset + 30]! ^= 4;
  writeFileSync(file, bytes);
  const refused = await goLive(file, folder.path('f.lks'));
  expect(refused.outcome).toMatchObject({ ending: 'failed', exitCode: 3, error: { code: 'damaged-recording' } });
  expect(existsSync(folder.path('f.lks'))).toBe(false);
  const untilTick = BigInt(/--until (\d+)/.exec(refused.outcome.error!.remedy)![1]!);
  const live = await goLive(file, folder.path('g.lks'), { untilTick });
  expect(live.outcome).toMatchObject({ ending: 'halted', exitCode: 0 });
  expect((await replay(folder.path('g.lks'))).text).toBe(live.text);
});

test('a continuation with the seed of its history goes on in the stream of random bytes where it stood', async () => {
  const options = { clock: 'ticks', entropy: { kind: 'seed', seed: 7n }, append: 'wait=20' } as const;
  const file = folder.path('seeded.lks');
  const whole = await record('clock', file, options);
  const { ticks } = whole.outcome.totals;
  for (const untilTick of [1n, ticks - 1n]) {
    const live = await goLive(file, folder.path(`seeded-${untilTick}.lks`), { untilTick, entropy: options.entropy });
    expect(live).toMatchObject({ text: whole.text, outcome: { totals: { ticks } } });
  }
  const other = folder.path('seeded-other.lks');
  const differs = await goLive(file, other, { untilTick: 1n, entropy: { kind: 'seed', seed: 8n } });
  expect(differs.text).not.toBe(whole.text);
});
