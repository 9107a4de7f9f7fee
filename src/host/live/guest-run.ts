/**
 * What the guest thread does: builds the machine, goes through its history if it has one, and runs it live until it
 * stops or is stopped, with or without a recorder. On the way it may come to be of a pair (ft/joining.ts). Blocks the
 * thread; speaks with the main thread through shared memory.
 */

import { Board } from '../../emu/machine/board.ts';
import type { Machine } from '../../emu/machine/machine.ts';
import { tick } from '../../lib/brands.ts';
import { ExitCode, UserError } from '../../lib/errors.ts';
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
import { type CountedEntropy, guestEntropy } from '../entropy.ts';
import { Brake } from '../ft/brake.ts';
import type { Joining } from '../ft/joining.ts';
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
import { LiveSource, type ThreadWork } from './live-source.ts';
import { RingInputs, RingOutputs } from './ring-ports.ts';
import { type RecordedPart, RollingRecording } from './rolling-recording.ts';
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

/** A guest that is live. */
interface Live {
  readonly session: Session;
  readonly source: LiveSource;
  readonly entropy: CountedEntropy;
  readonly recorder: Recorder | undefined;
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
  /** What the main thread has said that is no input. */
  readonly #orders: Uint8Array[] = [];
  #joining: Joining | undefined;
  /** Once the guest is live. */
  #brake: Brake | undefined;
  /** The file that is the recording now. */
  #part: RecordedPart | undefined;
  /** What is written to in its place, where only the end of it is kept. */
  #rolling: RollingRecording | undefined;
  #say: (report: GuestReport) => void = () => {};
  #flushedNs = 0n;

