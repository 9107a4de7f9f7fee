import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { isUnfinished } from '../../../src/host/switch/offload.ts';
import { decodeVxlan, encodeVxlan } from '../../../src/host/switch/vxlan-header.ts';
import { VxlanPeers } from '../../../src/host/switch/vxlan-peers.ts';
import { udpFrame } from '../ethernet.ts';
import { EVERYONE, frame, type RunningSwitch, startSwitch, TestPeer } from './support.ts';

const LOOPBACK = '127.0.0.1';

describe('the header', () => {
  test('is that of RFC 7348, section 5', () => {
    const bytes = encodeVxlan(0x123456, frame(2, 1, 'x'));
    expect(Buffer.from(bytes.subarray(0, 8)).toString('hex')).toBe('0800000012345600');
    expect(bytes.subarray(8)).toEqual(frame(2, 1, 'x'));
  });

  test('comes back from what it was made of, whatever the reserved bits are', () => {
    const anyFrame = fc.uint8Array({ maxLength: 100 });
    fc.assert(
      fc.property(fc.nat(0xffffff), anyFrame, fc.nat(0xff), fc.nat(0xff), (vni, bytes, flags, reserved) => {
        const datagram = encodeVxlan(vni, bytes);
        datagram[0] = 0x08 | flags;
        datagram[3] = reserved;
        datagram[7] = reserved;
        expect(decodeVxlan(datagram)).toEqual({ vni, frame: bytes });
      }),
    );
  });

  test('is refused without the flag that makes it valid, and when it is cut', () => {
    expect(decodeVxlan(Uint8Array.of(0xf7, 0, 0, 0, 0, 0, 5, 0, 1, 2))).toBeUndefined();
    expect(decodeVxlan(Uint8Array.of(8, 0, 0, 0, 0, 0, 5))).toBeUndefined();
  });

  test('as the Linux kernel sends it', () => {
    const datagram = readFileSync(new URL('./fixtures/kernel-vxlan-ping.bin', import.meta.url));
    const packet = decodeVxlan(datagram);
    expect(packet?.vni).toBe(5);
    expect(packet?.frame).toHaveLength(98);
    expect(Buffer.from(packet!.frame.subarray(12, 14)).toString('hex')).toBe('0800');
  });
});

describe('who is in the segment', () => {
  test('listed peers, by host, and by port where two share one', () => {
    const a = { host: '10.0.0.1', port: 4789 };
    const b = { host: '10.0.0.2', port: 4789 };
    const c = { host: '10.0.0.2', port: 4790 };
    const peers = new VxlanPeers([a, b, c], 4789, 1000);
    expect(peers.sender('10.0.0.1', 51234, 0)).toBe(a);
    expect(peers.sender('10.0.0.2', 4790, 0)).toBe(c);
    expect(peers.sender('10.0.0.3', 4789, 0)).toBeUndefined();
    peers.learn(7, c, 0);
    expect(peers.for(7, 1000)).toEqual([c]);
    expect(peers.for(7, 1001)).toEqual([a, b, c]);
    peers.learn(7, b, 1001);
    peers.leave(7);
    expect(peers.for(7, 1001)).toEqual([a, b, c]);
  });

  test('whoever sends, when none is listed, and not without bound', () => {
    const peers = new VxlanPeers([], 4789, 1000);
    expect(peers.all()).toEqual([]);
    for (let i = 0; i < 300; i++) peers.sender(`10.0.${i >> 8}.${i & 255}`, 50_000, 0);
    expect(peers.all()).toHaveLength(256);
    expect(peers.all()[0]).toEqual({ host: '10.0.0.0', port: 4789 });
  });

  test('heard peers that are silent stay until there are too many, and give way then, the longest silent first', () => {
    const peers = new VxlanPeers([], 4789, 1000);
    const host = (n: number): string => `10.0.${n >> 8}.${n & 255}`;
    for (let i = 0; i < 256; i++) peers.sender(host(i), 50_000, i < 2 ? 0 : 500);
    peers.sender(host(0), 50_000, 900);
    expect(peers.sender(host(300), 50_000, 1000)).toBeUndefined();
    expect(peers.all()).toHaveLength(256);
    // Silent for longer than an address is believed: the one, and then nobody.
    expect(peers.sender(host(300), 50_000, 1001)).toEqual({ host: host(300), port: 4789 });
    expect(peers.all().map((peer) => peer.host)).not.toContain(host(1));
    expect(peers.all().map((peer) => peer.host)).toContain(host(0));
    expect(peers.sender(host(301), 50_000, 1001)).toBeUndefined();
    // A crowd of made-up ones that says nothing any more shuts nobody out.
    for (let i = 400; i < 500; i++) expect(peers.sender(host(i), 50_000, 10_000)).toBeDefined();
    expect(peers.all()).toHaveLength(256);
  });
});

