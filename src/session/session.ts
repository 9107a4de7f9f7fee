/**
 * Drives a machine between its two doors: ask the source what happens now, apply it, run, let outputs go to the gate.
 * There is one such loop for run, record, replay and FT; they differ in the source and the gate alone, and these may be
 * exchanged between two steps (`connect`).
 *
 * Invariant: whatever happens to the machine is decided by the source's answers and the machine's own state, so that
 * the same answers give the same history.
 */

import type { Halt, Input, Output } from '../emu/machine/events.ts';
import type { Machine } from '../emu/machine/machine.ts';
import { type Tick, tick } from '../lib/brands.ts';
import { type Divergence, DivergenceError } from './divergence.ts';
import type { Doors } from './doors.ts';
import type { Gate } from './gate.ts';
import type { InputSource, Moment } from './source.ts';

/**
 * 'ran': call again. 'starved': the source does not know yet what happens here; nothing has been done, call again when
 * it may. The others are final for this source: the guest halted, the source ended, the replay diverged.
 */
export type StepResult = { readonly kind: 'ran' } | { readonly kind: 'starved' } | FinalResult;

export type FinalResult =
  | { readonly kind: 'halted'; readonly halt: Halt }
  | { readonly kind: 'ended' }
  | { readonly kind: 'diverged'; readonly divergence: Divergence };

const RAN: StepResult = { kind: 'ran' };
const STARVED: StepResult = { kind: 'starved' };

export class Session {
  readonly machine: Machine;
  #source: InputSource;
  #gate: Gate;
  /** Every hart waited when the last run came back, and nothing has been applied since. */
  #idle = false;
  /** Where virtual time was last skipped. */
  #skippedAt: Tick | undefined;
  #running = false;

  /** `doors` are the ports `machine` was built with. */
  constructor(machine: Machine, doors: Doors, source: InputSource, gate: Gate) {
    this.machine = machine;
    this.#source = source;
    this.#gate = gate;
    doors.connect({
      emit: (output) => this.#emit(output),
      nondet: (kind) => this.#source.nondet(kind, this.machine.tick),
    });
  }

  /** Exchanges source and gate between two steps, as going live does. */
  connect(source: InputSource, gate: Gate): void {
    this.#source = source;
    this.#gate = gate;
  }

  /** One question to the source and the run it grants. A source that ends sees no further question. */
  step(): StepResult {
    try {
      return this.#step();
    } catch (error) {
      if (error instanceof DivergenceError) return { kind: 'diverged', divergence: error.divergence };
      throw error;
    } finally {
      this.#running = false;
    }
  }

  /**
   * Steps until the result is final. Blocks: for replay and tests; a live host calls `step` from its own loop. Not for
   * a source that starves.
   */
  runToEnd(): FinalResult {
    return this.runUntil(() => false)!;
  }

  /** As `runToEnd`; undefined when `isDue`, which is asked after each step. Doors may be exchanged there. */
  runUntil(isDue: () => boolean): FinalResult | undefined {
    for (;;) {
      const result = this.step();
      if (result.kind === 'starved') throw new Error('nobody is there to feed the source');
      if (result.kind !== 'ran') return result;
      if (isDue()) return undefined;
    }
  }

  get moment(): Moment {
    const { tick, time, nextTimer } = this.machine;
    return { tick, time, nextTimer, state: this.#state() };
  }

  #apply(input: Input): void {
    try {
      this.machine.apply(input);
    } catch (error) {
      this.#source.applyFailed?.(input, error);
      throw error;
    }
  }

  #state(): Moment['state'] {
    if (this.machine.halt !== undefined) return 'halted';
    if (!this.#idle) return 'running';
    return this.#canSkip() ? 'skipping' : 'waiting';
  }

  #step(): StepResult {
    const machine = this.machine;
    const now = this.moment;
    const grant = this.#source.next(now);
    if (grant === 'starved') return STARVED;
    if (machine.halt !== undefined) return { kind: 'halted', halt: machine.halt };
    if (grant === 'end') return { kind: 'ended' };
    if (grant.until < now.tick) throw new Error(`source granted tick ${grant.until} at tick ${now.tick}`);
    for (const input of grant.inputs) this.#apply(input);
    if (grant.inputs.length > 0) this.#idle = false;
    if (grant.until === now.tick) return RAN;
    if (now.state === 'skipping' && this.#idle) this.#skip(now.tick);
    this.#running = true;
    const result = machine.run(grant.until);
    this.#running = false;
    this.#idle = result === 'idle';
    return RAN;
  }

  /** Nothing pending outside and a timer armed: a function of machine state alone. */
  #canSkip(): boolean {
    const { config, nextTimer } = this.machine;
    return config.clock === 'ticks' && nextTimer !== undefined && this.machine.pendingRequests().length === 0;
  }

  /** The timer that time moved to must wake a hart: waiting on at the same tick would never end. */
  #skip(at: Tick): void {
    if (this.#skippedAt === at || !this.machine.skipIdle())
      throw new Error(`idle time at tick ${at} cannot be skipped`);
    this.#skippedAt = at;
  }

  /** An output of the step that is being made is there one tick later; one made by an input is there now. */
  #emit(output: Output): void {
    this.#gate.offer(output, tick(this.machine.tick + (this.#running ? 1n : 0n)));
  }
}
