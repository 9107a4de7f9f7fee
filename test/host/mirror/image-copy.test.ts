import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { encodeMirror } from '../../../src/ft/disk/mirror-message.ts';
import { PAIR_DEFAULTS } from '../../../src/ft/protocol/settings.ts';
import { ImageCopy } from '../../../src/host/mirror/image-copy.ts';
import { OwnImage } from '../../../src/host/mirror/own-image.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-image-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a backup that says no more about its images is given up, and the images are free again', async () => {
  const path = join(folder, 'own.img');
  writeFileSync(path, new Uint8Array(1 << 20));
  const image = await OwnImage.open(path);
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.write(encodeMirror({ kind: 'ready' })));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    const settings = { ...PAIR_DEFAULTS, detectMs: 60_000, pair: 'pair', epoch: 1, who: 'a', host: 'here' };
    const endpoint = { host: '127.0.0.1', port };
    const drives = [{ device: 'virtio0', image }];
    const ears = { near: () => {}, slow: () => {}, done: () => {} };
    const reason = await new Promise<string>((failed) => {
      new ImageCopy({ settings, endpoint, key: undefined, copy: 1, drives, silenceMs: 200 }, { ...ears, failed });
    });
    expect(reason).toBe('no answer for 0.2 s');
    expect(image.changes).toBeUndefined();
  } finally {
    server.close();
    await image.close();
  }
});
