import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { announcement } from '../../../src/host/ports/announcement.ts';
import { FrameSplitter } from '../../../src/host/ports/frame-splitter.ts';
import { NetStream } from '../../../src/host/ports/net-stream.ts';
import type { StreamAddress } from '../../../src/host/ports/stream-address.ts';
import { TestListener } from '../switch/support.ts';
import { TestInbox } from './inbox.ts';

function framed(...frames: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    frames.map((frame) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(frame.length);
      return Buffer.concat([length, frame]);
    }),
  );
}

test('frames come out whole however the stream is cut', () => {
  const frames = fc.array(fc.uint8Array({ minLength: 1, maxLength: 60 }), { maxLength: 12 });
  const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(frames, cuts, (sent, sizes) => {
      const stream = framed(...sent);
      const splitter = new FrameSplitter();
      const received: Uint8Array[] = [];
      for (let at = 0, i = 0; at < stream.length; i++) {
        const size = sizes[i % sizes.length]!;
        received.push(...splitter.push(stream.subarray(at, at + size)));
        at += size;
      }
      expect(received.map((frame) => [...frame])).toEqual(sent.map((frame) => [...frame]));
    }),
  );
});

test('a length that no frame has is refused', () => {
  expect(() => new FrameSplitter().push(Uint8Array.of(0x47, 0x45, 0x54, 0x20, 1))).toThrow('announced a frame');
});

async function listening(server: Server, where: string | number): Promise<void> {
  server.listen(where);
  await once(server, 'listening');
}

const packet = (byte: number, length: number) =>
  ({ kind: 'packet', device: 'virtio1', frame: new Uint8Array(length).fill(byte) }) as const;

test.each(['unix', 'tcp'] as const)('packets go both ways over %s, and a closed peer is told', async (kind) => {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-net-'));
  const server = createServer();
  try {
    const path = join(folder, 'net.sock');
    await listening(server, kind === 'unix' ? path : 0);
    const bound = server.address();
    const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
    const address: StreamAddress = kind === 'unix' ? { kind, path } : { kind, host: '127.0.0.1', port };
    const inbox = new TestInbox();
    const card = new NetStream('virtio1', address, { reconnect: false });
    const accepted = once(server, 'connection');
    await card.open(inbox);
    const peer = (await accepted)[0] as Socket;
    const heard: Buffer[] = [];
    peer.on('data', (chunk: Buffer) => heard.push(chunk));

    peer.write(framed(new Uint8Array(60).fill(7), new Uint8Array(1514).fill(8)));
    await inbox.until(() => inbox.inputs.length === 2);
    expect(inbox.inputs).toEqual([packet(7, 60), packet(8, 1514)]);

    card.take(packet(1, 64));
    card.take(packet(2, 1514));
    const expected = framed(packet(1, 64).frame, packet(2, 1514).frame);
    while (Buffer.concat(heard).length < expected.length) await once(peer, 'data');
    expect(Buffer.concat(heard)).toEqual(expected);

    peer.destroy();
    await inbox.until(() => inbox.notices.length > 0);
    expect(inbox.notices[0]).toMatch(/virtio1 lost .*go nowhere now/);
    card.take(packet(3, 64));
    await card.close();
    expect(inbox.notices).toHaveLength(1);
  } finally {
    server.close();
    rmSync(folder, { recursive: true });
  }
});

test('a peer that is not there is named with the remedy', async () => {
  for (const quiet of [false, true]) {
    const card = new NetStream('virtio1', { kind: 'unix', path: '/nonexistent/net.sock' }, { quiet });
    await expect(card.open(new TestInbox())).rejects.toMatchObject({
      code: 'net-peer',
      exitCode: quiet ? 4 : 2,
      what: expect.stringContaining('unix:/nonexistent/net.sock'),
    });
    await card.close();
  }
});

const MAC = Uint8Array.of(0x52, 0x54, 0, 0x12, 0x34, 0x56);
const unix = (path: string): StreamAddress => ({ kind: 'unix', path });

