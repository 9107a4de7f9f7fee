import { chmodSync, chownSync, mkdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { indexRecording } from '../../src/host/index-recording.ts';
import { listRecordings, newRecordingPaths, recordingPath, recordingsFolder } from '../../src/host/recordings.ts';
import { packRecording } from '../../src/host/rewrite-recording.ts';
import { record, replay, testFolder } from './support.ts';

const folder = testFolder();

/** A folder of recordings with these names, each written a second after the one before. */
function kept(state: string, ...names: readonly string[]): void {
  process.env.XDG_STATE_HOME = folder.path(state);
  mkdirSync(recordingsFolder(), { recursive: true });
  for (const [second, name] of names.entries()) {
    writeFileSync(join(recordingsFolder(), name), name);
    utimesSync(join(recordingsFolder(), name), second, second);
  }
}

test('the folder follows the XDG base directories, and a relative one is not taken', () => {
  process.env.XDG_STATE_HOME = '/somewhere/state';
  expect(recordingsFolder()).toBe('/somewhere/state/lockstep/recordings');
  for (const value of ['', 'relative']) {
    process.env.XDG_STATE_HOME = value;
    expect(recordingsFolder()).toBe(join(homedir(), '.local/state/lockstep/recordings'));
  }
});

test('without recordings there is no latest, and it is said how to make one', () => {
  process.env.XDG_STATE_HOME = folder.path('empty');
  expect(listRecordings()).toEqual([]);
  expect(() => recordingPath(undefined)).toThrow(/there is no recording in .*; .* lockstep record --kernel FILE/);
  expect(recordingPath('mine.lks')).toBe('mine.lks');
});

test('the latest is the one written last; other files are not looked at', () => {
  kept('some', 'b-0001.lks', 'a-0001.lks', 'notes.txt');
  expect(listRecordings().map(({ name }) => name)).toEqual(['b-0001.lks', 'a-0001.lks']);
  expect(basename(recordingPath(undefined))).toBe('a-0001.lks');
  expect(listRecordings()[0]).toMatchObject({ sizeBytes: 10, writtenMs: 0 });
});

test.each([
  [[], 'vmlinux', 'vmlinux-0001.lks'],
  [['race-0001.lks', 'race-0007.lks', 'race-two-0009.lks'], '/samples/race.elf', 'race-0008.lks'],
  [['race-9999.lks'], 'race.elf', 'race-10000.lks'],
  [['Image-0001.lks'], '/boot/Image', 'Image-0002.lks'],
] as const)('beside %j a recording of %s is called %s', (names, kernel, expected) => {
  kept(`named-${expected}`, ...names);
  expect(basename(newRecordingPaths(kernel).next().value)).toBe(expected);
});

test('recordings are for their owner alone; what replaces one is for those whom the old one was for', async () => {
  const open = process.umask(0o022);
  onTestFinished(() => void process.umask(open));
  process.env.XDG_STATE_HOME = folder.path('private');
  const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);
  const { outcome } = await record('hello', undefined);
  const file = outcome.recording!;
  expect([modeOf(recordingsFolder()), modeOf(file)]).toEqual(['700', '600']);
  const copy = folder.path('copy.lks');
  await packRecording(file, copy, {});
  expect(modeOf(copy)).toBe('600');
  const changes = [
    () => packRecording(file, undefined, {}),
    () => indexRecording({ file, spacing: 'auto', engine: 'interpreter' }),
  ];
  for (const [change, mode] of changes.flatMap((each) => [0o600, 0o644, 0o440].map((mode) => [each, mode] as const))) {
    chmodSync(file, mode);
    await change();
    expect(modeOf(file)).toBe(mode.toString(8));
  }
});

test.runIf(process.getuid?.() === 0)('what root packs stays its owner’s', async () => {
  const { outcome } = await record('hello', folder.path('owned.lks'));
  chownSync(outcome.recording!, 4711, 4712);
  await packRecording(outcome.recording!, undefined, {});
  expect(statSync(outcome.recording!)).toMatchObject({ uid: 4711, gid: 4712, mode: 0o100600 });
});

test('a recording without a name goes to the folder, and is the latest', async () => {
  process.env.XDG_STATE_HOME = folder.path('default');
  const first = await record('hello', undefined);
  expect(basename(first.outcome.recording!)).toBe('hello-0001.lks');
  expect((await replay(recordingPath(undefined))).text).toBe(first.text);
});
