/**
 * A test aid: lets a replay run as it is, except that one bit of the guest's state flips at a tick. It shows that a
 * machine which differs from the recorded one by a single bit does not go unnoticed.
 */

import type { Machine } from '../emu/machine/machine.ts';
import type { Tick } from '../lib/brands.ts';
import type { Grant, InputSource, Moment } from '../session/source.ts';

/** The lowest bit of a register that the firmware, or a bare guest, keeps for long. */
const FIELD = 'mscratch';

export class FaultSource implements InputSource {
  readonly #inner: InputSource;
  readonly #machine: Machine;
  readonly #at: Tick;
  #done = false;

  /** A tick that the replay never comes to changes nothing. */
  constructor(inner: InputSource, machine: Machine, at: Tick) {
    this.#inner = inner;
    this.#machine = machine;
    this.#at = at;
  }

  next(now: Moment): Grant | 'end' | 'starved' {
    if (!this.#done && now.tick >= this.#at) this.#flip();
    const grant = this.#inner.next(now);
    if (typeof grant === 'string' || this.#done || grant.until <= this.#at) return grant;
    return { inputs: grant.inputs, until: this.#at };
  }

  nondet(kind: number, tick: Tick): bigint {
    return this.#inner.nondet(kind, tick);
  }

  applyFailed(...args: Parameters<NonNullable<InputSource['applyFailed']>>): void {
    this.#inner.applyFailed?.(...args);
  }

  #flip(): void {
    this.#done = true;
    const state = this.#machine.save();
    const [hart, ...others] = state.harts;
    const value = hart?.[FIELD];
    if (typeof value !== 'bigint') throw new Error(`the hart has no field ${FIELD}`);
    this.#machine.restore({ ...state, harts: [{ ...hart, [FIELD]: value ^ 1n }, ...others] });
  }
}