  /** UserError for images and configurations that cannot be. */
  constructor(job: GuestJob) {
    const { shared } = job;
    const control = new ControlWords(shared.control);
    const hostBell = new Doorbell(shared.hostBell);
    this.#job = job;
    this.#inputs = new RingInputs(shared, (message) => {
      if (this.#joining === undefined) this.#orders.push(message);
      else this.#joining.order(message);
      return false;
    });
    this.#outputs = new RingOutputs(shared);
    this.#consoles = new ConsoleQueue((bytes) => {
      control.heldBytes = bytes;
      hostBell.ring();
    });
    this.#images = new ImageReader(job.images);
    this.#machine = machineOf(job.config, this.#images.images, this.#doors, job.engine);
    const consoleBytes = (): bigint => this.#outputs.consoleBytes + (this.#joining?.consoleBytes ?? 0n);
    this.#meter = new RunMeter(this.#machine, shared, consoleBytes);
  }

  /** Runs to the end. `say` is told when the guest is live. An error that is no UserError is a defect of ours. */
  async run(say: (report: GuestReport) => void): Promise<GuestEnd> {
    this.#say = say;
    try {
      const result = await this.#run();
      this.#outputs.flush();
      return result;
    } catch (caught) {
      const error = recordingError(caught);
      if (error instanceof UserError) return { kind: 'failed', error: toPlain(error), totals: this.#meter.totals() };
      this.#part?.log.flush();
      throw error;
    } finally {
      this.#rolling?.settle();
      this.#meter.count();
    }
  }

  async #run(): Promise<GuestEnd> {
    const { resume } = this.#job;
    const recording = resume === undefined ? undefined : openRecording(resume.path);
    try {
      const history = recording === undefined ? undefined : this.#history(recording.reader);
      if (history !== undefined && 'kind' in history) return history;
      const live = this.#goLive(history);
      this.#say({ kind: 'live', tick: this.#machine.tick });
      const isAsked = (): boolean => this.#orders.length > 0;
      const result = live.session.runUntil(isAsked) ?? (await this.#join(live)).run(live.session);
      this.#part?.sink.sync();
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
    const { finish } = replayer;
    const isBehind = until === undefined || machine.tick < until;
    if (isBehind && finish?.kind === 'cut' && finish.damaged === true) {
      const what = `the recording ${this.#job.resume?.path} is damaged at byte ${finish.offset}: ${finish.reason}`;
      const remedy = `go live before that, with --until ${machine.tick} or less`;
      throw new UserError('damaged-recording', what, remedy, ExitCode.badLog);
    }
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

  #goLive(history: History | undefined): Live {
    const machine = this.#machine;
    const entropy = guestEntropy(this.#job.entropy, BigInt(history?.randomBytes ?? 0));
    this.#meter.goesLive();
    const given = (): number => (machine.operator?.sharePercent ?? 100) / 100;
    this.#brake = new Brake(this.#job.shared, () => this.#meter.busyNs, undefined, given);
    const work: ThreadWork = {
      between: (longWait) => this.#between(longWait),
      busy: () => this.#joining?.busy === true || this.#rolling?.busy === true,
    };
    const source = new LiveSource({ machine, inputs: this.#inputs, consoles: this.#consoles, entropy, work });
    this.#meter.live = source;
    const open = new OpenGate(source.answering(this.#outputs));
    const recorder = this.#recorder(source, open, entropy, history);
    const [before, behind] = [recorder ?? source, recorder ?? open];
    const session = history?.session ?? new Session(machine, this.#doors, before, behind);
    if (history !== undefined) {
      session.connect(before, behind);
      reissue(machine, open);
    }
    return { session, source, entropy, recorder };
  }

  /** Most guests are never asked, and do without what this loads. */
  async #join({ source, entropy, recorder }: Live): Promise<Joining> {
    const { Joining } = await import('../ft/joining.ts');
    const { header, images, shared } = this.#job;
    this.#rolling?.settle();
    const part = this.#part;
    const recorded = recorder === undefined || part === undefined ? undefined : { recorder, ...part };
    const joining = new Joining({
      machine: this.#machine,
      header,
      images,
      inputs: this.#inputs,
      consoles: this.#consoles,
      meter: this.#meter,
      shared,
      entropy,
      source,
      recorded,
      between: () => this.#images.giveBack(),
      flush: () => this.#outputs.flush(),
    });
    this.#joining = joining;
    for (const message of this.#orders) joining.order(message);
    return joining;
  }

  #recorder(
    source: InputSource,
    gate: Gate,
    entropy: CountedEntropy,
    history: History | undefined,
  ): Recorder | undefined {
    const { record, header: own } = this.#job;
    if (record === undefined) return undefined;
    const machine = this.#machine;
    const sink = new LogFileSink(record.path, record.fd);
    const header = history === undefined ? own : { ...own, continuedAt: machine.tick };
    const log = new LogWriter(sink, zstd, header);
    this.#writeTo({ log, sink });
    if (history !== undefined) copyHistory(history.reader, log, history.replayer.taken);
    const marks = history === undefined ? {} : { marks: history.replayer.marks };
    this.#rolling = this.#roll({ log, sink }, entropy);
    const checkpoints = this.#rolling ?? this.#checkpoints(log);
    const { digestTicks } = header;
    return new Recorder({
      machine,
      source,
      gate,
      log: this.#rolling ?? log,
      digestTicks,
      elapsedNs: () => this.#meter.elapsedNs,
      ...marks,
      ...(checkpoints === undefined ? {} : { checkpoints }),
    });
  }

  #writeTo(part: RecordedPart): void {
    this.#part = part;
    this.#meter.log = part.log;
    this.#meter.sink = part.sink;
  }

  #roll(first: RecordedPart, entropy: CountedEntropy): RollingRecording | undefined {
    const { record, header, shared } = this.#job;
    const board = this.#machine;
    if (record?.kept === undefined || !(board instanceof Board)) return undefined;
    return new RollingRecording({
      board,
      header,
      first,
      kept: record.kept,
      randomBytes: () => entropy.given,
      turned: (part, from) => {
        this.#writeTo(part);
        this.#meter.keptFromTick = from;
        new ControlWords(shared.control).recordingFd = part.sink.fd;
      },
      notice: (text) => this.#say({ kind: 'notice', text }),
    });
  }

  #checkpoints(log: LogWriter): LiveCheckpoints | undefined {
    const { record, header } = this.#job;
    const board = this.#machine;
    if (record?.checkpoints === undefined || !(board instanceof Board)) return undefined;
    const terminal = header.terminal ?? DEFAULT_CONSOLE;
    return new LiveCheckpoints({ board, log, spacing: record.checkpoints, terminal, runNs: () => this.#meter.busyNs });
  }

  /** Between two slices. `longWait`: nothing may happen for long from here on. */
  #between(longWait: boolean): void {
    this.#images.giveBack();
    this.#outputs.flush();
    const now = monotonicNs();
    if (longWait || now - this.#flushedNs >= FLUSH_NS) {
      this.#flushedNs = now;
      (this.#rolling ?? this.#part?.log)?.flush();
    }
    this.#meter.count(longWait);
    this.#brake?.hold();
  }
}
