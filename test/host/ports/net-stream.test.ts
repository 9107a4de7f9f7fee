import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FrameSplitter } from '../../../src/host/ports/frame-splitter.ts';
import { NetStream, type StreamAddress } from '../../../src/host/ports/net-stream.ts';
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
    const card = new NetStream('virtio1', address);
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
    expect(inbox.notices[0]).toContain('virtio1 lost');
    card.take(packet(3, 64));
    await card.close();
    expect(inbox.notices).toHaveLength(1);
  } finally {
    server.close();
    rmSync(folder, { recursive: true });
  }
});

test('a peer that is not there is named with the remedy', async () => {
  const card = new NetStream('virtio1', { kind: 'unix', path: '/nonexistent/net.sock' });
  await expect(card.open(new TestInbox())).rejects.toMatchObject({
    code: 'net-peer',
    exitCode: 4,
    what: expect.stringContaining('unix:/nonexistent/net.sock'),
  });
  await card.close();
});
