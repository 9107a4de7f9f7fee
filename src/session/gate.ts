/**
 * The out-door of a machine: decides when an output leaves, and whether. Invariant 7: nothing reaches the world but
 * through `OutputPort.deliver`, and only a gate calls that.
 *
 * Outputs are covered by output marks in the log. A gate is told of each output when the guest makes it, and of each
 * mark when it is written; mark numbers count from 1 over the whole log. A gate that waits for acknowledgement holds
 * an output until the mark that covers it is acknowledged.
 */

import type { DiskOperation, Output } from '../emu/machine/events.ts';
import type { Tick } from '../lib/brands.ts';

/** Which bytes of a disk an output is of: what a gate that orders writes has to know. */
export { type DiskRange, overlap, rangeOf } from '../emu/machine/disk-range.ts';
export type { DiskOperation, Output };

/** The world's side: terminal, network, disks. Must not call back into the session. */
export interface OutputPort {
  deliver(output: Output): void;
}

export interface Gate {
  /** An output, in program order. `tick`: the first tick at which the machine has made it. */
  offer(output: Output, tick: Tick): void;
  /** Mark number `mark` now covers every output offered for `device` since that device's last mark. */
  marked(device: string, mark: number): void;
  /** A slice of the guest has ended, and everything offered in it is marked. */
  sliceEnded?(): void;
}

/** `run` and `record`: everything leaves at once. */
export class OpenGate implements Gate {
  readonly #port: OutputPort;

  constructor(port: OutputPort) {
    this.#port = port;
  }

  offer(output: Output): void {
    this.#port.deliver(output);
  }

  marked(): void {}
}

/** Replay and a backup: nothing leaves. With `show`, console output is shown to whoever watches. */
export class ClosedGate implements Gate {
  readonly #show: OutputPort | undefined;

  constructor(show?: OutputPort) {
    this.#show = show;
  }

  offer(output: Output): void {
    if (output.kind === 'console') this.#show?.deliver(output);
  }

  marked(): void {}
}
