/**
 * Heartbeats over UDP, beside the channel, to the port of the same number. With a key each carries an HMAC-SHA256, and
 * one that has not the right one is as if it had not come. The backup answers to where the last right one came from.
 */

import { createHmac, timingSafeEqual } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { isIP } from 'node:net';
import type { Heartbeat } from '../../ft/protocol/message.ts';
import { decodeHeartbeat, encodeHeartbeat } from '../../ft/protocol/wire.ts';
import { ExitCode, UserError } from '../../lib/errors.ts';
import { reasonOf } from '../os-errors.ts';
import { type Endpoint, endpointText } from './endpoint.ts';
import type { PairKey } from './key.ts';

const MAC_BYTES = 32;

export class Heartbeats {
  readonly #socket: Socket;
  readonly #key: Uint8Array | undefined;
  #peer: Endpoint | undefined;

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

  /** `heard` gets what comes from who holds the key. */
  listen(heard: (heartbeat: Heartbeat) => void): void {
    this.#socket.on('message', (bytes, from) => {
      const heartbeat = this.#opened(bytes);
      if (heartbeat === undefined) return;
      this.#peer = { host: from.address, port: from.port };
      heard(heartbeat);
    });
  }

  /** Goes nowhere while it is not known where to. */
  send(heartbeat: Heartbeat): void {
    if (this.#peer === undefined) return;
    const body = encodeHeartbeat(heartbeat);
    const bytes = this.#key === undefined ? body : Buffer.concat([body, this.#mac(this.#key, body)]);
    this.#socket.send(bytes, this.#peer.port, this.#peer.host, () => {});
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
