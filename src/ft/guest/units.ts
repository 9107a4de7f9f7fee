/**
 * Numbers what leaves a machine, by device: a console's bytes, and packets and requests one each, all counted from
 * reset. The same history gives the same numbers, whichever side of a pair counts and however its runs are cut.
 */

import type { Output } from '../../session/gate.ts';

/** Something that leaves; `unit`: what has left its device up to and including this. */
export interface NumberedOutput {
  readonly device: string;
  readonly unit: bigint;
  readonly output: Output;
}

/** Goes from the gate of one phase of a machine's life to that of the next. */
export class Units {
  readonly #counts = new Map<string, bigint>();

  /** From `past` on, as a copied machine goes on. */
  constructor(past: { readonly [device: string]: bigint } = {}) {
    for (const [device, count] of Object.entries(past)) this.#counts.set(device, count);
  }

  number(output: Output): NumberedOutput {
    const { device } = output;
    const unit = this.of(device) + (output.kind === 'console' ? BigInt(output.bytes.length) : 1n);
    this.#counts.set(device, unit);
    return { device, unit, output };
  }

  /** What has left each device so far. */
  get all(): { readonly [device: string]: bigint } {
    return Object.fromEntries(this.#counts);
  }

  /** What has left the device so far. */
  of(device: string): bigint {
    return this.#counts.get(device) ?? 0n;
  }
}
