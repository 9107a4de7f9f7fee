/**
 * One side of a comparison as it runs: a machine that is given the inputs of a recording, whatever it does with them.
 * It goes forward, is marked, and goes back to marks.
 *
 * Invariant: at tick `t` it stands after exactly `t` steps, with what goes in at tick `t` not given yet.
 */

import type { Board } from '../../emu/machine/board.ts';
import type { Output } from '../../emu/machine/events.ts';
import type { MachineState } from '../../emu/machine/machine.ts';
import { PageHistory } from '../../emu/machine/page-history.ts';
import { type Tick, tick } from '../../lib/brands.ts';
import type { Doors } from '../../session/doors.ts';
import type { Gate } from '../../session/gate.ts';
import { Session } from '../../session/session.ts';
import { BEGINNING, type History, type Place } from '../timeline/history.ts';
import { type Fault, type OnDigest, RunSource, Stuck } from './run-source.ts';

export interface RunParts {
  /** At tick 0, or where `place` is. */
  readonly board: Board;
  /** The ports that `board` was made with. */
  readonly doors: Doors;
  readonly history: History;
  readonly place?: Place;
  /** Happens each time the run comes to its tick. */
  readonly fault?: Fault | undefined;
}

/** Hears of what leaves; told where a run was by what it gave then, it is as it was. */
export interface Listener {
  hear(output: Output, at: Tick): void;
  mark(): unknown;
  back(to: unknown): void;
}

/** Where a run was, with all that it takes to be there again. */
export interface Mark {
  readonly tick: Tick;
  readonly state: MachineState;
  readonly place: Place;
  readonly ended: string | undefined;
  /** As the listener gave it. */
  readonly heard: unknown;
}

export class Run {
  readonly board: Board;
  readonly #doors: Doors;
  readonly #history: History;
  readonly #fault: Fault | undefined;
  readonly #gate: Gate;
  #source: RunSource;
  #session: Session;
  #ended: string | undefined;
  listener: Listener | undefined;

  constructor({ board, doors, history, place = BEGINNING, fault }: RunParts) {
    this.board = board;
    // Marks share the pages that have not changed in between.
    board.ram.keeper ??= new PageHistory(board.ram.view);
    this.#doors = doors;
    this.#history = history;
    this.#fault = fault;
    this.#gate = { offer: (output, at) => this.listener?.hear(output, at), marked: () => {} };
    this.#source = new RunSource(history, place, fault);
    this.#session = new Session(board, doors, this.#source, this.#gate);
  }

  get now(): Tick {
    return this.board.tick;
  }
  /** The last tick that the recording reaches. */
  get limit(): Tick {
    return this.#history.end;
  }
  /** Why it goes no further; undefined while it may. */
  get ended(): string | undefined {
    return this.#ended;
  }

  /** Runs to `until`, or as far as it comes, no further than the recording; gives the tick. Blocks. */
  to(until: bigint, onDigest?: OnDigest): Tick {
    const goal = until < this.limit ? until : this.limit;
    this.#advance(tick(goal), onDigest);
    if (this.now === this.limit) this.#ended ??= 'the recording ends here';
    return this.now;
  }

  mark(): Mark {
    this.board.engine.digestRam();
    const { place } = this.#source;
    const heard = this.listener?.mark();
    return { tick: this.now, state: this.board.save(), place, ended: this.#ended, heard };
  }

  /** `mark` is of this run, or of another of a like machine over the same recording that is listened to alike. */
  back({ state, place, ended, heard, tick: at }: Mark): void {
    this.board.restore(state);
    // A mark is taken after the fault of its tick.
    const fault = this.#fault?.tick === at ? undefined : this.#fault;
    this.#source = new RunSource(this.#history, place, fault);
    this.#session = new Session(this.board, this.#doors, this.#source, this.#gate);
    this.#ended = ended;
    this.listener?.back(heard);
  }

  #advance(until: Tick, onDigest: OnDigest | undefined): void {
    this.#source.until = until;
    this.#source.onDigest = onDigest;
    try {
      while (this.#ended === undefined) {
        const result = this.#session.step();
        if (result.kind === 'halted') this.#ended = 'the guest has stopped';
        if (result.kind !== 'ran') break;
      }
    } catch (error) {
      if (!(error instanceof Stuck)) throw error;
      this.#ended = error.message;
    }
  }
}
