/**
 * The two doors as the machine sees them. A machine is built with its ports before the session that owns it exists, so
 * the ports are this object, and the session connects a source and a gate to it. Not a queue: each call goes through
 * while the machine runs.
 */

import type { Output } from '../emu/machine/events.ts';
import type { MachinePorts } from '../emu/machine/machine.ts';

export class Doors implements MachinePorts {
  #inner: MachinePorts | undefined;

  /** Puts `ports` behind the doors, in place of any before. */
  connect(ports: MachinePorts): void {
    this.#inner = ports;
  }

  emit(output: Output): void {
    this.#connected().emit(output);
  }

  nondet(kind: number): bigint {
    return this.#connected().nondet(kind);
  }

  #connected(): MachinePorts {
    if (this.#inner === undefined) throw new Error('the machine used its doors before a session was connected');
    return this.#inner;
  }
}
