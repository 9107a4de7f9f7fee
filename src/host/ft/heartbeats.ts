/**
 * Heartbeats over UDP, beside the channel, to the port of the same number. With a key each carries an HMAC-SHA256, and
 * one that has not the right one is as if it had not come. A right one may still be another's copy of an old one: which
 * are new is for the core to say, and where it answers to with them.
 */

import { createHmac, timingSafeEqual } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { isIP } from 'node:net';
import type { HeartbeatPath } from '../../ft/protocol/io.ts';
import type { Heartbeat } from '../../ft/protocol/message.ts';
import { decodeHeartbeat, encodeHeartbeat } from '../../ft/protocol/wire.ts';
import { ExitCode, UserError } from '../../lib/errors.ts';
import { reasonOf } from '../os-errors.ts';
import { type Endpoint, endpointText } from './endpoint.ts';
import type { PairKey } from './key.ts';

const MAC_BYTES = 32;

class UdpPath implements Endpoint {
  readonly host: string;
  readonly port: number;

  constructor(host: string, port: number) {
    this.host = host;
    this.port = port;
  }
}

export class Heartbeats {
  readonly #socket: Socket;
  readonly #key: Uint8Array | undefined;
  readonly #peer: Endpoint | undefined;

  private constructor(socket: Socket, key: PairKey | undefined, peer: Endpoint | undefined) {
    this.#socket = socket;
    this.#key = key?.heartbeat;
    this.#peer = peer;
    // What the network says of a heartbeat (nobody there, no route) is what its silence says.
    socket.on('error', () => {});
  }

  /** At the backup. UserError when the port cannot be had. */
  static async at(endpoint: Endpoint, key: PairKey | undefined): Promise<Heartbeats> {
    const socket = createSocket(isIP(endpoint.host) === 6 ? 'udp6' : 'udp4');
    await new Promise<void>((done, failed) => {
      socket.once('error', (error) => {
        socket.close();
        const what = `cannot take UDP port of ${endpointText(endpoint)}: ${reasonOf(error)}`;
        failed(new UserError('bad-listen', what, 'name a port that is free for UDP too', ExitCode.usage, error));
      });
      socket.bind(endpoint.port, endpoint.host, () => done());
    });
    socket.removeAllListeners('error');
    return new Heartbeats(socket, key, undefined);
  }

  /** At the primary. */
  static to(endpoint: Endpoint, key: PairKey | undefined): Heartbeats {
    const socket = createSocket(isIP(endpoint.host) === 6 ? 'udp6' : 'udp4');
    return new Heartbeats(socket, key, endpoint);
  }

  /** `heard` gets what was made by who holds the key, and the address that it came from, for `send`. */
  listen(heard: (heartbeat: Heartbeat, from: HeartbeatPath) => void): void {
    this.#socket.on('message', (bytes, { address, port }) => {
      const heartbeat = this.#opened(bytes);
      // Nothing can be sent to port 0: nobody who waits for an answer sends from there.
      if (heartbeat !== undefined && port !== 0) heard(heartbeat, new UdpPath(address, port));
    });
  }

  /** At the primary to its backup; at the backup `to` the address that its core names, or nowhere. */
  send(heartbeat: Heartbeat, to?: HeartbeatPath): void {
    const peer = to instanceof UdpPath ? to : this.#peer;
    if (peer === undefined) return;
    const body = encodeHeartbeat(heartbeat);
    const bytes = this.#key === undefined ? body : Buffer.concat([body, this.#mac(this.#key, body)]);
    this.#socket.send(bytes, peer.port, peer.host, () => {});
  }

  close(): void {
    this.#socket.close();
  }

  #opened(bytes: Uint8Array): Heartbeat | undefined {
    const body = this.#key === undefined ? bytes : bytes.subarray(0, Math.max(0, bytes.length - MAC_BYTES));
    if (this.#key !== undefined) {
      const mac = bytes.subarray(body.length);
      if (mac.length !== MAC_BYTES || !timingSafeEqual(mac, this.#mac(this.#key, body))) return undefined;
    }
    try {
      return decodeHeartbeat(body);
    } catch {
      return undefined;
    }
  }

  #mac(key: Uint8Array, body: Uint8Array): Uint8Array {
    return createHmac('sha256', key).update(body).digest();
  }
}
