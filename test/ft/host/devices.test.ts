import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { BackupStatus, PrimaryStatus } from '../../../src/ft/protocol/status.ts';
import { Command, REQUEST_MAGIC } from '../../../src/host/disk/nbd.ts';
import { FrameSplitter } from '../../../src/host/ports/frame-splitter.ts';
import { diskFolder, Relay, type UnixAddress } from '../../host/disk/support.ts';
import { dataOf, udpFrame } from '../../host/ethernet.ts';
import { replay } from '../../host/support.ts';
import { eachWorld, nodeOf, sample } from './sides.ts';

const world = eachWorld();
const disks = diskFolder();

test('the primary is killed while its guest works on a disk: the backup goes on with the same disk', async () => {
  const path = world.path('disk.img');
  writeFileSync(path, new Uint8Array(4 << 20).fill(0xee));
  const drives = [{ path, mode: 'write' }] as const;
  const { primary, backup } = await world.pair({ kernel: sample('disk'), drives });
  await primary.until(({ said }) => said.includes('disk: 8192 sectors\n'));
  primary.kill();
  await primary.ended;
  expect(await backup.ended).toBe(0);
  // Outstanding requests were given out again: the guest saw no error, and every checksum is the one it must be.
  const again = await replay(world.path('backup.lks'));
  expect(again.outcome).toMatchObject({ ending: 'halted', exitCode: 0 });
  expect(again.text).toContain('disk: pattern: checksum ff2b5eb105e35e36\n');
  expect(again.text).toMatch(/disk: overlap: checksum [0-9a-f]+\ndisk: all requests done\n$/);
  expect(
    readFileSync(path)
      .subarray(1 << 20)
      .every((byte) => byte === 0xee),
  ).toBe(true);
});

/** A way to a server, and how many writes were asked for on it. */
async function countedWay(to: UnixAddress) {
  const relay = await Relay.start(disks, to);
  const magic = Buffer.alloc(4);
  magic.writeUInt32BE(REQUEST_MAGIC);
  let writes = 0;
  relay.dropAnswersTo((chunk) => {
    for (let at = chunk.indexOf(magic); at >= 0; at = chunk.indexOf(magic, at + 1))
      if (chunk.length >= at + 8 && chunk.readUInt16BE(at + 6) === Command.write) writes++;
    return false;
  });
  return { at: relay.at, writes: () => writes };
}

test('a backup writes nothing to a disk that is shared, however often its guest does, until it lives', async () => {
  const { at } = await disks.serve([{ path: disks.image(4 << 20) }]);
  const [here, there] = [await countedWay(at), await countedWay(at)];
  const shared = (address: UnixAddress) => [{ path: { address, export: 'e0' }, mode: 'write' }] as const;
  const words = { kernel: sample('scribble'), append: 'every=5 slots=16 writes=4 sync=4' };
  const { primary, backup } = await world.pair({ ...words, drives: shared(here.at), givenDrives: shared(there.at) });
  await primary.until(({ said }) => said.includes('round 20\n'));
  // Its guest has come as far.
  const { status } = await nodeOf(primary);
  const { handed } = (status as PrimaryStatus).frames;
  while (((await nodeOf(backup)).status as BackupStatus).frames.executed < handed) await sleep(10);
  expect(here.writes()).toBeGreaterThan(40);
  expect(there.writes()).toBe(0);
  primary.kill();
  await backup.until(({ said }) => /^round \d+\n(round \d+\n){8}/m.test(said));
  expect(there.writes()).toBeGreaterThan(8);
});

/** What cards connect to: hands on what is sent to the guest, and keeps what comes from it. */
class Wire {
  readonly frames: { readonly frame: Uint8Array; readonly port: number }[] = [];
  readonly ports: Socket[] = [];
  readonly #server = createServer((socket) => {
    const port = this.ports.push(socket) - 1;
    const splitter = new FrameSplitter();
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      for (const frame of splitter.push(chunk)) this.frames.push({ frame, port });
    });
  });

  async listen(path: string): Promise<void> {
    await new Promise<void>((done) => this.#server.listen(path, done));
  }
  /** What the guest answers, asked again and again: a datagram may be lost, with a side or on the way. */
  async ask(text: string, answer: string): Promise<number> {
    const from = this.frames.length;
    const timer = setInterval(() => {
      for (const socket of this.ports) if (!socket.destroyed) socket.write(udpFrame(text));
    }, 50);
    try {
      for (;;) {
        const found = this.frames.slice(from).find(({ frame }) => dataOf(frame)?.trim() === answer);
        if (found !== undefined) return found.port;
        await new Promise((done) => setTimeout(done, 5));
      }
    } finally {
      clearInterval(timer);
    }
  }
  close(): void {
    for (const socket of this.ports) socket.destroy();
    this.#server.close();
  }
}

const ETHERTYPE_RARP = 0x8035;
const typeOf = (frame: Uint8Array): number => (frame[12]! << 8) | frame[13]!;

test('the primary of a server is killed: the network hears where it is, and it answers as before', async () => {
  const wire = new Wire();
  mkdirSync(world.path('net'));
  const path = world.path('net/wire');
  await wire.listen(path);
  const nets = [{ peer: { kind: 'unix', path } }] as const;
  const { primary, backup } = await world.pair({ kernel: sample('udp-kv'), nets });
  await primary.until(({ said }) => said.includes('serving at 10.0.2.15'));
  const atPrimary = await wire.ask('SET colour green', 'OK');
  expect(await wire.ask('GET colour', 'VALUE green')).toBe(atPrimary);
  // The backup's guest has sent the same; nothing of it left.
  expect(wire.frames.every(({ port }) => port === atPrimary)).toBe(true);
  const before = wire.frames.length;
  primary.kill();
  await backup.state('live');
  const atBackup = await wire.ask('GET colour', 'VALUE green');
  expect(atBackup).not.toBe(atPrimary);
  const first = wire.frames.slice(before).find(({ port }) => port === atBackup)!.frame;
  expect(typeOf(first)).toBe(ETHERTYPE_RARP);
  expect([...first.subarray(6, 12)]).toEqual([0x52, 0x54, 0x00, 0x12, 0x34, 0x56]);
  await wire.ask('QUIT', 'BYE');
  expect(await backup.ended).toBe(0);
  wire.close();
});
