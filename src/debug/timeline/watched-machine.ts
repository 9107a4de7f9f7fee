/**
 * The machine as the session of a timeline has it: the board, whose runs go through a probe while there is one. It also
 * knows whether inputs of the present tick have been applied, which the machine itself does not show.
 */

import type { Board } from '../../emu/machine/board.ts';
import type { Halt, Input, Output } from '../../emu/machine/events.ts';
import type { Machine, MachineConfig, MachineState, RunResult } from '../../emu/machine/machine.ts';
import type { Operator } from '../../emu/machine/operator.ts';
import type { Tick } from '../../lib/brands.ts';
import type { Probe } from './probe.ts';

export class WatchedMachine implements Machine {
  probe: Probe | undefined;
  readonly #board: Board;
  #inputAt: Tick | undefined;

  constructor(board: Board) {
    this.#board = board;
  }

  /** Nothing has happened at this tick yet. */
  get settled(): boolean {
    return this.#inputAt !== this.#board.tick;
  }

  run(until: Tick): RunResult {
    return this.probe === undefined ? this.#board.run(until) : this.probe.run(until);
  }
  apply(input: Input): void {
    this.#inputAt = this.#board.tick;
    this.#board.apply(input);
  }
  skipIdle(): boolean {
    this.#inputAt = this.#board.tick;
    return this.#board.skipIdle();
  }
  /** Forgets what was applied: the machine has been put somewhere else. */
  restored(): void {
    this.#inputAt = undefined;
  }

  get config(): MachineConfig {
    return this.#board.config;
  }
  get tick(): Tick {
    return this.#board.tick;
  }
  get time(): bigint {
    return this.#board.time;
  }
  get halt(): Halt | undefined {
    return this.#board.halt;
  }
  get operator(): Operator {
    return this.#board.operator;
  }
  get pc(): bigint {
    return this.#board.pc;
  }
  get nextTimer(): bigint | undefined {
    return this.#board.nextTimer;
  }
  consoleRoom(device: string): number {
    return this.#board.consoleRoom(device);
  }
  packetRoom(device: string): number | undefined {
    return this.#board.packetRoom(device);
  }
  pendingRequests(): readonly Output[] {
    return this.#board.pendingRequests();
  }
  digest(scope: 'all' | 'small'): string {
    return this.#board.digest(scope);
  }
  save(): MachineState {
    return this.#board.save();
  }
  restore(state: MachineState): void {
    this.#board.restore(state);
  }
}
