/**
 * A guest that runs in no pair, on its thread, and comes to live at a side of one: between two steps its session is
 * given other doors, and everything else stays as it is: machine, clock, what waits to be delivered, and the log
 * that is being recorded. A guest that is not recorded is first copied, as it runs, into a log that begins with a
 * checkpoint.
 *
 *     in no pair ── order 'join' ──> [copied into its log] ── between two steps, 'joined' ──> as of any other side
 *
 * Invariant: 'joined' stands in the ring behind all that left before, and every output behind it has its number.
 */

import { Board } from '../../emu/machine/board.ts';
import type { Machine } from '../../emu/machine/machine.ts';
import { METHOD_DEFAULTS } from '../../ft/guest/method.ts';
import type { LogHeader } from '../../logformat/header.ts';
import type { LogWriter } from '../../logformat/writer.ts';
import { ConsoleLines } from '../../session/console-lines.ts';
import { Marks } from '../../session/marks.ts';
import type { Recorder } from '../../session/recorder.ts';
import type { FinalResult, Session } from '../../session/session.ts';
import type { CountedEntropy } from '../entropy.ts';
import type { KeptImages } from '../kept-images.ts';
import type { ConsoleQueue } from '../live/console-queue.ts';
import type { LiveSource } from '../live/live-source.ts';
import type { RingInputs } from '../live/ring-ports.ts';
import { RingSender } from '../live/ring-sender.ts';
import type { RunMeter } from '../live/run-meter.ts';
import type { SharedState } from '../live/shared-state.ts';
import { LogFileSink } from '../log-file-sink.ts';
import { ALL_FRAMES } from './acknowledged.ts';
import { Branch } from './branch.ts';
import type { LogFile } from './job.ts';
import { JoinedOutputs } from './joined-outputs.ts';
import { LiveSide } from './live-side.ts';
import { decodeOrder, encodeReport, type Order } from './ring-messages.ts';
import { outlive } from './side-run.ts';

export interface JoiningParts {
  readonly machine: Machine;
  /** Of the log that is recorded, or would be. */
  readonly header: LogHeader;
  readonly images: KeptImages;
  readonly inputs: RingInputs;
  readonly consoles: ConsoleQueue;
  readonly meter: RunMeter;
  readonly shared: SharedState;
  readonly entropy: CountedEntropy;
  readonly source: LiveSource;
  /** Undefined: the guest is not recorded. */
  readonly recorded: { readonly recorder: Recorder; readonly log: LogWriter; readonly sink: LogFileSink } | undefined;
  /** Called at the end of each slice. */
  readonly between: () => void;
  /** Everything that has left is in the ring when this returns. */
  readonly flush: () => void;
}

type JoinOrder = Extract<Order, { readonly kind: 'join' }>;

export class Joining {
  readonly #parts: JoiningParts;
  readonly #outputs: JoinedOutputs;
  readonly #sender: RingSender;
  #order: JoinOrder | undefined;
  /** Of a guest that is copied into its own log, and the log's file. */
  #copy: Branch | undefined;
  #sink: LogFileSink | undefined;
  #side: LiveSide | undefined;

  constructor(parts: JoiningParts) {
    this.#parts = parts;
    this.#sender = new RingSender(parts.shared);
    this.#outputs = new JoinedOutputs(this.#sender);
  }

  /** What the main thread says that is no input. */
  order(message: Uint8Array): void {
    const order = decodeOrder(message);
    if (order.kind === 'join') this.#order = order;
    else this.#side?.order(order);
  }

  /** There is more to copy: the thread does not block. */
  get busy(): boolean {
    return this.#side === undefined && this.#order !== undefined;
  }

  /** Bytes that went to consoles since the guest is at a side. */
  get consoleBytes(): bigint {
    return this.#outputs.consoleBytes;
  }

  /** As the session's `runToEnd`, on the way from one door to the other. */
  run(session: Session): FinalResult {
    const result = session.runUntil(() => {
      this.#work(session);
      return this.#side !== undefined;
    });
    const end = result ?? session.runToEnd();
    this.#outputs.flush();
    this.#sink?.sync();
    return end;
  }

  /** Between two steps of the session. */
  #work(session: Session): void {
    if (this.#order === undefined) return;
    const { recorded, machine } = this.#parts;
    if (recorded !== undefined) outlive(recorded.sink, this.#sender);
    const log = recorded?.log ?? this.#copied(this.#order);
    if (log === undefined) return;
    recorded?.recorder.settle(machine.tick);
    this.#side = this.#live(log, this.#order);
    session.connect(this.#side.recorder, this.#side.recorder);
  }

  #live(log: LogWriter, { inside }: JoinOrder): LiveSide {
    const { flush } = this.#parts;
    flush();
    this.#sender.send(encodeReport({ kind: 'joined' }));
    return new LiveSide({
      ...this.#parts,
      log,
      sender: this.#sender,
      outputs: this.#outputs,
      lines: new ConsoleLines(),
      inside: new Set(inside),
      followed: false,
      method: METHOD_DEFAULTS,
      // Of this tick everything is in the log, or in the state that it begins with.
      marks: new Marks(),
    });
  }

  /** A little of the copy; the log when it is whole, and begins where the machine stands. */
  #copied({ log }: JoinOrder): LogWriter | undefined {
    const { machine, meter } = this.#parts;
    if (log === undefined) throw new Error('a guest that is not recorded is to go on in its log');
    // A checkpoint is not of power on.
    if (machine.tick === 0n) return undefined;
    this.#sink ??= this.#own(log);
    meter.sink = this.#sink;
    this.#copy ??= this.#branch(this.#sink);
    this.#copy.guest.work();
    if (!this.#copy.guest.done) return undefined;
    this.#copy.giveBack();
    return this.#copy.log;
  }

  #own({ path, fd }: LogFile): LogFileSink {
    const sink = new LogFileSink(path, fd);
    outlive(sink, this.#sender);
    return sink;
  }

  #branch(sink: LogFileSink): Branch {
    const { machine, header, images, entropy } = this.#parts;
    if (!(machine instanceof Board)) throw new Error('a copy is made of a board');
    return new Branch({
      copy: 0,
      board: machine,
      header,
      images,
      withImages: false,
      past: () => ({ units: {}, randomBytes: entropy.given }),
      line: () => new Uint8Array(0),
      // A file holds what it is given.
      acknowledged: () => ALL_FRAMES,
      send: (report) => {
        if (report.kind === 'frame') sink.write(report.bytes);
      },
      references: undefined,
    });
  }
}
