/**
 * What the guest thread of a backup does that is kept in step by checkpoints: keeps the last whole state of the
 * primary's machine, and runs it when it is told to go live. It replays nothing and has no log.
 *
 *     following ── drain ──> rolled back to the last whole state, drained ── goLive ──> live
 *
 * Invariant: until `goLive` nothing goes to the main thread but what consoles had said by the last whole state.
 */

import { Board } from '../../emu/machine/board.ts';
import { Units } from '../../ft/guest/units.ts';
import { type Tick, tick } from '../../lib/brands.ts';
import { decodeFrame } from '../../logformat/frame.ts';
import { decodeHeader, type LogHeader } from '../../logformat/header.ts';
import { LogWriter } from '../../logformat/writer.ts';
import { ConsoleLines } from '../../session/console-lines.ts';
import { reissue } from '../../session/continue.ts';
import { Doors } from '../../session/doors.ts';
import { OpenGate } from '../../session/gate.ts';
import { configFromCbor } from '../../session/machine-config.ts';
import { ReceivedStates } from '../../session/received-states.ts';
import { Session } from '../../session/session.ts';
import type { TransferredState } from '../../session/state-frames.ts';
import { guestEntropy } from '../entropy.ts';
import { ImageReader, type KeptImages } from '../kept-images.ts';
import type { GuestEnd } from '../live/job.ts';
import { RunMeter } from '../live/run-meter.ts';
import { machineOf } from '../machine-of.ts';
import { zstd } from '../zstd.ts';
import { neverBegun } from './backup-orders.ts';
import type { StateJob } from './job.ts';
import { LiveSide } from './live-side.ts';
import { ReplicaRun } from './replica-run.ts';
import { encodeReport } from './ring-messages.ts';

/** The machine that is kept, and what it came from. */
interface Replica {
  readonly board: Board;
  readonly doors: Doors;
  readonly header: LogHeader;
  readonly states: ReceivedStates;
  readonly images: ImageReader;
  readonly kept: KeptImages;
  readonly meter: RunMeter;
}

export class StateRun extends ReplicaRun {
  readonly #job: StateJob;
  /** Frames behind the images that are not looked into yet. */
  #frames: Uint8Array[] = [];
  #header: LogHeader | undefined;
  #taken = -1;
  /** When the last whole state came. */
  #stateNs = 0n;
  #ended = false;

  constructor(job: StateJob) {
    super(job.shared);
    this.#job = job;
  }

  protected override receiveMachine(): LogHeader | undefined {
    while (!this.orders.inputs.stopAsked) {
      this.#takeFrames();
      const header = this.#header;
      if (header !== undefined && this.images.complete) return header;
      this.#tell(tick(0));
      this.orders.inputs.wait(undefined);
    }
    return undefined;
  }

  protected override withMachine(header: LogHeader, kept: KeptImages): GuestEnd {
    const replica = this.#replica(header, kept);
    const { states, meter, board } = replica;
    if (this.#follow(replica) === 'stopped') return { kind: 'stopped', totals: meter.totals() };
    if (states.last === undefined) throw neverBegun();
    const state = states.restore();
    if (this.#ended) return meter.endOf(board.halt === undefined ? ENDED : { kind: 'halted', halt: board.halt });
    this.sender.send(encodeReport({ kind: 'drained' }));
    if (!this.orders.untilLive()) return { kind: 'stopped', totals: meter.totals() };
    return meter.endOf(this.#goLive(replica, state).runToEnd());
  }

  #replica(header: LogHeader, kept: KeptImages): Replica {
    const images = new ImageReader(kept);
    const doors = new Doors();
    const board = machineOf(configFromCbor(header.machine), images.images, doors, this.#job.engine);
    if (!(board instanceof Board)) throw new Error('a state is of a board');
    images.giveBack();
    const meter = new RunMeter(board, this.#job.shared, () => this.outputs.consoleBytes);
    this.meter = meter;
    return { board, doors, header, states: new ReceivedStates(board, zstd), images, kept, meter };
  }

  /** Takes states as they come, until no more will. */
  #follow({ states, meter }: Replica): 'over' | 'stopped' {
    let at = tick(0);
    for (;;) {
      if (this.orders.inputs.stopAsked) return 'stopped';
      this.#takeFrames();
      for (const frame of this.#frames.splice(0)) {
        const state = states.take(frame);
        if (state === undefined) continue;
        this.#say(state);
        this.#stateNs = this.orders.receivedNs;
        at = decodeFrame(frame).firstTick;
      }
      this.#tell(at);
      meter.count();
      if (this.#ended || this.orders.draining) return 'over';
      this.orders.inputs.wait(undefined);
    }
  }

  #takeFrames(): void {
    this.orders.take((bytes) => {
      const { kind, sequence } = decodeFrame(bytes);
      this.#taken = sequence;
      if (kind === 'header') this.#header = decodeHeader(bytes, zstd);
      if (kind === 'header' || kind === 'image') this.images.add(bytes);
      else if (kind === 'checkpoint') this.#frames.push(bytes);
      else if (kind === 'end') this.#ended = true;
    });
  }

  /** What has left by this state, for whoever keeps it until the primary has reported it released. */
  #say({ said }: TransferredState): void {
    for (const { device, unit, bytes } of said)
      this.outputs.pass({ device, unit, output: { kind: 'console', device, bytes } });
    this.outputs.flush();
  }

  /** Frames count as executed when they are taken: a state may be of more than a buffer holds. */
  #tell(at: Tick): void {
    if (this.#taken >= 0)
      this.sender.send(encodeReport({ kind: 'executed', sequence: this.#taken, tick: at, digests: 0 }));
  }

  /** Guest time goes on as if it had not stopped since its state came. */
  #goLive({ board, doors, header, images, kept, meter }: Replica, { past }: TransferredState): Session {
    meter.goesLive();
    const { consoles, sender, outputs } = this;
    const live = new LiveSide({
      machine: board,
      header,
      log: new LogWriter({ write: () => {} }, zstd, header),
      images: kept,
      inputs: this.orders.inputs,
      consoles,
      sender,
      outputs,
      meter,
      shared: this.#job.shared,
      entropy: guestEntropy(this.#job.entropy, past.randomBytes),
      lines: new ConsoleLines(),
      inside: new Set(),
      followed: false,
      method: this.#job.method,
      between: () => images.giveBack(),
      units: new Units(past.units),
      timeNs: this.#stateNs,
    });
    this.orders.live = live;
    const session = new Session(board, doors, live.recorder, live.recorder);
    reissue(board, new OpenGate(live.direct));
    this.say({ kind: 'live', tick: board.tick });
    return session;
  }
}

const ENDED = { kind: 'ended' } as const;
