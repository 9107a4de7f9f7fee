/** A guest on a drive of a block server: it works, is recorded, and replays without the server. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { MIB, record, replay, testFolder } from '../support.ts';
import { diskFolder, Relay, ServerProcess } from './support.ts';

const folder = diskFolder();
const recordings = testFolder();
const SIZE = 2 * MIB;

test.each(['cow', 'write'] as const)('disk works in mode %s, and replays without the server', async (mode) => {
  const image = folder.image(SIZE, 0x5a);
  const { at, close } = await folder.serve([{ path: image }]);
  const file = recordings.path(`nbd-${mode}.lks`);
  const live = await record('disk', file, { drives: [{ path: { address: at, export: 'e0' }, mode }] });
  expect(live).toMatchObject({ notices: [], outcome: { ending: 'halted', exitCode: 0 } });
  expect(readFileSync(image).every((byte) => byte === 0x5a)).toBe(mode === 'cow');
  await close();
  const again = await replay(file);
  expect(again).toMatchObject({ text: live.text, outcome: { ending: 'halted', exitCode: 0 } });
});

test('while its server is killed, started again and cut off, the guest waits and then ends as always', async () => {
  const image = folder.image(SIZE);
  const server = new ServerProcess(folder, [`e0=${image}`]);
  await server.start();
  const proxy = await Relay.start(folder, server.at);
  const file = recordings.path('nbd-killed.lks');
  const drives = [{ path: { address: proxy.at, export: 'e0' }, mode: 'write' as const }];
  const live = await record('disk', file, { drives }, async (ui) => {
    await ui.output.until((text) => text.length > 0);
    proxy.set('frozen');
    await server.kill();
    proxy.set('open');
    proxy.drop();
    await server.start();
    proxy.drop();
  });
  expect(live).toMatchObject({ outcome: { ending: 'halted', exitCode: 0 } });
  expect(live.notices.filter((text) => text.includes('I/O error'))).toEqual([]);
  expect((await replay(file)).text).toBe(live.text);
});
