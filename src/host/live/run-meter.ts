/**
 * How far a guest thread is: its totals, for the end, and the counters that the main thread looks at meanwhile.
 */

import type { Machine } from '../../emu/machine/machine.ts';
import { UNTOUCHED } from '../../emu/machine/operator.ts';
import type { LogWriter } from '../../logformat/writer.ts';
import type { FinalResult } from '../../session/session.ts';
import { monotonicNs } from '../clock.ts';
import type { GuestEnd, Totals } from './job.ts';
import type { LiveSource } from './live-source.ts';
import { Counters, type SharedState } from './shared-state.ts';

const COUNT_NS = 20_000_000n;

export class RunMeter {
  readonly #machine: Machine;
  readonly #counters: Counters;
  readonly #consoleBytes: () => bigint;
  /** The log that is written, and bytes of it in the file. */
  log: Pick<LogWriter, 'events'> | undefined;
  sink: { readonly size: number } | undefined;
  /** As in Totals. */
  keptFromTick: bigint | undefined;
  #live: LiveSource | undefined;
  #liveNs = monotonicNs();
  #liveTick = 0n;
  #countedNs = 0n;

  constructor(machine: Machine, shared: SharedState, consoleBytes: () => bigint) {
    this.#machine = machine;
    this.#counters = new Counters(shared.counters);
    this.#consoleBytes = consoleBytes;
  }

  /** The guest is live from here on. */
  goesLive(): void {
    this.#liveNs = monotonicNs();
    this.#liveTick = this.#machine.tick;
  }

  set live(live: LiveSource) {
    this.#live = live;
  }

  /** Host time since the guest is live, nanoseconds. */
  get elapsedNs(): bigint {
    return monotonicNs() - this.#liveNs;
  }
  /** The same without what was spent waiting. */
  get busyNs(): bigint {
    return this.elapsedNs - (this.#live?.idleNs ?? 0n);
  }

  totals(): Totals {
    const { tick: ticks, time } = this.#machine;
    return {
      ticks,
      fromTick: this.#liveTick,
      ...(this.keptFromTick === undefined ? {} : { keptFromTick: this.keptFromTick }),
      time,
      elapsedNs: this.elapsedNs,
      idleNs: this.#live?.idleNs ?? 0n,
      consoleBytes: this.#consoleBytes(),
      logBytes: this.sink?.size ?? 0,
      events: { ...this.log?.events },
    };
  }

  /** Brings the counters up to date, at most every 20 ms unless it `must`. */
  count(must = true): void {
    const now = monotonicNs();
    if (!must && now - this.#countedNs < COUNT_NS) return;
    this.#countedNs = now;
    const { ticks, time, events, logBytes, consoleBytes, idleNs } = this.totals();
    const records = Object.values(events).reduce((sum, count) => sum + BigInt(count), 0n);
    const { operator = UNTOUCHED } = this.#machine;
    this.#counters.set({ ticks, time, events: records, logBytes: BigInt(logBytes), consoleBytes, idleNs, operator });
  }

  /** How a run with this result ended. */
  endOf(result: FinalResult): GuestEnd {
    const totals = this.totals();
    switch (result.kind) {
      case 'halted':
        return { kind: 'halted', halt: result.halt, totals };
      case 'diverged':
        return { kind: 'diverged', divergence: result.divergence, totals };
      case 'ended': {
        const { halt } = this.#machine;
        return halt === undefined ? { kind: 'stopped', totals } : { kind: 'halted', halt, totals };
      }
    }
  }
}
