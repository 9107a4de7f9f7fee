/**
 * A replay that can be put back: the replay, its checkpoints, and the rule for when one is due.
 *
 * Invariant: there is a checkpoint at the beginning, and checkpoints are made of settled moments only. None is kept
 * that was made between the last proof of all state and a divergence. The one at power on is made of the images when
 * somebody goes back there: who opens a recording at its end does without. A recording that begins with a checkpoint
 * begins there.
 */

import type { Board } from '../../emu/machine/board.ts';
import { PageHistory } from '../../emu/machine/page-history.ts';
import { PageTable } from '../../emu/machine/page-table.ts';
import { maxOf } from '../../lib/bigint.ts';
import { type Tick, tick } from '../../lib/brands.ts';
import { FormatError } from '../../logformat/errors.ts';
import type { LogReader } from '../../logformat/reader.ts';
import { DivergenceError } from '../../session/divergence.ts';
import type { Doors } from '../../session/doors.ts';
import type { Checkpoint } from './checkpoint.ts';
import { CheckpointStore, type LoadableCheckpoint } from './checkpoint-store.ts';
import { History } from './history.ts';
import type { Listener } from './listener.ts';
import { LoggedCheckpoints } from './logged-checkpoints.ts';
import { type Arrival, Replay } from './replay.ts';
import { ReplayCost } from './replay-cost.ts';
import { firstOf } from './start.ts';

const POWER_ON = tick(0);
/** Speed of replay until it is measured, ticks a second. */
const REPLAY_GUESS = 5e7;
/** What it takes to restore a checkpoint from memory, about, nanoseconds. */
const RESTORE_NS = 4e6;
/** And to load one from the log first, until that is measured; the share of a new measurement. */
const LOAD_GUESS_NS = 1e8;
const LOAD_SMOOTHING = 0.3;

export interface RewindParts {
  /** As at power on, with `doors` for its ports. The replay's alone from now on. */
  readonly board: Board;
  readonly doors: Doors;
  readonly reader: LogReader;
  /** Host time, nanoseconds, for the pace of work alone: no state depends on it. */
  readonly nowNs: () => bigint;
}

export class Rewind {
  readonly history: History;
  readonly store: CheckpointStore;
  readonly cost = new ReplayCost(REPLAY_GUESS);
  readonly #replay: Replay;
  readonly #listener: Listener;
  readonly #keeper: PageHistory;
  readonly #logged: LoggedCheckpoints;
  /** Checkpoints not made here that have given the state they were made of. */
  readonly #proved = new WeakSet<Checkpoint>();
  readonly #nowNs: () => bigint;
  #loadNs = LOAD_GUESS_NS;
  /** Where the recording begins. */
  readonly start: Tick;
  /** Until the machine runs or is put somewhere else. */
  #atPowerOn = true;