/** A listening peer in a folder of its own; `body` gets its path. */
async function withPeer(body: (listener: TestListener, path: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-net-'));
  const listener = new TestListener();
  try {
    const path = join(folder, 'net.sock');
    await listener.open(path);
    await body(listener, path);
  } finally {
    await listener.close();
    rmSync(folder, { recursive: true });
  }
}

test('a peer that comes back is found, with one notice for the loss and one for the return', async () => {
  await withPeer(async (listener, path) => {
    const inbox = new TestInbox();
    const card = new NetStream('virtio1', unix(path));
    await card.open(inbox);
    await (await listener.peer(0)).link.close();
    await inbox.until(() => inbox.notices.length === 2);
    expect(inbox.notices[0]).toMatch(/virtio1 lost unix:.*until it is back/);
    expect(inbox.notices[1]).toMatch(/virtio1 has unix:.* again/);
    const peer = await listener.peer(1);
    card.take(packet(5, 64));
    await peer.until(() => peer.received.length === 1);
    peer.link.send(packet(6, 64).frame);
    await inbox.until(() => inbox.inputs.length === 1);
    expect(inbox.inputs).toEqual([packet(6, 64)]);
    await card.close();
  });
});

test('a peer that is away for a while is found when it listens again, and the card is announced there', async () => {
  await withPeer(async (listener, path) => {
    const inbox = new TestInbox();
    const card = new NetStream('virtio1', unix(path));
    await card.open(inbox);
    card.announce(MAC);
    await listener.peer(0);
    await listener.close();
    await inbox.until(() => inbox.notices.length === 1);
    card.take(packet(5, 64));
    const again = new TestListener();
    await again.open(path);
    const peer = await again.peer(0);
    await peer.until(() => peer.received.length > 0);
    expect(peer.received[0]).toEqual(announcement(MAC));
    await card.close();
    await again.close();
  });
});

test('a card that is closed while its peer is away dials no more', async () => {
  await withPeer(async (listener, path) => {
    const inbox = new TestInbox();
    const card = new NetStream('virtio1', unix(path));
    await card.open(inbox);
    await listener.close();
    await inbox.until(() => inbox.notices.length === 1);
    await card.close();
    const again = new TestListener();
    await again.open(path);
    await new Promise((done) => setTimeout(done, 300));
    expect(again.peers).toHaveLength(0);
    await again.close();
  });
});

test('a quiet card lets nothing through; when it speaks the network hears first where it is', async () => {
  await withPeer(async (listener, path) => {
    const inbox = new TestInbox();
    const card = new NetStream('virtio1', unix(path), { quiet: true });
    await card.open(inbox);
    const peer = await listener.peer(0);
    card.announce(MAC);
    card.take(packet(1, 64));
    peer.link.send(packet(2, 64).frame);
    // Let go and taken again: what it had sent before has been read by then.
    await peer.link.close();
    const next = await listener.peer(1);
    await inbox.until(() => inbox.notices.length === 2);
    expect(inbox.inputs).toEqual([]);
    expect(peer.received).toEqual([]);

    card.speak(MAC);
    card.take(packet(3, 64));
    next.link.send(packet(4, 64).frame);
    await inbox.until(() => inbox.inputs.length === 1);
    await next.until(() => next.received.length >= 2);
    expect(inbox.inputs).toEqual([packet(4, 64)]);
    expect(next.received.slice(0, 2)).toEqual([announcement(MAC), packet(3, 64).frame]);
    // The announcement is repeated as QEMU repeats it: five in all.
    await next.until(() => next.received.length === 6);
    expect(next.received.slice(2)).toEqual(Array.from({ length: 4 }, () => announcement(MAC)));
    await card.close();
  });
});

test('a card announces itself again only while its guest is certain to be here', async () => {
  await withPeer(async (listener, path) => {
    let isHere = true;
    const inbox = new TestInbox();
    const card = new NetStream('virtio1', unix(path), { quiet: true });
    await card.open(inbox);
    card.speak(MAC, () => isHere);
    const first = await listener.peer(0);
    await first.until(() => first.received.length > 0);
    await first.link.close();
    const second = await listener.peer(1);
    await second.until(() => second.received.length > 0);
    expect(second.received[0]).toEqual(announcement(MAC));

    isHere = false;
    await second.link.close();
    const third = await listener.peer(2);
    await inbox.until(() => inbox.notices.length === 4);
    card.take(packet(3, 64));
    await third.until(() => third.received.length > 0);
    expect(third.received[0]).toEqual(packet(3, 64).frame);
    await card.close();
  });
});

test('the announcement is the frame of announce-self of QEMU', () => {
  const head = 'ffffffffffff 525400123456 8035 0001 0800 06 04 0003 525400123456 00000000 525400123456 00000000';
  expect(Buffer.from(announcement(MAC)).toString('hex')).toBe(head.replaceAll(' ', '').padEnd(120, '0'));
});

test('a congested guest is read for no more until it has caught up', async () => {
  await withPeer(async (listener, path) => {
    const inbox = new TestInbox();
    const card = new NetStream('virtio1', unix(path));
    await card.open(inbox);
    const peer = await listener.peer(0);
    inbox.congested = true;
    peer.link.send(packet(1, 64).frame);
    await inbox.until(() => inbox.inputs.length === 1);
    for (let i = 2; i <= 200; i++) peer.link.send(packet(i, 60_000).frame);
    await new Promise((done) => setTimeout(done, 200));
    const behind = inbox.inputs.length;
    expect(behind).toBeLessThan(60);
    inbox.clear();
    await inbox.until(() => inbox.inputs.length > behind);
    await card.close();
  });
});
