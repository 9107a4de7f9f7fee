import { statSync } from 'node:fs';
import { expect, test } from 'vitest';
import { openRecording } from '../../src/host/log-file-source.ts';
import { agree, startRecorder } from './recorder-process.ts';
import { replay, testFolder } from './support.ts';

const folder = testFolder();

test('a recorder killed with SIGKILL leaves a recording that replays up to its last whole frame', async () => {
  const file = folder.path('killed.lks');
  const recorder = startRecorder('count', file, 'every=20');
  await recorder.until((said) => said.includes('count 30\n'));
  recorder.child.kill('SIGKILL');
  expect(await recorder.ended).toBe('SIGKILL');
  const again = await replay(file);
  expect(again.outcome).toMatchObject({ ending: 'cut', exitCode: 0, cut: expect.stringContaining('without an end') });
  expect(agree(recorder.said(), again.text)).toBe(true);
  expect(again.text).toContain('count 5\n');
});

test('a recorder told to stop by SIGTERM ends its recording whole', async () => {
  const file = folder.path('terminated.lks');
  const recorder = startRecorder('count', file, 'every=5');
  await recorder.until((said) => said.includes('count 3\n'));
  recorder.child.kill('SIGTERM');
  expect(await recorder.ended).toBe(130);
  const recording = openRecording(file);
  expect(recording.reader.finish().kind).toBe('end');
  recording.close();
  expect((await replay(file)).text).toBe(recorder.said());
});

test.skipIf(process.platform === 'win32')('a full disk stops the guest and keeps every whole frame', async () => {
  const file = folder.path('full.lks');
  const limitKiB = 8;
  const recorder = startRecorder('count', file, 'every=1', { limitKiB });
  expect(await recorder.ended).toBe(4);
  expect(recorder.complaints()).toMatch(/^the recording .* cannot be written on: .*\n$/);
  expect(statSync(file).size).toBeLessThanOrEqual(limitKiB * 1024);
  const recording = openRecording(file);
  const finish = recording.reader.finish();
  recording.close();
  expect(finish).toMatchObject({
    kind: 'cut',
    offset: statSync(file).size,
    reason: expect.stringContaining('without an end'),
  });
  const again = await replay(file);
  expect(again.outcome).toMatchObject({ ending: 'cut', exitCode: 0 });
  expect(again.text).toContain('count 1\n');
  expect(agree(recorder.said(), again.text)).toBe(true);
});