  constructor({ board, doors, reader, nowNs }: RewindParts, listener: Listener, budgetBytes: number) {
    this.history = new History(reader);
    this.store = new CheckpointStore(budgetBytes);
    this.#listener = listener;
    this.#nowNs = nowNs;
    this.#replay = new Replay(board, doors, this.history, listener);
    this.#keeper = new PageHistory(board.ram.view, this.store.pages);
    board.ram.keeper = this.#keeper;
    this.#logged = new LoggedCheckpoints(this.history, board.ram.pages, (page) => this.store.pages.holds(page));
    const logged = this.#logged.list();
    const begin = reader.header.begins === undefined ? this.#powerOn() : firstOf(logged);
    this.start = begin.tick;
    this.store.setStart(begin);
    this.store.setLogged(logged);
    if (reader.header.begins !== undefined && !this.#tryRestore(this.start))
      throw new FormatError('the checkpoint that it begins with cannot be used');
  }

  get replay(): Replay {
    return this.#replay;
  }
  get tick(): Tick {
    return this.#replay.tick;
  }
  /** As Replay.settled. */
  get settled(): boolean {
    return this.#replay.settled;
  }

  run(to: Tick): Arrival {
    this.#atPowerOn = false;
    try {
      return this.#replay.run(to);
    } catch (error) {
      // What went wrong did so before it was noticed: what was made meanwhile may hold it.
      if (error instanceof DivergenceError) this.store.doubt(error.divergence.provedTick, this.tick);
      throw error;
    }
  }

  /** A checkpoint of this moment, which is settled. */
  make(pinned: boolean): Tick {
    const at = this.tick;
    if (this.store.lastAt(at) !== at) this.store.add(this.#capture());
    if (pinned) this.store.pin(at);
    return at;
  }

  /** Makes a checkpoint when replaying from the last one takes `spacingNs`, unless the next one is nearer than it. */
  makeIfDue(spacingNs: number): void {
    const at = this.tick;
    const last = this.store.lastAt(at);
    if (last === undefined || this.cost.between(last, at) < spacingNs || !this.settled) return;
    const next = this.store.firstAfter(at);
    if (next === undefined || next - at > at - last) this.make(false);
  }

  /** Puts the machine where it is quickest to replay from to `to`, which may be where it is. */
  approach(to: Tick): void {
    for (;;) {
      const kept = this.store.lastKeptAt(to);
      const any = this.store.lastAt(to)!;
      const fromKept = kept === undefined ? Number.POSITIVE_INFINITY : RESTORE_NS + this.cost.between(kept, to);
      const fromLog = any === kept ? Number.POSITIVE_INFINITY : this.#loadNs + this.cost.between(any, to);
      const fromHere = this.settled && this.tick <= to ? this.cost.between(this.tick, to) : Number.POSITIVE_INFINITY;
      if (fromHere <= Math.min(fromKept, fromLog)) return;
      const at = kept !== undefined && fromKept <= fromLog ? kept : any;
      const startNs = this.#nowNs();
      if (!this.#tryRestore(at)) this.store.forget(at);
      else {
        const took = Number(this.#nowNs() - startNs);
        if (at !== kept) this.#loadNs += (took - this.#loadNs) * LOAD_SMOOTHING;
        return;
      }
    }
  }

  /** The most ticks, and the most time of replay, from one checkpoint to the next or to the end. */
  widestGaps(): { readonly ticks: bigint; readonly ns: number } {
    const { ticks } = this.store;
    const ends = [...ticks.slice(1), this.history.end];
    const gaps = ticks.map((at, i) => ends[i]! - at);
    const costs = ticks.map((at, i) => this.cost.between(at, ends[i]!));
    return { ticks: gaps.reduce(maxOf, 0n), ns: Math.max(...costs) };
  }

  refresh(reader: LogReader): void {
    this.history.refresh(reader);
    this.store.setLogged(this.#logged.list());
    if (this.settled) this.#replay.reread();
    else this.approach(this.start);
  }

  /**
   * Puts the machine to the checkpoint at `at`. False when that is one of the log which is damaged, or which another
   * version's machine made.
   */
  #tryRestore(at: Tick): boolean {
    const { board } = this.#replay;
    const isLogged = at !== POWER_ON;
    try {
      const checkpoint = this.store.get(at);
      const { machine, pages, position, line } = checkpoint;
      if (this.#atPowerOn) this.#keeper.begin((page) => board.wasBlank(page));
      this.#atPowerOn = false;
      board.restore({ ...machine, pages });
      if (!this.#proves(checkpoint)) return false;
      this.#replay.place(position);
      this.#listener.lines.restore(line);
      return true;
    } catch (error) {
      const unusable = error instanceof FormatError || error instanceof TypeError || error instanceof RangeError;
      if (isLogged && unusable) return false;
      throw error;
    }
  }

  /** Whether the machine, which it was restored to, is in the state that it was made of. Pages learn their hashes. */
  #proves(checkpoint: Checkpoint): boolean {
    const { board } = this.#replay;
    const isMadeHere = checkpoint.digest === undefined && checkpoint.tick !== POWER_ON;
    if (isMadeHere || this.#proved.has(checkpoint)) return true;
    const digest = board.digest('all');
    if (checkpoint.digest !== undefined && checkpoint.digest !== digest) return false;
    this.#proved.add(checkpoint);
    this.#keeper.learnHashes();
    return true;
  }

  /** The machine as it is now, at power on. */
  #powerOn(): LoadableCheckpoint {
    const { board } = this.#replay;
    const rest = { machine: board.saveSmall(), position: this.#replay.position(), line: this.#listener.lines.save() };
    const at = this.tick;
    return { tick: at, load: () => ({ tick: at, ...rest, pages: board.powerOnPages() }) };
  }

  #capture(): Checkpoint {
    const { board } = this.#replay;
    board.engine.digestRam();
    const { pages, ...machine } = board.save();
    if (!(pages instanceof PageTable)) throw new Error('a snapshot without a page table');
    return { tick: this.tick, machine, pages, position: this.#replay.position(), line: this.#listener.lines.save() };
  }
}
