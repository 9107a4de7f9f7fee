/**
 * The probe for engines that give alerts: full speed up to a step that would do something that is asked for, and that
 * step by the plain probe, which says what it is. Registers are watched by the plain probe alone.
 */

import type { Alerts } from '../../emu/cpu/engine.ts';
import type { Board } from '../../emu/machine/board.ts';
import type { RunResult } from '../../emu/machine/machine.ts';
import { type Tick, tick } from '../../lib/brands.ts';
import type { Probe, ProbeFactory } from './probe.ts';
import { stepProbe } from './step-probe.ts';
import type { Hit, StopRequests } from './stops.ts';

export const alertProbe: ProbeFactory = (board, stops, after) => {
  const { alerts } = board.engine;
  const plain = stepProbe(board, stops, after);
  return alerts === undefined || (stops.registers?.length ?? 0) > 0
    ? plain
    : new AlertProbe(board, alerts, stops, plain);
};

const TRAPS = ['interrupt', 'exception', 'syscall', 'privilege'] as const;

class AlertProbe implements Probe {
  readonly #board: Board;
  readonly #alerts: Alerts;
  readonly #plain: Probe;
  readonly #watches: boolean;
  /** Memory was written by an input since the last step: that belongs to the step that comes. */
  #written = false;

  constructor(board: Board, alerts: Alerts, stops: StopRequests, plain: Probe) {
    this.#board = board;
    this.#alerts = alerts;
    this.#plain = plain;
    const { breakpoints = new Set(), watchpoints = [], events } = stops;
    this.#watches = watchpoints.length > 0;
    alerts.ask({
      breakpoints,
      memory: watchpoints,
      traps: new Set(TRAPS.filter((trap) => events?.has(trap) === true)),
    });
    const observer = board.ram.observer;
    board.ram.observer = (pa, length) => {
      this.#written = true;
      observer?.(pa, length);
    };
  }

  run(until: Tick): RunResult {
    for (;;) {
      if (!(this.#watches && this.#written)) {
        this.#alerts.arm(true);
        const result = this.#board.run(until);
        this.#alerts.arm(false);
        if (result !== 'alert') return result;
      }
      const at = this.#board.tick;
      if (at >= until) return this.#board.run(until);
      this.#written = false;
      const result = this.#plain.run(tick(at + 1n));
      if (this.#plain.stopped || result !== 'limit') return result;
    }
  }

  get stopped(): boolean {
    return this.#plain.stopped;
  }
  take(): readonly Hit[] {
    return this.#plain.take();
  }
  close(): void {
    this.#alerts.ask({ breakpoints: new Set(), memory: [], traps: new Set() });
    this.#plain.close();
  }
}
