/**
 * A replay made in another way than the recording: stopped at ticks of the caller's choice, saved and put into a new
 * machine there, gone on with by another engine, or whatever the caller does to the machine that should not matter.
 * Every output and digest of the recording is compared all the same.
 */

import type { EngineFactory } from '../../src/emu/cpu/engine.ts';
import { Board } from '../../src/emu/machine/board.ts';
import type { Machine, MachineImages } from '../../src/emu/machine/machine.ts';
import type { EngineName } from '../../src/host/guest-options.ts';
import { openRecording } from '../../src/host/log-file-source.ts';
import { machineOf } from '../../src/host/machine-of.ts';
import { recordedConfig, recordedImages } from '../../src/host/recorded-machine.ts';
import { type Tick, tick } from '../../src/lib/brands.ts';
import { Doors } from '../../src/session/doors.ts';
import { ClosedGate } from '../../src/session/gate.ts';
import { Replayer } from '../../src/session/replayer.ts';
import { Session, type StepResult } from '../../src/session/session.ts';
import type { Grant, InputSource, Moment } from '../../src/session/source.ts';

export interface Turn {
  readonly at: bigint;
  /** An engine: a new machine with it takes the state over. */
  readonly engine?: EngineName | EngineFactory;
  /** With neither the run is only cut. */
  readonly does?: (board: Board) => void;
}

export interface VariedEnd {
  readonly result: Exclude<StepResult, { kind: 'ran' }>;
  readonly ticks: bigint;
  readonly text: string;
}

/** `turns` in order of their ticks. */
export function variedReplay(file: string, turns: readonly Turn[], until?: bigint): VariedEnd {
  const recording = openRecording(file);
  const { reader } = recording;
  try {
    const doors = new Doors();
    const config = recordedConfig(reader);
    const images = Object.fromEntries(
      Object.entries(recordedImages(reader, {})).map(([role, { bytes }]) => [role, bytes]),
    ) as MachineImages;
    const boardWith = (engine: EngineName | EngineFactory): Board =>
      typeof engine === 'string'
        ? (machineOf(config, images, doors, engine) as Board)
        : new Board(config, images, doors, engine);
    const machine = new Exchangeable(boardWith('interpreter'));
    let text = '';
    const shown = new ClosedGate({
      deliver: (output) => {
        if (output.kind === 'console') text += Buffer.from(output.bytes).toString('latin1').replaceAll('\r', '');
      },
    });
    const untilPart = until === undefined ? {} : { until: tick(until) };
    const replayer = new Replayer({ machine, records: reader.records(), gate: shown, ...untilPart });
    const turned = new Turned(replayer, turns, ({ engine, does }) => {
      if (engine !== undefined) machine.exchange(boardWith(engine));
      does?.(machine.board);
    });
    const result = new Session(machine, doors, turned, replayer).runToEnd();
    return { result, ticks: machine.tick, text };
  } finally {
    recording.close();
  }
}

/** Stops the replay at each turn's tick and takes the turn before anything else happens there. */
class Turned implements InputSource {
  readonly #inner: InputSource;
  readonly #turns: Turn[];
  readonly #take: (turn: Turn) => void;

  constructor(inner: InputSource, turns: readonly Turn[], take: (turn: Turn) => void) {
    this.#inner = inner;
    this.#turns = [...turns];
    this.#take = take;
  }

  next(now: Moment): Grant | 'end' | 'starved' {
    for (let turn = this.#turns[0]; turn !== undefined && turn.at <= now.tick; turn = this.#turns[0]) {
      this.#take(turn);
      this.#turns.shift();
    }
    const grant = this.#inner.next(now);
    const [turn] = this.#turns;
    if (typeof grant === 'string' || turn === undefined || grant.until <= turn.at) return grant;
    return { inputs: grant.inputs, until: turn.at as Tick };
  }

  nondet(kind: number, at: Tick): bigint {
    return this.#inner.nondet(kind, at);
  }

  applyFailed(...args: Parameters<NonNullable<InputSource['applyFailed']>>): void {
    this.#inner.applyFailed?.(...args);
  }
}

/** A machine whose inside can be exchanged for another that goes on from its state. */
class Exchangeable implements Machine {
  #now: Board;

  constructor(first: Board) {
    this.#now = first;
  }

  get board(): Board {
    return this.#now;
  }
  exchange(next: Board): void {
    next.restore(this.#now.save());
    this.#now = next;
  }

  get config() {
    return this.#now.config;
  }
  get tick() {
    return this.#now.tick;
  }
  get time() {
    return this.#now.time;
  }
  get halt() {
    return this.#now.halt;
  }
  get pc() {
    return this.#now.pc;
  }
  get nextTimer() {
    return this.#now.nextTimer;
  }
  run(...args: Parameters<Machine['run']>) {
    return this.#now.run(...args);
  }
  apply(...args: Parameters<Machine['apply']>) {
    this.#now.apply(...args);
  }
  skipIdle() {
    return this.#now.skipIdle();
  }
  consoleRoom(device: string) {
    return this.#now.consoleRoom(device);
  }
  packetRoom(device: string) {
    return this.#now.packetRoom(device);
  }
  pendingRequests() {
    return this.#now.pendingRequests();
  }
  digest(scope: 'all' | 'small') {
    return this.#now.digest(scope);
  }
  save() {
    return this.#now.save();
  }
  restore(...args: Parameters<Machine['restore']>) {
    this.#now.restore(...args);
  }
}
