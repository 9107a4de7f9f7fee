/**
 * A guest that runs, with a copy made of it at some tick, in one thread: what the guest thread of a live side does,
 * with the channel played by a seed.
 */
import { putAtStart } from '../../../src/debug/timeline/start.ts';
import type { Board } from '../../../src/emu/machine/board.ts';
import type { MachineImages, MachinePorts } from '../../../src/emu/machine/machine.ts';
import { ChannelRecords } from '../../../src/ft/guest/channel-records.ts';
import { CoveredGate } from '../../../src/ft/guest/covered-gate.ts';
import { FollowedLog } from '../../../src/ft/guest/followed-log.ts';
import { ForkedLog } from '../../../src/ft/guest/forked-log.ts';
import { NumberedGate } from '../../../src/ft/guest/numbered-gate.ts';
import { ProgressSource } from '../../../src/ft/guest/progress-source.ts';
import { Units } from '../../../src/ft/guest/units.ts';
import { zstd } from '../../../src/host/zstd.ts';
import type { Past } from '../../../src/logformat/checkpoint.ts';
import { COPY_VERSION, type LogHeader } from '../../../src/logformat/header.ts';
import { LogReader } from '../../../src/logformat/reader.ts';
import { LogWriter } from '../../../src/logformat/writer.ts';
import { beginning, CheckpointLog } from '../../../src/session/checkpoint-log.ts';
import { reissue } from '../../../src/session/continue.ts';
import { Doors } from '../../../src/session/doors.ts';
import { OpenGate } from '../../../src/session/gate.ts';
import { GuestCopy } from '../../../src/session/guest-copy.ts';
import { Recorder } from '../../../src/session/recorder.ts';
import { Replayer } from '../../../src/session/replayer.ts';
import { Session, type StepResult } from '../../../src/session/session.ts';
import type { Moment } from '../../../src/session/source.ts';
import { MemoryLog, sourceOf } from '../../logformat/support.ts';
import type { World } from './pair.ts';

export type BoardFor = (ports: MachinePorts) => Board;

/** A live side: a guest that is recorded, and copied when it is told to. */
export class Source {
  readonly board: Board;
  readonly file = new MemoryLog();
  readonly frames: Uint8Array[] = [];
  readonly gate: CoveredGate;
  copy: GuestCopy | undefined;
  readonly #log: ForkedLog;
  readonly #header: LogHeader;
  readonly #images: MachineImages;
  readonly #session: Session;

  constructor(boardFor: BoardFor, worldFor: (board: Board) => World, header: LogHeader, images: MachineImages) {
    const doors = new Doors();
    const board = boardFor(doors);
    const world = worldFor(board);
    this.board = board;
    this.#header = header;
    this.#images = images;
    this.#log = new ForkedLog(new LogWriter(this.file, zstd, header));
    const log = this.#log;
    this.gate = new CoveredGate({
      flush: () => log.flush(),
      pass: ({ output }) => world.deliver(output),
      direct: (output) => world.deliver(output),
    });
    const progress = new ProgressSource({ source: world, log, nowNs: () => world.ns, intervalNs: 0n });
    const source = {
      next: (now: Moment) => {
        this.#work();
        return progress.next(now);
      },
      nondet: (kind: number, at: Moment['tick']) => world.nondet(kind, at),
    };
    const { digestTicks } = header;
    const recorder = new Recorder({
      machine: board,
      source,
      gate: this.gate,
      log,
      digestTicks,
      elapsedNs: () => world.ns,
    });
    this.#session = new Session(board, doors, recorder, recorder);
  }

  step(): StepResult {
    return this.#session.step();
  }

  /** Everything in the log is with the copy. */
  flush(): void {
    this.#log.flush();
  }

  /** Begins to copy, with rounds until `pauseNs` is enough for the last. */
  begin(pauseNs: number): void {
    const header: LogHeader = { ...this.#header, version: COPY_VERSION, begins: 'checkpoint' };
    const branch = new LogWriter({ write: (bytes) => this.frames.push(bytes.slice()) }, zstd, header);
    this.#branch = branch;
    const checkpoints = new CheckpointLog(this.board, (at, payload) => branch.checkpoint(at, payload));
    const past = (): Past => ({ units: this.gate.units.all, randomBytes: 0n });
    this.copy = new GuestCopy({
      state: beginning(checkpoints, past, () => new Uint8Array(0)),
      pages: this.board.ram.pages,
      log: branch,
      images: this.#images,
      unacknowledged: () => 0,
      nowNs: () => this.#ns++,
      pauseNs,
    });
  }

  #branch: LogWriter | undefined;
  /** Each look at the clock is a nanosecond: what `work` does at once is long, but its parts are as they are. */
  #ns = 0n;

  #work(): void {
    if (this.copy === undefined || this.copy.done) return;
    this.copy.work();
    if (this.copy.done) this.#log.branch = this.#branch;
  }
}

/** The backup that is made of the frames. */
export class Copy {
  readonly channel = new ChannelRecords(zstd);
  readonly file = new MemoryLog();
  readonly #log = new FollowedLog(this.file, zstd, this.channel);
  readonly board: Board;
  readonly replayer: Replayer;
  readonly gate: NumberedGate;
  readonly startTick: bigint;
  readonly #session: Session;

  /** `frames`: up to the state, or more. */
  constructor(boardFor: BoardFor, frames: readonly Uint8Array[]) {
    for (const frame of frames) this.channel.push(frame);
    this.#log.follow(0);
    const doors = new Doors();
    this.board = boardFor(doors);
    const start = putAtStart(this.board, new LogReader(sourceOf(this.file.bytes), zstd))!;
    this.startTick = this.board.tick;
    this.gate = new NumberedGate(() => {}, new Units(start.past!.units));
    const from = start.position.replayer;
    this.replayer = new Replayer({ machine: this.board, records: this.channel, gate: this.gate, from });
    this.#session = new Session(this.board, doors, this.replayer, this.replayer);
  }

  /** Nothing more comes: executes what has, and gives a session that lives on. */
  goLive(worldFor: (board: Board) => World): Session {
    this.channel.cut();
    const { kind } = this.follow([]);
    if (kind !== 'ended') throw new Error(`the copy ${kind} instead of ending with what it had`);
    const { board, replayer } = this;
    const world = worldFor(board);
    const log = this.#log.goOn(replayer.taken);
    const { digestTicks } = this.channel.header!;
    const gate = new OpenGate(world);
    const { marks } = replayer;
    const elapsedNs = (): bigint => world.ns;
    const recorder = new Recorder({ machine: board, source: world, gate, log, digestTicks, elapsedNs, marks });
    this.#session.connect(recorder, recorder);
    reissue(board, gate);
    return this.#session;
  }

  /** Executes all that has come; gives how that ended. */
  follow(frames: readonly Uint8Array[]): StepResult {
    for (const frame of frames) this.channel.push(frame);
    for (;;) {
      const result = this.#session.step();
      this.#log.follow(this.replayer.taken);
      if (result.kind !== 'ran') return result;
    }
  }
}
