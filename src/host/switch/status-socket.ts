/** `--status`: whoever connects is told the switch's state as one line of JSON, and the connection ends. */

import { createServer, type Server } from 'node:net';
import { listenAt, stopListening } from '../ports/listen-at.ts';
import { addressText, type StreamAddress } from '../ports/stream-address.ts';
import type { SwitchStatus } from './ethernet-switch.ts';

/** Who has not taken the answer by then goes without. */
const ANSWER_MS = 1000;

export class StatusSocket {
  readonly #server: Server;

  constructor(status: () => SwitchStatus) {
    this.#server = createServer((socket) => {
      socket.on('error', () => {});
      socket.setTimeout(ANSWER_MS, () => socket.destroy());
      socket.end(`${JSON.stringify(status())}\n`, () => socket.destroy());
    });
  }

  /** UserError when the address cannot be had. */
  async open(address: StreamAddress, notice: (text: string) => void): Promise<void> {
    notice(`tells its state at ${addressText(await listenAt(this.#server, address))}`);
  }

  async close(): Promise<void> {
    await stopListening(this.#server);
  }
}
