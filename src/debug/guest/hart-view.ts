/**
 * A hart's state bound to the vocabulary for looking, so that what is computed from it (CSRs that are views of others,
 * counters, the next step) is computed by the very bodies that the engines run. Invariant: it changes nothing. Fields
 * that a body sets are kept aside, for that body to read back; what it stores elsewhere is dropped.
 */

import type { Bus } from '../../emu/cpu/engine.ts';
import type { HartField } from '../../emu/cpu/hart-layout.ts';
import * as procs from '../../emu/cpu/priv/procs.ts';
import { Reference } from '../../emu/cpu/reference/binding.ts';
import type { Board } from '../../emu/machine/board.ts';
import { isDevice } from './physical.ts';

/** Devices are there and are not touched: one that is read gives 0. */
const untouchedBus: Bus = { has: isDevice, load: () => 0n, store: () => {}, nondet: () => 0n };

/** What is looked at of a machine. */
export type Seen = Pick<Board, 'memory' | 'layout'>;

export class HartView extends Reference {
  readonly #aside = new Map<HartField, bigint>();

  constructor(board: Seen, hart = 0) {
    super(board.memory, board.layout, untouchedBus, procs);
    this.hart = board.layout.hartAt(hart);
    // The guest's read of time asks the host under the exact clock; a look gives guest time as it stands.
    this.#aside.set('exactClock', 0n);
  }

  override get(field: HartField): bigint {
    return this.#aside.get(field) ?? super.get(field);
  }
  override set(field: HartField, v: bigint): void {
    this.#aside.set(field, v);
  }

  override setX(): void {}
  override setF(): void {}
  override hartStore(): void {}
  override hartFill(): void {}
  override ramStore(): void {}
  override setPageFlags(): void {}
  override setPageHash(): void {}
}
