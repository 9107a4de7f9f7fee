/**
 * `--connect`: one port to a peer that listens (passt, another switch), dialled until it is there and again whenever it
 * is lost.
 */

import { addressText, type StreamAddress } from '../ports/stream-address.ts';
import { StreamLine } from '../ports/stream-line.ts';
import type { Attachment, Connector, SwitchPort } from './switch-port.ts';

export class StreamDialler implements Connector {
  readonly #address: StreamAddress;
  #line: StreamLine | undefined;

  constructor(address: StreamAddress) {
    this.#address = address;
  }

  async open(plug: (port: SwitchPort) => Attachment, notice: (text: string) => void): Promise<void> {
    const name = addressText(this.#address);
    const line = new StreamLine(this.#address, {
      frame: (frame) => attachment.receive(frame),
      up: () => {
        attachment.setUp(true);
        notice(`connected to ${name}`);
      },
      down: (reason) => {
        attachment.setUp(false);
        notice(`lost ${name}: ${reason}; dialling until it is back`);
      },
    });
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
