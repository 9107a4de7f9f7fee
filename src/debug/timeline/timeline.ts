/**
 * A recording as a place to move about in. `now` is a tick, and the machine is in the state after exactly that many
 * steps, with the inputs recorded at that tick not applied yet; so a tick always means one state, however it is
 * reached.
 *
 * Moving is replaying from the checkpoint before. Checkpoints are made on the way, spaced so that the replay from one
 * to the next takes about `seekNs`; going backwards leaves some close behind, for the next step backwards.
 *
 * Invariant: between two operations the machine is at `now`, or the last operation failed and the next one restores it.
 */

import type { Board } from '../../emu/machine/board.ts';
import { maxOf, minOf } from '../../lib/bigint.ts';
import { type Tick, tick } from '../../lib/brands.ts';
import { UserError } from '../../lib/errors.ts';
import type { LogReader } from '../../logformat/reader.ts';
import { alertProbe } from './alert-probe.ts';
import type { CheckpointInfo } from './checkpoint.ts';
import { byBackwards, byForwards } from './hit-order.ts';
import { Listener } from './listener.ts';
import { Interrupted, type Pace } from './pace.ts';
import { needsProbe, type ProbeFactory } from './probe.ts';
import { Rewind, type RewindParts } from './rewind.ts';
import { Speed } from './speed.ts';
import type { Hit, Stop, StopRequests } from './stops.ts';

export type { CheckpointInfo } from './checkpoint.ts';
export { Interrupted, type Pace, type Progress } from './pace.ts';
export type { Stop, StopEvent, StopReason, StopRequests, Watchpoint } from './stops.ts';

export interface TimelineParts extends RewindParts {
  /** A reader of the same recording as it is when it is called; for `refresh`. */
  readonly reopen?: () => LogReader;
  /** Memory for checkpoints; 1 GiB when left out. */
  readonly memoryBudgetBytes?: number;
  /** Host time that the replay from one checkpoint to the next is to take, nanoseconds; 0.25 s when left out. */
  readonly seekNs?: number;
  /** How steps are watched; one by one when left out. */
  readonly probe?: ProbeFactory;
}

/** The bound of a seek as things stand. */
export interface SeekCost {
  /** Ticks to replay at most, to any tick of the recording. */
  readonly ticks: bigint;
  /** Speed of replay on the average, as measured. */
  readonly ticksPerSecond: number;
  /** Time of replay at most, as measured where it was gone through. */
  readonly seconds: number;
}

const BUDGET_BYTES = 1 << 30;
const SEEK_NS = 250_000_000;
/** Work between two looks at the pace, nanoseconds. */
const PAUSE_NS = 20_000_000n;
/** Length of a stretch that runs without a look at the clock, nanoseconds. */
const SLICE_NS = 5_000_000;
/** Speeds until they are measured, ticks a second. */
const REPLAY_GUESS = 5e7;
const PROBE_GUESS = 1e5;
/** Going backwards leaves checkpoints up to about this close to where it ends, nanoseconds of replay. */
const NEAR_NS = 2_000_000;

export class Timeline {
  readonly board: Board;
  readonly #parts: TimelineParts;
  readonly #rewind: Rewind;
  readonly #listener: Listener;
  readonly #probe: ProbeFactory;
  readonly #replaying = new Speed(REPLAY_GUESS);
  readonly #probing = new Speed(PROBE_GUESS);
  #lookedNs: bigint;

  constructor(parts: TimelineParts) {
    this.board = parts.board;
    this.#parts = parts;
    this.#probe = parts.probe ?? alertProbe;
    this.#listener = new Listener(parts.reader.header.terminal);
    this.#rewind = new Rewind(parts, this.#listener, parts.memoryBudgetBytes ?? BUDGET_BYTES);
    this.#lookedNs = parts.nowNs();
  }

  get now(): Tick {
    return this.board.tick;
  }
  /** 0, unless it begins with a checkpoint. */
  get start(): Tick {
    return this.#rewind.start;
  }
  /** Last tick that the recording reaches. */
  get end(): Tick {
    return this.#rewind.history.end;
  }

  get checkpoints(): readonly CheckpointInfo[] {
    return this.#rewind.store.infos;
  }

