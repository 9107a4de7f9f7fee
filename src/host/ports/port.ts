/**
 * The host end of one guest device, on the main thread. A port carries out the outputs of its device and delivers
 * inputs for it; it knows nothing of ticks, logs or the machine. A failure of a disk goes to the guest as a status; a
 * lost peer is told to the operator, and the guest runs on as it would with a cable pulled.
 */

import type { Input, Output } from '../../emu/machine/events.ts';

export interface HostPort {
  /** Name of the device on the board. */
  readonly device: string;
  /** Begins to deliver inputs. Throws UserError when the host end cannot be had. */
  open(inbox: Inbox): Promise<void>;
  /** Carries out one output of the device. A promise asks the caller to hold further outputs until it resolves. */
  take(output: Output): Promise<void> | undefined;
  /** False while some of what was taken is still in this process, and would be lost with it. Left out: not known. */
  readonly idle?: boolean;
  /** Requests that were taken and are not done; left out: it has none. */
  readonly pending?: number;
  /** Of a network card: it has its peer. */
  readonly linkUp?: boolean;
  /** Finishes what was taken, restores what was changed, and lets go. Safe to call twice, and without `open`. */
  close(): Promise<void>;
}

/** Where a port puts what it has for the guest. */
export interface Inbox {
  /** The bytes of the input are the inbox's from here on. */
  deliver(input: Input): void;
  /** Too much waits for the guest: a port that can stop reading its source does so until `cleared`. */
  readonly congested: boolean;
  cleared(): Promise<void>;
  /** One line for the operator, without a final stop. */
  notice(text: string): void;
  /** The operator asks for the end (escape sequence of a terminal). */
  quit(): void;
  /** Going on makes no sense; the guest is stopped and `error` is the outcome. */
  fail(error: Error): void;
}
