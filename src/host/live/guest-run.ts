/**
 * What the guest thread does: builds the machine, goes through its history if it has one, and runs it live until it
 * stops or is stopped, with or without a recorder. Blocks the thread; speaks with the main thread through shared
 * memory.
 */

import { Board } from '../../emu/machine/board.ts';
import type { Machine } from '../../emu/machine/machine.ts';
import { tick } from '../../lib/brands.ts';
import { UserError } from '../../lib/errors.ts';
import type { LogReader } from '../../logformat/reader.ts';
import { LogWriter } from '../../logformat/writer.ts';
import { DEFAULT_CONSOLE } from '../../session/console-lines.ts';
import { copyHistory, reissue } from '../../session/continue.ts';
import { Doors } from '../../session/doors.ts';
import { type Gate, OpenGate } from '../../session/gate.ts';
import { Recorder } from '../../session/recorder.ts';
import { Replayer } from '../../session/replayer.ts';
import { Session, type StepResult } from '../../session/session.ts';
import type { InputSource } from '../../session/source.ts';
import { monotonicNs } from '../clock.ts';
import { Doorbell } from '../doorbell.ts';
import { entropySource, RNG_SEED_BYTES } from '../entropy.ts';
import { ImageReader } from '../kept-images.ts';
import { LogFileSink } from '../log-file-sink.ts';
import { openRecording } from '../log-file-source.ts';
import { machineOf } from '../machine-of.ts';
import { recordingError } from '../recorded-machine.ts';
import { zstd } from '../zstd.ts';
import { ConsoleQueue } from './console-queue.ts';
import { HistoryDrives, HistorySource } from './history-doors.ts';
import { type GuestEnd, type GuestJob, type GuestReport, toPlain } from './job.ts';
import { LiveCheckpoints } from './live-checkpoints.ts';
import { LiveSource } from './live-source.ts';
import { RingInputs, RingOutputs } from './ring-ports.ts';
import { RunMeter } from './run-meter.ts';
import { ControlWords } from './shared-state.ts';

/** Records wait at most about this long before they are in the file. */
const FLUSH_NS = 250_000_000n;

interface History {
  readonly reader: LogReader;
  readonly replayer: Replayer;
  /** Random bytes that the guest was given in it. */
  readonly randomBytes: number;
  /** Goes on with other doors. */
  readonly session: Session;
}

export class GuestRun {
  readonly #job: GuestJob;
  readonly #inputs: RingInputs;
  readonly #outputs: RingOutputs;
  readonly #consoles: ConsoleQueue;
  readonly #images: ImageReader;
  readonly #machine: Machine;
  readonly #doors = new Doors();
  readonly #meter: RunMeter;
  #log: LogWriter | undefined;
  #sink: LogFileSink | undefined;
  #flushedNs = 0n;

