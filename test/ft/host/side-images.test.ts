/** What the main thread hands on of what its guest reports while a backup gets the images that go with the guest. */
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { PAIR_DEFAULTS } from '../../../src/ft/protocol/settings.ts';
import type { Report } from '../../../src/host/ft/ring-messages.ts';
import { SideImages } from '../../../src/host/ft/side-images.ts';
import { readMark } from '../../../src/host/mirror/image-mark.ts';
import { MirrorStream } from '../../../src/host/mirror/mirror-stream.ts';
import { MirrorTarget } from '../../../src/host/mirror/mirror-target.ts';
import { OwnImage } from '../../../src/host/mirror/own-image.ts';
import { DriveFile } from '../../../src/host/ports/drive-file.ts';

const SIZE_BYTES = 1 << 20;
const FACTS = { pair: 'pair', epoch: 1, who: 'b', host: 'there', source: 'a', copy: 1 };

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-side-images-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A backup with an image of its own, which is on its storage no sooner than `stored` says; and where it is. */
async function target(path: string, stored: () => Promise<void>) {
  const image = await OwnImage.open(path, SIZE_BYTES);
  const flush = image.flush.bind(image);
  image.flush = async () => {
    await stored();
    await flush();
  };
  const server = createServer((socket) => {
    const stream: MirrorStream = new MirrorStream(socket, {
      message: (message) => end.take(message),
      closed: () => {},
    });
    const end = new MirrorTarget({
      facts: () => FACTS,
      drives: Promise.resolve([{ device: 'virtio0', image }]),
      send: (message) => stream.send(message),
      completed: () => {},
      close: (reason) => stream.close(reason),
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.close();
    await image.close();
  });
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
}

const frame = (sequence: number, commit = false, copy = 1): Report => ({
  kind: 'frame',
  copy,
  sequence,
  last: false,
  commit,
  bytes: new Uint8Array(1),
});

test("the state of a copy, and all behind it, waits until its images are on the backup's storage", async () => {
  const [own, other] = [join(folder, 'a.img'), join(folder, 'b.img')];
  writeFileSync(own, new Uint8Array(SIZE_BYTES).fill(7));
  const drive = DriveFile.own('virtio0', await OwnImage.open(own));
  onTestFinished(() => drive.close());
  let storing = Promise.resolve();
  const near = Promise.withResolvers<void>();
  const handed: (string | undefined)[] = [];
  const settings = { ...PAIR_DEFAULTS, detectMs: 60_000, pair: 'pair', epoch: 1, who: 'a', host: 'here' };
  const images = new SideImages(settings, {
    drives: () => [drive],
    near: () => near.resolve(),
    slow: () => {},
    giveUp: (_, reason) => near.reject(new Error(reason)),
    notice: () => {},
  });
  onTestFinished(() => images.stop());
  const endpoint = await target(other, () => storing);
  images.begin({ settings, endpoint, key: undefined, surroundings: new Uint8Array(0), copy: 1 });
  const report = (name: string, said: Report): void => images.report(said, () => void handed.push(name));
  await near.promise;
  const stored = Promise.withResolvers<void>();
  storing = stored.promise;
  report('memory', frame(0));
  report('state of another copy', frame(0, true, 2));
  expect(handed).toEqual(['memory', 'state of another copy']);
  report('state', frame(1, true));
  report('output', {
    kind: 'output',
    device: 'uart',
    unit: 1n,
    output: { kind: 'console', device: 'uart', bytes: new Uint8Array(1) },
  });
  images.after(() => void handed.push('end'));
  // All of it is there, and is not on the storage yet.
  await expect.poll(() => readFileSync(other).equals(readFileSync(own)), { timeout: 60_000 }).toBe(true);
  expect((await readMark(other))?.state).toBe('copying');
  expect(handed).toHaveLength(2);
  stored.resolve();
  await expect.poll(() => handed, { timeout: 60_000 }).toHaveLength(5);
  expect(handed.slice(2)).toEqual(['state', 'output', 'end']);
  expect((await readMark(other))?.state).toBe('follows');
  report('later', frame(2));
  expect(handed.at(-1)).toBe('later');
});
