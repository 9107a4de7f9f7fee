/**
 * The guest of one side of a pair on its own thread, as the main thread sees it: starts the thread, hands on what it
 * reports in the order in which it reported it, and never waits for it nor makes it wait. One use each.
 *
 *     prepare ──> the thread loads what it needs, and waits ── run ──> the guest ──> over
 *     a guest that runs already ─────────────────────────────── goOn ──> the guest ──> over
 */

import type { Input, Output } from '../../emu/machine/events.ts';
import { Doorbell } from '../doorbell.ts';
import { GuestThread } from '../live/guest-thread.ts';
import { InputLine, type Voices } from '../live/input-line.ts';
import type { GuestEnd } from '../live/job.ts';
import type { RunningGuest } from '../live/live-guest.ts';
import { ControlWords, Counters, type Progress, type SharedState, sharedState } from '../live/shared-state.ts';
import { decodeOutput, encodeInput } from '../messages.ts';
import type { Inbox } from '../ports/port.ts';
import { RingReader } from '../ring.ts';
import { workerEntry } from '../worker-entry.ts';
import type { SideOfPairJob, WhenStarted } from './job.ts';
import { decodeReport, encodeOrder, type Order, type Report } from './ring-messages.ts';

const ENTRY = workerEntry('side', import.meta.url);
type Unshared<J> = J extends SideOfPairJob ? Omit<J, 'shared'> : never;
export type GuestJob = Unshared<SideOfPairJob>;
/** Messages are taken for this long before others on this thread have their turn: the network does not wait. */
const TURN_MS = 2;

export interface SideEars {
  report(report: Report): void;
  /** An output that is to be carried out at once. */
  direct(output: Output): void;
  /** The guest is live at this tick. */
  live(tick: bigint): void;
}

export class SideGuest {
  readonly #shared: SharedState;
  readonly #control: ControlWords;
  readonly #counters: Counters;
  readonly #guestBell: Doorbell;
  readonly #ownBell: Doorbell;
  readonly #reports: RingReader;
  readonly #line: InputLine;
  readonly #running: RunningGuest | undefined;
  readonly #ears: SideEars;
  readonly #stalledBy = new Set<string>();
  #thread: GuestThread<SideOfPairJob> | undefined;
  #ended = false;

  /** `running`: the guest runs already, and nobody else serves it. */
  constructor(ears: SideEars, running?: RunningGuest) {
    const shared = running?.shared ?? sharedState();
    const guestBell = new Doorbell(shared.guestBell);
    this.#ears = ears;
    this.#running = running;
    this.#shared = shared;
    this.#control = new ControlWords(shared.control);
    this.#counters = new Counters(shared.counters);
    this.#guestBell = guestBell;
    this.#ownBell = new Doorbell(shared.hostBell);
    this.#reports = running?.outputs ?? new RingReader(shared.toHost, () => guestBell.ring());
    this.#line = running?.inputs ?? new InputLine(shared);
  }

  get progress(): Progress {
    return this.#counters.get();
  }

  /** Starts the thread before it is known what it is to do: whoever waits has the time that this takes. */
  prepare(): void {
    this.#started(true);
  }

  /**
   * Runs the guest to its end; everything that it reported has been handed on then. Throws what ended the thread
   * otherwise, which is a defect of ours.
   */
  run(job: GuestJob): Promise<GuestEnd> {
    const thread = this.#started(false);
    return this.#served(thread.run({ ...job, shared: this.#shared }, { live: (tick) => this.#ears.live(tick) }));
  }

  /** As `run`, of a guest that runs already. */
  goOn(): Promise<GuestEnd> {
    if (this.#running === undefined) throw new Error('the guest does not run');
    return this.#served(this.#running.end);
  }

  async #served(end: Promise<GuestEnd>): Promise<GuestEnd> {
    const serving = this.#serve();
    try {
      return await Promise.race([end, serving.then(() => new Promise<never>(() => {}))]);
    } finally {
      this.#ended = true;
      this.#line.close();
      this.#ownBell.ring();
      await serving;
    }
  }

  order(order: Order): void {
    this.#line.send(encodeOrder(order));
  }

  input(input: Input): void {
    this.#line.send(encodeInput(input));
  }

  /** Where ports put what they have for the guest. */
  inbox(voices: Voices): Inbox {
    return this.#line.inbox(voices);
  }

  /** The guest stands still while anybody asks for it. */
  stall(who: string, stalled: boolean): void {
    if (stalled) this.#stalledBy.add(who);
    else this.#stalledBy.delete(who);
    this.#control.stalled = this.#stalledBy.size > 0;
    this.#guestBell.ring();
  }

  /** The guest comes to a stop at the end of a slice and tells 'quiet' with this number; it goes on at `resume`. */
  quiesce(number: number): void {
    this.#control.quiesced = true;
    this.order({ kind: 'quiesce', number });
  }

  /** The guest's thread tells 'covered' with this number when who follows has been given all inputs before. */
  cover(number: number): void {
    this.order({ kind: 'cover', number });
  }

  resume(): void {
    this.#control.quiesced = false;
    this.#guestBell.ring();
  }

  /** Frames that the backup has acknowledged: a guest may wait for that. */
  acknowledged(frames: number): void {
    this.#control.acknowledged = frames;
    if (this.#control.awaited) this.#guestBell.ring();
  }

  share(share: number): void {
    this.#control.share = share;
  }

  /** Ends a thread that was prepared and is not to run. */
  async dismiss(): Promise<void> {
    await this.#thread?.dismiss();
  }

  /** The guest is to end where it stands; `run` tells when it has. */
  stop(): void {
    this.#control.askStop();
    this.#guestBell.ring();
  }

  async #serve(): Promise<void> {
    while (!this.#ended || this.#reports.used > 0) {
      const seen = this.#ownBell.rings;
      this.#takeSome();
      this.#line.pump();
      if (this.#reports.used > 0) await new Promise((done) => setImmediate(done));
      else if (!this.#ended) await this.#ownBell.rung(seen);
    }
  }

  #takeSome(): void {
    for (const until = performance.now() + TURN_MS; performance.now() < until; ) {
      const message = this.#reports.read();
      if (message === undefined) return;
      const report = decodeReport(message);
      if (report === undefined) this.#ears.direct(decodeOutput(message));
      else this.#ears.report(report);
    }
  }

  #started(early: boolean): GuestThread<SideOfPairJob> {
    const whenStarted: WhenStarted = { early };
    this.#thread ??= new GuestThread(ENTRY, whenStarted);
    return this.#thread;
  }
}
