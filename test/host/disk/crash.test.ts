/** kill -9 of the server at random moments, under a writer that keeps a history of what was flushed. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { NbdStore } from '../../../src/host/ports/nbd-store.ts';
import { diskFolder, ServerProcess } from './support.ts';

const folder = diskFolder();
const SLOTS = 64;
const KILLS = 3;

test('a killed server has lost nothing that was flushed, whoever asks it afterwards', async () => {
  const path = folder.image(SLOTS * 512);
  const server = new ServerProcess(folder, [`e0=${path}`]);
  await server.start();
  /** Version of each slot: last written, and last covered by a flush. */
  const written = new Array<number>(SLOTS).fill(0);
  const flushed = new Array<number>(SLOTS).fill(0);
  let version = 0;
  let ending = false;
  const place = { address: server.at, export: 'e0' };
  const store = await NbdStore.open({ place, writable: true, notice: () => {} });
  folder.later(() => store.close());
  const writer = (async () => {
    while (!ending) {
      version++;
      const slots = Array.from({ length: 8 }, (_, i) => (version * 7 + i) % SLOTS);
      await Promise.all(
        slots.map(async (slot) => {
          const data = new Uint8Array(512);
          new DataView(data.buffer).setUint32(0, version);
          await store.write(slot * 512, data);
          written[slot] = version;
        }),
      );
      const covered = [...written];
      await store.flush();
      for (const [slot, at] of covered.entries()) flushed[slot] = at;
    }
  })();
  for (let kill = 0; kill < KILLS; kill++) {
    const from = version;
    while (version < from + 5) await new Promise((done) => setTimeout(done, 5));
    await server.kill();
    const image = readFileSync(path);
    for (const [slot, least] of flushed.entries()) {
      expect(image.readUInt32BE(slot * 512)).toBeGreaterThanOrEqual(least);
    }
    await server.start();
  }
  ending = true;
  await writer;
  const image = readFileSync(path);
  for (const [slot, last] of written.entries()) expect(image.readUInt32BE(slot * 512)).toBe(last);
});
