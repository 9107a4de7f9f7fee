/** Recordings of which the end is kept: live/rolling-recording.ts. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type LogInfo, logInfo } from '../../src/cli/log-info.ts';
import { openRecording } from '../../src/host/log-file-source.ts';
import type { RecordOptions } from '../../src/host/record-options.ts';
import { agree, startRecorder } from './recorder-process.ts';
import { record, replay, type TestUi, type Told, testFolder, turned } from './support.ts';

const folder = testFolder();
const DIGEST_TICKS = { small: 1n << 12n, all: 1n << 20n };
const bytes = (count: number): Partial<RecordOptions> => ({ kept: { by: 'bytes', bytes: count } });

/** In a folder of its own. */
function recordingOf(name: string): string {
  mkdirSync(folder.path(name));
  return folder.path(`${name}/recording.lks`);
}

function infoOf(file: string): LogInfo {
  const recording = openRecording(file);
  try {
    return logInfo(recording);
  } finally {
    recording.close();
  }
}

/** Until things have been let go so often; then the guest is ended. */
async function turns(file: string, times: number, ui: TestUi): Promise<void> {
  await turned(file, times);
  ui.end();
}

/** The recording is the end of what was told, alone in its folder, and replays to the same state with every engine. */
async function expectTheEndOf(live: Told, file: string): Promise<string> {
  expect(readdirSync(dirname(file))).toEqual(['recording.lks']);
  expect(infoOf(file).header.begins).toBe('checkpoint');
  const [again, compiled] = [await replay(file), await replay(file, { engine: 'auto' })];
  expect(again.outcome).toMatchObject({ ending: live.outcome.ending, exitCode: 0 });
  expect(again.outcome.totals.ticks).toBe(live.outcome.totals.ticks);
  expect(compiled.text).toBe(again.text);
  expect(live.text.endsWith(again.text)).toBe(true);
  expect(again.text.length).toBeLessThan(live.text.length);
  expect(live.outcome.totals.keptFromTick).toBe(again.outcome.totals.fromTick);
  expect(infoOf(file).beginsAt).toBe(again.outcome.totals.fromTick);
  return again.text;
}

test('what is older than the bytes asked for is let go, and the rest is a whole recording', async () => {
  const file = recordingOf('bytes');
  const options = { append: 'every=1', digestTicks: DIGEST_TICKS, ...bytes(2000) };
  const live = await record('count', file, options, (ui) => turns(file, 3, ui));
  expect(live.outcome).toMatchObject({ ending: 'stopped', recording: file });
  expect(live.notices).toEqual([]);
  await expectTheEndOf(live, file);
});

test('by time, with a disk at work', async () => {
  const file = recordingOf('time');
  const image = folder.path('time.img');
  writeFileSync(image, new Uint8Array(4 << 20));
  const drives = [{ path: image, mode: 'write' as const }];
  const options: Partial<RecordOptions> = {
    append: 'every=1 slots=32',
    drives,
    digestTicks: DIGEST_TICKS,
    kept: { by: 'time', ns: 60_000_000n },
  };
  const live = await record('scribble', file, options, (ui) => turns(file, 3, ui));
  expect(live.outcome).toMatchObject({ ending: 'stopped', recording: file });
  await expectTheEndOf(live, file);
});

test('as long as there is less than is to be kept nothing is let go', async () => {
  const file = recordingOf('all');
  const live = await record('count', file, { append: 'every=2 to=50', ...bytes(1 << 20) });
  expect(readdirSync(dirname(file))).toEqual(['recording.lks']);
  expect(infoOf(file).header.begins).toBeUndefined();
  expect((await replay(file)).text).toBe(live.text);
});

test('a recorder that is killed leaves under its name what it had to keep', async () => {
  const file = recordingOf('killed');
  const recorder = startRecorder('count', file, 'every=1', { kept: 2000 });
  await turned(file, 2);
  const { length } = recorder.said();
  await recorder.until((said) => said.length > length + 3000);
  recorder.child.kill('SIGKILL');
  expect(await recorder.ended).toBe('SIGKILL');
  const again = await replay(file);
  expect(again.outcome).toMatchObject({ ending: 'cut', exitCode: 0 });
  const from = recorder.said().indexOf(again.text.slice(0, 100));
  expect(from).toBeGreaterThan(0);
  expect(agree(recorder.said().slice(from), again.text)).toBe(true);
});

test('a recording that is moved while it is made is let alone, and told of', async () => {
  const file = recordingOf('moved');
  const elsewhere = folder.path('moved/elsewhere.lks');
  const live = await record('count', file, { append: 'every=1', ...bytes(2000) }, async (ui) => {
    await turned(file, 1);
    renameSync(file, elsewhere);
    while (ui.notices.length === 0) await sleep(5);
    const { length } = ui.output.text;
    await ui.output.until((text) => text.length > length + 3000);
    ui.end();
  });
  expect(live.notices).toEqual([
    expect.stringContaining('nothing of the recording is let go any more'),
    expect.stringContaining('it was moved while it was made'),
  ]);
  expect(readdirSync(dirname(file))).toEqual(['elsewhere.lks']);
  const again = await replay(elsewhere);
  expect(again.outcome).toMatchObject({ ending: 'stopped', exitCode: 0 });
  expect(live.text.endsWith(again.text)).toBe(true);
  expect(again.text.length).toBeGreaterThan(3000);
});

test('where nothing new can be begun the recording grows, and that is told', async () => {
  const file = recordingOf('taken');
  const names = Array.from({ length: 16 }, (_, i) => `${file}.next${i === 0 ? '' : `-${i + 1}`}`);
  for (const name of names) writeFileSync(name, 'of another');
  const live = await record('count', file, { append: 'every=1', ...bytes(2000) }, async (ui) => {
    while (ui.notices.length < 2) await sleep(5);
    ui.end();
  });
  expect(live.notices[0]).toContain('nothing of the recording can be let go now');
  expect(infoOf(file).header.begins).toBeUndefined();
  expect((await replay(file)).text).toBe(live.text);
  expect(readdirSync(dirname(file))).toHaveLength(17);
});

test.skipIf(!existsSync('/proc/self/fd'))('no file stays open that has been let go', async () => {
  const file = recordingOf('open');
  const held = (): string[] => {
    const listing = execFileSync('ls', ['-l', `/proc/${process.pid}/fd`]);
    return listing
      .toString()
      .split('\n')
      .filter((line) => line.includes(dirname(file)));
  };
  let seen: string[] = [];
  await record('count', file, { append: 'every=1', ...bytes(1000) }, async (ui) => {
    await turned(file, 6);
    seen = held();
    ui.end();
  });
  // The present one and the next, the one before, and the first, until somebody asks for the present one.
  expect(seen.length).toBeLessThanOrEqual(4);
  expect(held()).toEqual([]);
});