describe('a checksum left to a card', () => {
  test('is seen in what the Linux kernel sends without one', () => {
    const datagram = readFileSync(new URL('./fixtures/kernel-vxlan-udp-unfinished.bin', import.meta.url));
    expect(isUnfinished(decodeVxlan(datagram)!.frame)).toBe(true);
  });

  test('is not seen in frames that have theirs, have none, or are something else', () => {
    const ping = readFileSync(new URL('./fixtures/kernel-vxlan-ping.bin', import.meta.url));
    expect(isUnfinished(decodeVxlan(ping)!.frame)).toBe(false);
    expect(isUnfinished(udpFrame('GET colour').subarray(4))).toBe(false);
    const finished = readFileSync(new URL('./fixtures/kernel-vxlan-udp.bin', import.meta.url));
    expect(isUnfinished(decodeVxlan(finished)!.frame)).toBe(false);
  });

  test('never throws, whatever the frame', () => {
    const bytes = fc.uint8Array({ minLength: 14, maxLength: 90 });
    fc.assert(
      fc.property(bytes, (noise) => {
        noise.set([8, 0], 12);
        isUnfinished(noise);
      }),
    );
  });
});

describe('a port', () => {
  const open: RunningSwitch[] = [];
  const sockets: Socket[] = [];
  const peers: TestPeer[] = [];
  afterEach(async () => {
    await Promise.all(peers.splice(0).map(({ link }) => link.close()));
    await Promise.all(open.splice(0).map((each) => each.end()));
    for (const socket of sockets.splice(0)) socket.close();
  });

  async function udp(): Promise<{ socket: Socket; port: number; heard(): Promise<Buffer> }> {
    const socket = createSocket('udp4');
    socket.bind(0, LOOPBACK);
    await once(socket, 'listening');
    sockets.push(socket);
    const queue: Buffer[] = [];
    socket.on('message', (datagram) => queue.push(datagram));
    const heard = async (): Promise<Buffer> => {
      while (queue.length === 0) await once(socket, 'message');
      return queue.shift()!;
    };
    return { socket, port: socket.address().port, heard };
  }

  /** A switch with a stream listener and a VXLAN port to `remotes`, and one client of it. */
  async function segment(
    remotes: readonly number[],
    port = 0,
  ): Promise<{ running: RunningSwitch; guest: TestPeer; port: number }> {
    const running = await startSwitch({
      listen: [{ kind: 'tcp', host: LOOPBACK, port: 0 }],
      vxlan: [{ port, vni: 5, remotes: remotes.map((each) => ({ host: LOOPBACK, port: each })) }],
    });
    open.push(running);
    const listens = Number(/:(\d+)$/.exec(await running.told('listens at'))![1]);
    const guest = await TestPeer.dial({ kind: 'tcp', host: LOOPBACK, port: listens });
    peers.push(guest);
    return { running, guest, port: Number(/:(\d+),vni/.exec(await running.told('is a segment'))![1]) };
  }

  test('carries frames of its segment both ways, and refuses the rest', async () => {
    const remote = await udp();
    const { running, guest, port } = await segment([remote.port]);
    remote.socket.send(encodeVxlan(6, frame(EVERYONE, 9, 'wrong segment')), port, LOOPBACK);
    remote.socket.send(Buffer.from('noise'), port, LOOPBACK);
    remote.socket.send(encodeVxlan(5, frame(EVERYONE, 9, 'hello')), port, LOOPBACK);
    await guest.until(() => guest.received.length > 0);
    expect(guest.texts).toEqual(['hello']);
    guest.link.send(frame(9, 1, 'answer'));
    expect(decodeVxlan(await remote.heard())).toEqual({ vni: 5, frame: Buffer.from(frame(9, 1, 'answer')) });
    expect(running.status().ports.find(({ port: name }) => name.startsWith('vxlan'))).toMatchObject({
      framesIn: 1,
      framesOut: 1,
      refused: 2,
    });
  });

  test('joins two switches, and a frame goes to the peer behind which its destination is', async () => {
    const third = await udp();
    const free = await udp();
    await new Promise<void>((done) => free.socket.close(done));
    sockets.splice(sockets.indexOf(free.socket), 1);
    const a = await segment([free.port, third.port]);
    const b = await segment([a.port], free.port);
    b.guest.link.send(frame(EVERYONE, 2, 'b here'));
    await a.guest.until(() => a.guest.received.length > 0);
    a.guest.link.send(frame(2, 1, 'to b alone'));
    await b.guest.until(() => b.guest.received.length > 0);
    expect(b.guest.texts).toEqual(['to b alone']);
    a.guest.link.send(frame(EVERYONE, 1, 'to all'));
    expect(decodeVxlan(await third.heard())?.frame).toEqual(Buffer.from(frame(EVERYONE, 1, 'to all')));
  });

  test('does not send back to the segment what came from it', async () => {
    const [one, two] = [await udp(), await udp()];
    const { guest, port } = await segment([one.port, two.port]);
    one.socket.send(encodeVxlan(5, frame(EVERYONE, 9, 'hello')), port, LOOPBACK);
    await guest.until(() => guest.received.length > 0);
    guest.link.send(frame(EVERYONE, 1, 'after it'));
    expect(decodeVxlan(await two.heard())?.frame).toEqual(Buffer.from(frame(EVERYONE, 1, 'after it')));
  });

  test('says once who leaves checksums to a card', async () => {
    const remote = await udp();
    const { running, guest, port } = await segment([remote.port]);
    const datagram = readFileSync(new URL('./fixtures/kernel-vxlan-udp-unfinished.bin', import.meta.url));
    for (let i = 0; i < 3; i++) remote.socket.send(datagram, port, LOOPBACK);
    remote.socket.send(encodeVxlan(5, frame(EVERYONE, 9, 'sound')), port, LOOPBACK);
    await guest.until(() => guest.received.length > 0);
    expect(guest.texts).toEqual(['sound']);
    expect(running.notices.filter((text) => text.includes('ethtool -K'))).toHaveLength(1);
  });

  test('is on the loopback of either IP version when its remotes are, and of one version alone', async () => {
    const six = await startSwitch({ vxlan: [{ port: 0, vni: 5, remotes: [{ host: '::1', port: 4789 }] }] });
    open.push(six);
    expect(await six.told('is a segment')).toMatch(/vxlan:\[::1\]:\d+,vni=5 is a segment with \[::1\]:4789/);
    const remotes = [
      { host: '::1', port: 4789 },
      { host: LOOPBACK, port: 4789 },
    ];
    await expect(startSwitch({ vxlan: [{ port: 0, vni: 5, remotes }] })).rejects.toMatchObject({ code: 'bad-address' });
  });

  test('is refused with the reason when another has it', async () => {
    const remote = await udp();
    await expect(startSwitch({ vxlan: [{ port: remote.port, vni: 5, remotes: [] }] })).rejects.toMatchObject({
      code: 'bad-address',
      what: expect.stringContaining('another process has it'),
    });
  });
});
