/**
 * The guest thread's way of numbered outputs to the main thread. Console bytes of one device are kept together until
 * `flush`, under the number of the last; everything else goes at once, behind what was kept.
 *
 * Invariant: order is kept, so what is passed on after a frame is behind it in the ring.
 */

import type { NumberedOutput } from '../../ft/guest/units.ts';
import type { RingSender } from '../live/ring-sender.ts';
import { encodeReport } from './ring-messages.ts';

const TOGETHER_BYTES_MAX = 16384;

export class JoinedOutputs {
  readonly #sender: RingSender;
  #device = '';
  #unit = 0n;
  #parts: Uint8Array[] = [];
  #bytes = 0;
  #consoleBytes = 0n;

  constructor(sender: RingSender) {
    this.#sender = sender;
  }

  /** Bytes that went to consoles. */
  get consoleBytes(): bigint {
    return this.#consoleBytes;
  }

  pass(numbered: NumberedOutput): void {
    const { device, unit, output } = numbered;
    if (output.kind !== 'console') {
      this.flush();
      this.#sender.send(encodeReport({ kind: 'output', ...numbered }));
      return;
    }
    if (device !== this.#device || this.#bytes > TOGETHER_BYTES_MAX) this.flush();
    this.#device = device;
    this.#unit = unit;
    this.#parts.push(output.bytes);
    this.#bytes += output.bytes.length;
    this.#consoleBytes += BigInt(output.bytes.length);
  }

  /** Everything passed is in the ring when this returns. */
  flush(): void {
    if (this.#bytes === 0) return;
    const bytes = new Uint8Array(this.#bytes);
    let at = 0;
    for (const part of this.#parts) {
      bytes.set(part, at);
      at += part.length;
    }
    this.#parts = [];
    this.#bytes = 0;
    const [device, unit] = [this.#device, this.#unit];
    this.#sender.send(encodeReport({ kind: 'output', device, unit, output: { kind: 'console', device, bytes } }));
  }
}
