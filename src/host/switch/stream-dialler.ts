/**
 * `--connect`: one port to a peer that listens (passt, another switch), dialled until it is there and again whenever it
 * is lost.
 */

import { addressText, type StreamAddress } from '../ports/stream-address.ts';
import { StreamLine } from '../ports/stream-line.ts';
import type { Attachment, Connector, SwitchPort } from './switch-port.ts';

export class StreamDialler implements Connector {
  readonly #address: StreamAddress;
  readonly #psk: Uint8Array | undefined;
  #line: StreamLine | undefined;
  #toldRefused = false;

  /** `psk`: what a peer over TCP must hold too. */
  constructor(address: StreamAddress, psk?: Uint8Array) {
    this.#address = address;
    this.#psk = psk;
  }

  async open(plug: (port: SwitchPort) => Attachment, notice: (text: string) => void): Promise<void> {
    const name = addressText(this.#address);
    const line = new StreamLine(
      this.#address,
      {
        frame: (frame) => attachment.receive(frame),
        up: () => {
          this.#toldRefused = false;
          attachment.setUp(true);
          notice(`connected to ${name}`);
        },
        down: (reason) => {
          attachment.setUp(false);
          notice(`lost ${name}: ${reason}; dialling until it is back`);
        },
        refused: () => {
          if (!this.#toldRefused) notice(`${name} does not hold the key; dialling until it does`);
          this.#toldRefused = true;
        },
      },
      { psk: this.#psk },
    );
    const attachment = plug({ name, send: (frame) => line.send(frame) });
    attachment.setUp(false);
    this.#line = line;
    notice(`dials ${name}`);
    line.keepDialling();
  }

  async close(): Promise<void> {
    await this.#line?.close();
  }
}
