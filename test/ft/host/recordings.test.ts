/** The logs of a pair's sides as recordings that are being made. */
import { rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import { packRecording, repairRecording } from '../../../src/host/rewrite-recording.ts';
import { replay } from '../../host/support.ts';
import { eachWorld } from './sides.ts';

const world = eachWorld();

test('the logs of both sides are left alone; a side whose log was removed says so, and ends as it should', async () => {
  const { primary, backup } = await world.pair({ append: 'every=5' });
  await primary.until(({ said }) => said.includes('count 10\n'));
  for (const side of ['primary', 'backup']) {
    const log = world.path(`${side}.lks`);
    const refused = { code: 'being-recorded', message: expect.stringContaining('the guest pair (process') };
    await expect(repairRecording(log)).rejects.toMatchObject(refused);
    await expect(packRecording(log, undefined, {})).rejects.toMatchObject(refused);
  }
  rmSync(world.path('primary.lks'));
  primary.kill('SIGINT');
  expect(await primary.ended).toBe(130);
  expect(primary.complaints).toMatch(/notice the recording .*primary\.lks was removed or replaced .* is lost/);
  expect(await backup.ended).toBe(0);
  expect(backup.complaints).not.toContain('lost');
  expect((await replay(world.path('backup.lks'))).text).toBe(primary.said);
});
