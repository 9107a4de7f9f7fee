/**
 * `--vxlan`: one port to a VXLAN segment (RFC 7348): the kernel's own `vxlan` devices, and other switches. The members
 * of a segment reach each other themselves, so what came from it is not sent back to it. Datagrams leave from the port
 * that is listened at; there is neither multicast nor encryption.
 */

import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { ExitCode, UserError } from '../../lib/errors.ts';
import { codeOf, reasonOf } from '../os-errors.ts';
import { hostPortText, isLoopback } from '../ports/stream-address.ts';
import { destinationOf, HEADER_BYTES, isGroup, sourceOf } from './ethernet.ts';
import { isUnfinished } from './offload.ts';
import type { Attachment, Connector, SwitchPort } from './switch-port.ts';
import { decodeVxlan, encodeVxlan } from './vxlan-header.ts';
import { type Peer, VxlanPeers } from './vxlan-peers.ts';

export interface VxlanOptions {
  /** Where to listen; left out: the loopback when every remote is there, else everywhere. */
  readonly bind?: string;
  /** 4789 is the port assigned to VXLAN. 0: any free one. */
  readonly port: number;
  /** 0 to VNI_MAX. */
  readonly vni: number;
  /** None: the segment is whoever sends. */
  readonly remotes: readonly { readonly host: string; readonly port: number }[];
}

export interface VxlanClock {
  readonly now: () => number;
  readonly ageMs: number;
}

/** More unsent than this and frames are lost. */
const UNSENT_BYTES_MAX = 4 << 20;
/** Asked of the system, which may give less. */
const RECEIVE_BYTES = 4 << 20;

export class VxlanPort implements Connector {
  readonly #options: VxlanOptions;
  readonly #clock: VxlanClock;
  #socket: Socket | undefined;
  #complained = false;

  constructor(options: VxlanOptions, clock: VxlanClock) {
    this.#options = options;
    this.#clock = clock;
  }

  async open(plug: (port: SwitchPort) => Attachment, notice: (text: string) => void): Promise<void> {
    const { port, vni } = this.#options;
    const { bind, listed, type } = await endsOf(this.#options);
    const socket = createSocket({ type, ipv6Only: type === 'udp6', recvBufferSize: RECEIVE_BYTES, lookup: asItIs });
    this.#socket = socket;
    await bound(socket, port, bind);
    const own = socket.address();
    const peers = new VxlanPeers(listed, own.port, this.#clock.ageMs);
    const name = `vxlan:${hostPortText({ host: own.address, port: own.port })},vni=${vni}`;
    const attachment = plug({ name, send: (frame) => this.#send(frame, peers, socket) });
    socket.on('message', (datagram, from) => {
      const frame = this.#accepted(datagram, from, peers);
      if (frame === undefined) attachment.refuse();
      else if (!isUnfinished(frame)) attachment.receive(frame);
      else {
        attachment.refuse();
        if (!this.#complained) notice(`${name}: ${unfinishedText(from.address)}`);
        this.#complained = true;
      }
    });
    // Of a single datagram, and told again for each: those are lost, as on any network.
    socket.on('error', () => {});
    const others = listed.length === 0 ? 'whoever sends' : listed.map(hostPortText).join(', ');
    notice(`${name} is a segment with ${others}`);
  }

  async close(): Promise<void> {
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket !== undefined) await new Promise<void>((done) => socket.close(() => done()));
  }

  /** False: it goes to nobody. */
  #send(frame: Uint8Array, peers: VxlanPeers, socket: Socket): boolean {
    const mac = destinationOf(frame);
    peers.leave(sourceOf(frame));
    const to = isGroup(mac) ? peers.all() : peers.for(mac, this.#clock.now());
    if (to.length === 0 || this.#socket !== socket || socket.getSendQueueSize() > UNSENT_BYTES_MAX) return false;
    const datagram = encodeVxlan(this.#options.vni, frame);
    for (const { host, port } of to) socket.send(datagram, port, host, () => {});
    return true;
  }

  /** The frame of a datagram of this segment, whose source is learnt. */
  #accepted(datagram: Uint8Array, from: RemoteInfo, peers: VxlanPeers): Uint8Array | undefined {
    const packet = decodeVxlan(datagram);
    if (packet?.vni !== this.#options.vni || packet.frame.length < HEADER_BYTES) return undefined;
    const now = this.#clock.now();
    const peer = peers.sender(from.address, from.port, now);
    if (peer === undefined) return undefined;
    const source = sourceOf(packet.frame);
    if (!isGroup(source)) peers.learn(source, peer, now);
    return packet.frame;
  }
}

function unfinishedText(host: string): string {
  return `${host} leaves checksums to a network card that is not there; say there: ethtool -K VXLAN-DEVICE tx off`;
}

/** Hosts are looked up once, before anything is sent. */
function asItIs(
  host: string,
  _options: unknown,
  done: (error: NodeJS.ErrnoException | null, address: string, family: number) => void,
): void {
  done(null, host, isIP(host));
}

/** Addresses in place of names, all of one family. UserError when they cannot be had. */
async function endsOf({ bind, remotes }: VxlanOptions): Promise<{
  readonly bind: string;
  readonly listed: readonly Peer[];
  readonly type: 'udp4' | 'udp6';
}> {
  const listed = await Promise.all(remotes.map(async ({ host, port }) => ({ host: await resolved(host), port })));
  const own = bind === undefined ? undefined : await resolved(bind);
  const is6 = isIP(own ?? listed[0]?.host ?? '') === 6;
  const other = listed.find(({ host }) => (isIP(host) === 6) !== is6);
  if (other !== undefined) {
    const what = `${hostPortText(other)} is of another IP version than the rest of its segment`;
    throw new UserError('bad-address', what, 'give addresses of one version');
  }
  const stays = listed.every(({ host }) => isLoopback(host));
  const chosen = is6 ? (stays ? '::1' : '::') : stays ? '127.0.0.1' : '0.0.0.0';
  return { bind: own ?? chosen, listed, type: is6 ? 'udp6' : 'udp4' };
}

async function resolved(host: string): Promise<string> {
  try {
    return isIP(host) === 0 ? (await lookup(host)).address : host;
  } catch (error) {
    throw new UserError('bad-address', `no host is named ${host}`, 'give an address', ExitCode.usage, error);
  }
}

function bound(socket: Socket, port: number, host: string): Promise<void> {
  return new Promise((done, failed) => {
    socket.once('error', (error) => {
      const reason = codeOf(error) === 'EADDRINUSE' ? 'another process has it' : reasonOf(error);
      const what = `cannot have UDP port ${hostPortText({ host, port })}: ${reason}`;
      failed(new UserError('bad-address', what, 'give another port, or stop who has it', ExitCode.usage, error));
    });
    socket.bind(port, host, () => {
      socket.removeAllListeners('error');
      done();
    });
  });
}
