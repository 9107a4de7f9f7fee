/**
 * The replay under a timeline: one board, and over it a session and a replayer that are made anew whenever the machine
 * is put somewhere else. What a session keeps between two steps (that every hart waits, where time was skipped) follows
 * from the machine's state and is found again by its first step.
 *
 * Invariant: `settled` says that the state is that after exactly `tick` steps with no input of this tick applied, which
 * is a function of the tick alone.
 */

import type { Board } from '../../emu/machine/board.ts';
import type { Output } from '../../emu/machine/events.ts';
import type { Tick } from '../../lib/brands.ts';
import { type Divergence, DivergenceError } from '../../session/divergence.ts';
import type { Doors } from '../../session/doors.ts';
import type { Gate } from '../../session/gate.ts';
import { Replayer, type ReplayerState } from '../../session/replayer.ts';
import { Session } from '../../session/session.ts';
import type { InputRecord } from '../../session/translate.ts';
import { BEGINNING, type Cursor, type Place } from './cursor.ts';
import type { History } from './history.ts';
import type { Probe } from './probe.ts';
import { WatchedMachine } from './watched-machine.ts';

/** Where the replay is in the log; belongs to the machine's state at a tick. */
export interface ReplayPosition {
  readonly place: Place;
  readonly replayer: ReplayerState;
}

/** What is heard of a replay while it runs. */
export interface ReplayEars {
  /** What the guest gives out, with the first tick at which it has made it. */
  output(output: Output, tick: Tick): void;
  /** True stops before this input. */
  input(record: InputRecord): boolean;
}

/** 'there': the tick asked for. 'early': before it, because of a probe or `ReplayEars.input`. */
export type Arrival = 'there' | 'early';

export class Replay {
  readonly board: Board;
  readonly #doors: Doors;
  readonly #history: History;
  readonly #machine: WatchedMachine;
  readonly #ears: ReplayEars;
  #cursor!: Cursor;
  #replayer!: Replayer;
  #session!: Session;
  #lost: Divergence | undefined;

  /** `board` is as at power on, with `doors` for ports. */
  constructor(board: Board, doors: Doors, history: History, ears: ReplayEars) {
    this.board = board;
    this.#doors = doors;
    this.#history = history;
    this.#ears = ears;
    this.#machine = new WatchedMachine(board);
    this.place();
  }

  get tick(): Tick {
    return this.board.tick;
  }
  get settled(): boolean {
    return this.#machine.settled && this.#lost === undefined;
  }
  set probe(probe: Probe | undefined) {
    this.#machine.probe = probe;
  }

  /** The machine has been put where the log is at `position`; without one, at the beginning. */
  place(position?: ReplayPosition): void {
    const machine = this.#machine;
    const gate: Gate = { offer: (output, at) => this.#ears.output(output, at), marked: () => {} };
    this.#cursor = this.#history.from(position?.place ?? BEGINNING);
    const from = position === undefined ? {} : { from: position.replayer };
    this.#replayer = new Replayer({ machine, records: this.#cursor, gate, ...from });
    this.#replayer.stopBefore = (record) => this.#ears.input(record);
    this.#session = new Session(machine, this.#doors, this.#replayer, this.#replayer);
    this.#lost = undefined;
    machine.restored();
  }

  /** For `place` later, with the machine's state. The replay is settled. */
  position(): ReplayPosition {
    if (!this.settled) throw new Error(`a position at tick ${this.tick} in the midst of its inputs`);
    return { place: this.#cursor.placeAfter(this.#replayer.taken), replayer: this.#replayer.save() };
  }

  /** The recording has grown: what follows is read anew. */
  reread(): void {
    this.place(this.position());
  }

  /** Runs to `to`, or less. DivergenceError when the machine does not do what the log holds. */
  run(to: Tick): Arrival {
    if (this.#lost !== undefined) throw new DivergenceError(this.#lost);
    this.#replayer.until = to;
    for (;;) {
      const result = this.#session.step();
      if (result.kind === 'ran') {
        if (this.#machine.probe?.stopped === true) return 'early';
        continue;
      }
      if (result.kind === 'diverged') {
        this.#lost = result.divergence;
        throw new DivergenceError(result.divergence);
      }
      return this.tick < to ? 'early' : 'there';
    }
  }
}
