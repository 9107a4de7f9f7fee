/**
 * The moment in which a hart has taken an interrupt and not yet made the handler's first step. No tick is its address:
 * taking an interrupt is no step, so the machine goes through it on the way from tick `t` to `t + 1`. A breakpoint at a
 * handler's first instruction stands there. It is shown as the machine at `t` with the registers that the interrupt has
 * set by `t + 1`.
 */

import { type Tick, tick } from '../../lib/brands.ts';
import { csrNames, readRegisters } from '../guest/registers.ts';
import type { Pace, Timeline } from '../timeline/timeline.ts';

/** What taking an interrupt sets, besides pc. */
const SET = /^(priv|[ms](status|epc|cause|tval))$/;
const NAMES: readonly string[] = ['priv', ...csrNames].filter((name) => SET.test(name));

export class InterruptEntry {
  readonly tick: Tick;
  /** Of the handler's first instruction. */
  readonly pc: bigint;
  readonly #registers: ReadonlyMap<string, bigint>;

  private constructor(at: Tick, pc: bigint, registers: ReadonlyMap<string, bigint>) {
    this.tick = at;
    this.pc = pc;
    this.#registers = new Map([...registers, ['pc', pc]]);
  }

  /** The one that comes at `now`, where the timeline still stands afterwards. */
  static async of(timeline: Timeline, pc: bigint, hart: number, pace?: Pace): Promise<InterruptEntry> {
    const { now } = timeline;
    await timeline.seek(tick(now + 1n), pace);
    const registers = readRegisters(timeline.board, NAMES, hart);
    await timeline.seek(now);
    return new InterruptEntry(now, pc, registers);
  }

  /** Undefined: as it is without the interrupt. */
  register(name: string): bigint | undefined {
    return this.#registers.get(name);
  }
}