  get seekCost(): SeekCost {
    const { ticks, ns } = this.#rewind.widestGaps();
    return { ticks, ticksPerSecond: this.#rewind.cost.ticksPerSecond, seconds: ns / 1e9 };
  }

  /** Makes a checkpoint of this moment, which stays. */
  checkpoint(): Tick {
    return this.#rewind.make(true);
  }

  /** Sees what has been added to a recording that is still written; gives its end now. */
  refresh(): Tick {
    const reader = this.#parts.reopen?.();
    if (reader !== undefined) this.#rewind.refresh(reader);
    return this.end;
  }

  /**
   * Goes to a tick. UserError 'no-such-tick' when the recording does not reach it; Interrupted; DivergenceError when
   * the machine does not do what the log holds.
   */
  async seek(to: Tick, pace?: Pace): Promise<void> {
    if (to < this.start || to > this.end) {
      const what = `the recording has no tick ${to}: it goes from ${this.start} to ${this.end}`;
      throw new UserError('no-such-tick', what, 'name a tick that it has');
    }
    await this.#go(to, this.#looking(pace, to), to < this.now);
  }

  /** Goes on to the first stop after `now`, or to `limit`. Rejects as `seek` does. */
  async forward(stops: StopRequests, limit: Tick, pace?: Pace): Promise<Stop> {
    const from = this.now;
    const to = tick(minOf(limit, this.end));
    const look = this.#looking(pace, to);
    if (!this.#rewind.settled) await this.#go(from, look, false);
    const first = (hits: readonly Hit[]): boolean => hits.length > 0;
    const [hit] = (await this.#scan(to, stops, from, look, first)).sort(byForwards);
    if (hit !== undefined) {
      await this.#go(hit.forwards, look, false);
      return { ...hit.reason, tick: this.now };
    }
    const { pc } = this.board;
    const atLimit = this.now > from && stops.breakpoints?.has(pc) === true;
    return { ...(atLimit ? { kind: 'breakpoint', pc } : { kind: 'limit' }), tick: this.now };
  }

  /** Goes back to the last stop before `now`, or to `limit`. Rejects as `seek` does. */
  async backward(stops: StopRequests, limit: Tick, pace?: Pace): Promise<Stop> {
    const from = this.now;
    const last = tick(maxOf(limit, this.start));
    const look = this.#looking(pace, last);
    for (let high = from; high > last; ) {
      const before = this.#rewind.store.lastAt(tick(high - 1n))!;
      const low = tick(maxOf(before, last));
      await this.#go(low, look, false);
      const all = await this.#scan(high, stops, tick(low - 1n), look, () => false);
      const hit = all
        .filter(({ backwards }) => backwards >= last && backwards < from)
        .sort(byBackwards)
        .at(-1);
      if (hit !== undefined) {
        await this.#go(hit.backwards, look, true);
        return { ...hit.reason, tick: this.now };
      }
      high = low;
    }
    await this.#go(tick(minOf(last, from)), look, true);
    return { kind: 'limit', tick: this.now };
  }

  /** Goes to `to`; with `back` it leaves checkpoints shortly before it. */
  async #go(to: Tick, look: Look, back: boolean): Promise<void> {
    const rewind = this.#rewind;
    rewind.approach(to);
    if (back) {
      const closest = this.#replaying.ticksIn(NEAR_NS);
      for (let left = (to - this.now) / 4n; left >= closest; left /= 4n) {
        await this.#run(tick(to - left), this.#replaying, look, () => false);
        rewind.make(false);
      }
    }
    await this.#run(to, this.#replaying, look, () => false);
  }

  /** Runs to `to` with stops asked for; gives the hits, and ends early when `enough` says so of them. */
  async #scan(
    to: Tick,
    stops: StopRequests,
    after: Tick,
    look: Look,
    enough: (hits: readonly Hit[]) => boolean,
  ): Promise<Hit[]> {
    const probe = needsProbe(stops) ? this.#probe(this.board, stops, after) : undefined;
    const hits: Hit[] = [];
    this.#listener.listen(stops, after);
    this.#rewind.replay.probe = probe;
    try {
      await this.#run(to, probe === undefined ? this.#replaying : this.#probing, look, () => {
        hits.push(...this.#listener.take(), ...(probe?.take() ?? []));
        return enough(hits);
      });
    } finally {
      this.#listener.rest();
      this.#rewind.replay.probe = undefined;
      probe?.close();
    }
    return hits;
  }

  /** Runs to `to` in slices, making checkpoints where they are due; until `done` says so after one. */
  async #run(to: Tick, speed: Speed, look: Look, done: () => boolean): Promise<void> {
    const { nowNs, seekNs = SEEK_NS } = this.#parts;
    while (this.now < to) {
      const from = this.now;
      const slice = tick(from + speed.ticksIn(SLICE_NS));
      const fromNs = nowNs();
      this.#rewind.run(tick(minOf(slice, to)));
      const ns = Number(nowNs() - fromNs);
      speed.add(this.now - from, ns);
      if (speed === this.#replaying) this.#rewind.cost.add(from, this.now, ns);
      if (done()) return;
      this.#rewind.makeIfDue(seekNs);
      await look();
    }
  }

  #looking(pace: Pace | undefined, to: Tick): Look {
    const from = this.now;
    return async () => {
      if (pace === undefined || this.#parts.nowNs() - this.#lookedNs < PAUSE_NS) return;
      const goOn = await pace.pause({ at: this.now, from, to });
      this.#lookedNs = this.#parts.nowNs();
      if (!goOn) throw new Interrupted(`interrupted at tick ${this.now}`);
    };
  }
}

/** Lets the world in when it is time to; rejects with Interrupted. */
type Look = () => Promise<void>;
