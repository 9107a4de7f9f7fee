/** A backup whose guest or whose disks are slow: what it takes from its primary, and when its guest goes on. */
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { METHOD_DEFAULTS } from '../../../src/ft/guest/method.ts';
import { type BackupMessage, PROTOCOL_VERSION } from '../../../src/ft/protocol/message.ts';
import type { BackupStatus } from '../../../src/ft/protocol/status.ts';
import { FileArbiter } from '../../../src/host/ft/arbiters/file.ts';
import { Channel } from '../../../src/host/ft/channel.ts';
import { endpointText } from '../../../src/host/ft/endpoint.ts';
import { encodeSurroundings } from '../../../src/host/ft/surroundings.ts';
import { dial } from '../../../src/host/ft/transport.ts';
import { DEFAULTS } from '../../../src/host/guest-options.ts';
import { imageOf } from '../../../src/host/images.ts';
import { headerOf } from '../../../src/host/recording-header.ts';
import { zstd } from '../../../src/host/zstd.ts';
import { tick } from '../../../src/lib/brands.ts';
import { LogWriter } from '../../../src/logformat/writer.ts';
import { config, flat } from '../../emu/machine/guest.ts';
import { type Near, nearBackup } from './near-backup.ts';
import { eachWorld, type Side, sample } from './sides.ts';

const world = eachWorld();
const KIB = 1024;

const statusOf = ({ node }: Near): BackupStatus => node.status as BackupStatus;

/** A log of a guest that goes round and round, which gets a packet now and then: `bytes` of them in all. */
function log(bytes: number): Uint8Array[] {
  const kernel = imageOf(flat([0x0000006f]), 'guest');
  const net = { type: 'net', mac: Uint8Array.of(2, 0, 0, 0, 0, 1), mtu: 1500 } as const;
  const header = headerOf({ config: config({ clock: 'host', devices: [net] }), images: { kernel } }, DEFAULTS);
  const frames: Uint8Array[] = [];
  const writer = new LogWriter({ write: (frame) => frames.push(frame.slice()) }, zstd, header);
  writer.image('kernel', kernel.bytes);
  for (let at = 1; at * KIB <= bytes; at++)
    writer.append({
      kind: 'packet',
      tick: tick(100 * at),
      device: 'virtio0',
      frame: new Uint8Array(randomBytes(KIB)),
    });
  writer.flush();
  return frames;
}

test('a backup whose guest does not come along stops reading, and takes the rest when it does', async () => {
  const near = await nearBackup(world, { receiveBufferBytes: 256 * KIB });
  near.node.holdGuest(true);
  const heard: BackupMessage[] = [];
  const socket = await dial(near.at, undefined, 10_000);
  const channel = new Channel(socket, {
    message: (message) => heard.push(message as BackupMessage),
    closed: () => {},
  });
  onTestFinished(() => channel.close('done'));
  const surroundings = encodeSurroundings({ ...DEFAULTS, uart: { kind: 'none' } }, METHOD_DEFAULTS);
  const who = { pair: 'pair', epoch: 1, who: 'primary', host: 'elsewhere' };
  await new FileArbiter(world.path('arbiter')).claim(who.pair, who.epoch, who.who);
  channel.send({ kind: 'hello', version: PROTOCOL_VERSION, ...who, first: 0, surroundings });
  await near.until(() => heard.some(({ kind }) => kind === 'welcome'));
  // More than a network keeps on its way.
  const frames = log(16 * KIB * KIB);
  for (const [sequence, bytes] of frames.entries()) channel.send({ kind: 'frame', sequence, bytes });
  await near.until(() => !statusOf(near).reading);
  // Nothing more of it leaves this side.
  for (let [same, left] = [0, -1]; same < 10; await new Promise((done) => setTimeout(done, 50))) {
    same = socket.writableLength === left ? same + 1 : 0;
    left = socket.writableLength;
  }
  expect(socket.writableLength).toBeGreaterThan(KIB * KIB);
  expect(statusOf(near)).toMatchObject({ state: 'following', reading: false });
  expect(statusOf(near).buffer.bytes).toBeLessThan(KIB * KIB);
  near.node.holdGuest(false);
  await near.until(() => statusOf(near).frames.executed >= frames.length - 1);
  expect(statusOf(near)).toMatchObject({ reading: true, buffer: { bytes: 0 } });
});

const own = (name: string) => [{ path: world.path(name), mode: 'own' }] as const;
/** Some more of them. */
const rounds = (side: Side): Promise<unknown> => {
  const { length } = side.said;
  return side.until(({ said }) => said.slice(length).split('\n').length > 4);
};
const mark = (name: string) => JSON.parse(readFileSync(world.path(`${name}.own`), 'utf8'));

test('a guest does not live on an image that has not got all that it wrote', async () => {
  writeFileSync(world.path('a.img'), new Uint8Array(1 << 20));
  const near = await nearBackup(world, {}, { drives: own('b.img') });
  const primary = world.side({
    role: 'primary',
    at: endpointText(near.at),
    kernel: sample('scribble'),
    append: 'every=10 slots=16 writes=4 reads=2 sync=2',
    drives: own('a.img'),
  });
  await primary.state('protected');
  await rounds(primary);
  await near.node.holdImages();
  await rounds(primary);
  primary.kill();
  await primary.ended;
  await near.until(({ status }) => status?.state === 'live');
  // Its takeover is decided, and its guest says nothing of its own.
  const said = near.ui.output.text;
  await new Promise((done) => setTimeout(done, 500));
  expect(near.ui.output.text).toBe(said);
  expect(mark('b.img')).toMatchObject({ state: 'follows', epoch: 1 });
  near.node.releaseImages();
  // Every second round reads back all that was ever written; a block that is not what the guest wrote ends it with 1.
  await near.ui.output.until((text) => text.slice(said.length).split('\n').length > 4);
  expect(mark('b.img')).toMatchObject({ state: 'live', epoch: 2 });
  expect(near.ui.output.text).not.toContain('scribble:');
});
