/**
 * The gate of a backup. What the replaying guest says to consoles and networks is passed on under the numbers that it
 * has at the primary, for whoever keeps it until the primary has reported it released. Requests to disks and for random
 * bytes are counted and dropped: what is pending when the backup goes live is known to the machine and given out again
 * (reissue). But for disks of which this side has its own image: what they are asked is passed on to them.
 */

import type { Gate, Output } from '../../session/gate.ts';
import { type NumberedOutput, Units } from './units.ts';

/** Disks inside the pair, and where what they are asked goes, at once. */
export interface OwnDisks {
  has(device: string): boolean;
  pass(output: Output): void;
}

export class NumberedGate implements Gate {
  /** Goes on counting here; for the gate that follows this one. */
  readonly units: Units;
  readonly #pass: (output: NumberedOutput) => void;
  readonly #inside: OwnDisks;

  constructor(
    pass: (output: NumberedOutput) => void,
    units: Units = new Units(),
    inside: OwnDisks = { has: () => false, pass: () => {} },
  ) {
    this.#pass = pass;
    this.#inside = inside;
    this.units = units;
  }

  offer(output: Output): void {
    const numbered = this.units.number(output);
    if (output.kind === 'console' || output.kind === 'packet') this.#pass(numbered);
    else if (output.kind === 'disk' && this.#inside.has(output.device)) this.#inside.pass(output);
  }

  marked(): void {}
}