  /** UserError for images and configurations that cannot be. */
  constructor(job: GuestJob) {
    const { shared } = job;
    const control = new ControlWords(shared.control);
    const hostBell = new Doorbell(shared.hostBell);
    this.#job = job;
    this.#inputs = new RingInputs(shared);
    this.#outputs = new RingOutputs(shared);
    this.#consoles = new ConsoleQueue((bytes) => {
      control.heldBytes = bytes;
      hostBell.ring();
    });
    this.#images = new ImageReader(job.images);
    this.#machine = machineOf(job.config, this.#images.images, this.#doors, job.engine);
    this.#meter = new RunMeter(this.#machine, shared, () => this.#outputs.consoleBytes);
  }

  /** Runs to the end. `say` is told when the guest is live. An error that is no UserError is a defect of ours. */
  run(say: (report: GuestReport) => void): GuestEnd {
    try {
      const result = this.#run(say);
      this.#outputs.flush();
      return result;
    } catch (caught) {
      const error = recordingError(caught);
      if (error instanceof UserError) return { kind: 'failed', error: toPlain(error), totals: this.#meter.totals() };
      this.#log?.flush();
      throw error;
    } finally {
      this.#meter.count();
    }
  }

  #run(say: (report: GuestReport) => void): GuestEnd {
    const { resume } = this.#job;
    const recording = resume === undefined ? undefined : openRecording(resume.path);
    try {
      const history = recording === undefined ? undefined : this.#history(recording.reader);
      if (history !== undefined && 'kind' in history) return history;
      const session = this.#goLive(history);
      say({ kind: 'live', tick: this.#machine.tick });
      const result = session.runToEnd();
      this.#sink?.sync();
      return this.#meter.endOf(result);
    } finally {
      recording?.close();
    }
  }

  /** Takes the machine through the recording; how that ended, when it cannot go on from there. */
  #history(reader: LogReader): History | GuestEnd {
    const machine = this.#machine;
    const until = this.#job.resume?.untilTick;
    const gate = new HistoryDrives(this.#inputs, this.#outputs, this.#consoles);
    const untilPart = until === undefined ? {} : { until: tick(until) };
    const replayer = new Replayer({ machine, records: reader.records(), gate, ...untilPart });
    const source = new HistorySource(replayer, gate);
    const session = new Session(machine, this.#doors, source, replayer);
    let result: StepResult;
    do {
      result = session.step();
      this.#between(false);
    } while (result.kind === 'ran' && !this.#inputs.stopAsked);
    if (result.kind === 'ran') return { kind: 'stopped', totals: this.#meter.totals() };
    if (result.kind === 'diverged') return this.#meter.endOf(result);
    if (machine.halt !== undefined) {
      const what = `the guest has stopped at tick ${machine.tick}, where the recording ends`;
      throw new UserError('no-continuation', what, 'go live earlier, with --until TICK');
    }
    if (until !== undefined && machine.tick < until) {
      const what = `the recording ends at tick ${machine.tick}, before tick ${until}`;
      throw new UserError('no-such-tick', what, `give --until ${machine.tick} or less`);
    }
    return { reader, replayer, randomBytes: source.randomBytes, session };
  }

  #goLive(history: History | undefined): Session {
    const machine = this.#machine;
    const entropy = entropySource(this.#job.entropy);
    entropy.skip(RNG_SEED_BYTES + (history?.randomBytes ?? 0));
    this.#meter.goesLive();
    const between = (longWait: boolean): void => this.#between(longWait);
    const live = new LiveSource({ machine, inputs: this.#inputs, consoles: this.#consoles, entropy, between });
    this.#meter.live = live;
    const open = new OpenGate(live.answering(this.#outputs));
    const recorder = this.#recorder(live, open, history);
    if (history === undefined) return new Session(machine, this.#doors, recorder ?? live, recorder ?? open);
    history.session.connect(recorder ?? live, recorder ?? open);
    reissue(machine, open);
    return history.session;
  }

  #recorder(source: InputSource, gate: Gate, history: History | undefined): Recorder | undefined {
    const { record } = this.#job;
    if (record === undefined) return undefined;
    const machine = this.#machine;
    this.#sink = new LogFileSink(record.path, record.fd);
    this.#meter.sink = this.#sink;
    const header = history === undefined ? record.header : { ...record.header, continuedAt: machine.tick };
    const log = new LogWriter(this.#sink, zstd, header);
    this.#log = log;
    this.#meter.log = log;
    if (history !== undefined) copyHistory(history.reader, log, history.replayer.taken);
    const marks = history === undefined ? {} : { marks: history.replayer.marks };
    const checkpoints = this.#checkpoints(log);
    const { digestTicks } = header;
    return new Recorder({
      machine,
      source,
      gate,
      log,
      digestTicks,
      elapsedNs: () => this.#meter.elapsedNs,
      ...marks,
      ...(checkpoints === undefined ? {} : { checkpoints }),
    });
  }

  #checkpoints(log: LogWriter): LiveCheckpoints | undefined {
    const { record } = this.#job;
    const board = this.#machine;
    if (record?.checkpoints === undefined || !(board instanceof Board)) return undefined;
    const terminal = record.header.terminal ?? DEFAULT_CONSOLE;
    return new LiveCheckpoints({ board, log, spacing: record.checkpoints, terminal, runNs: () => this.#meter.busyNs });
  }

  /** Between two slices. `longWait`: nothing may happen for long from here on. */
  #between(longWait: boolean): void {
    this.#images.giveBack();
    this.#outputs.flush();
    const now = monotonicNs();
    if (longWait || now - this.#flushedNs >= FLUSH_NS) {
      this.#flushedNs = now;
      this.#log?.flush();
    }
    this.#meter.count(longWait);
  }
}
