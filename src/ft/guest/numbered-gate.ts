/**
 * The gate of a backup. What the replaying guest says to consoles and networks is passed on under the numbers that it
 * has at the primary, for whoever keeps it until the primary has reported it released. Requests to disks and for random
 * bytes are counted and dropped: what is pending when the backup goes live is known to the machine and given out again
 * (reissue). What disks are asked is told besides, for those that this side reads itself or has an own image of.
 */

import type { Gate, Output } from '../../session/gate.ts';
import { type NumberedOutput, Units } from './units.ts';

type DiskOutput = Output & { readonly kind: 'disk' };

export class NumberedGate implements Gate {
  /** Goes on counting here; for the gate that follows this one. */
  readonly units: Units;
  readonly #pass: (output: NumberedOutput) => void;
  readonly #asked: (output: DiskOutput) => void;

  /** `asked`: is told what disks are asked, at once. */
  constructor(
    pass: (output: NumberedOutput) => void,
    units: Units = new Units(),
    asked: (output: DiskOutput) => void = () => {},
  ) {
    this.#pass = pass;
    this.#asked = asked;
    this.units = units;
  }

  offer(output: Output): void {
    const numbered = this.units.number(output);
    if (output.kind === 'console' || output.kind === 'packet') this.#pass(numbered);
    else if (output.kind === 'disk') this.#asked(output);
  }

  marked(): void {}
}
