/**
 * What the guest thread of a backup does: replays the log as it comes, in step with the primary but a little behind,
 * and goes live in place when it is told to: the same machine, the same log file, other doors.
 *
 *     following ── drain ──> draining ── all executed ──> drained ── goLive ──> live
 *
 * Invariant: until `goLive` nothing but numbered consoles' bytes and packets goes to the main thread, which keeps them.
 */

import type { Output } from '../../emu/machine/events.ts';
import type { Machine } from '../../emu/machine/machine.ts';
import { ChannelRecords } from '../../ft/guest/channel-records.ts';
import { FollowedLog } from '../../ft/guest/followed-log.ts';
import { NumberedGate } from '../../ft/guest/numbered-gate.ts';
import { tick } from '../../lib/brands.ts';
import { ExitCode, UserError } from '../../lib/errors.ts';
import type { LogHeader } from '../../logformat/header.ts';
import { reissue } from '../../session/continue.ts';
import { Doors } from '../../session/doors.ts';
import { OpenGate } from '../../session/gate.ts';
import { configFromCbor } from '../../session/machine-config.ts';
import { Recorder } from '../../session/recorder.ts';
import { Replayer } from '../../session/replayer.ts';
import { type FinalResult, Session } from '../../session/session.ts';
import { monotonicNs } from '../clock.ts';
import { entropySource, RNG_SEED_BYTES } from '../entropy.ts';
import { FaultSource } from '../fault-source.ts';
import { closeImages, ImageReader, keepImages } from '../kept-images.ts';
import { HistorySource } from '../live/history-doors.ts';
import type { GuestEnd } from '../live/job.ts';
import { LiveSource } from '../live/live-source.ts';
import { RingInputs } from '../live/ring-ports.ts';
import { RunMeter } from '../live/run-meter.ts';
import { LogFileSink } from '../log-file-sink.ts';
import { machineOf } from '../machine-of.ts';
import { encodeOutput } from '../messages.ts';
import { NO_TOTALS } from '../outcome.ts';
import { zstd } from '../zstd.ts';
import { ChannelImages } from './channel-images.ts';
import type { BackupJob } from './job.ts';
import { decodeOrder, encodeReport, type Order } from './ring-messages.ts';
import { SideRun } from './side-run.ts';

/** While busy the main thread is told this often how far the replay is. */
const TELL_NS = 5_000_000n;
/** Records wait at most about this long before they are in the own file, once the guest is live. */
const FLUSH_NS = 250_000_000n;

/** The machine that replays, and what it came from. */
interface Replica {
  readonly machine: Machine;
  readonly header: LogHeader;
  readonly replayer: Replayer;
  readonly source: HistorySource;
  readonly gate: NumberedGate;
  readonly session: Session;
  readonly images: ImageReader;
}

export class BackupRun extends SideRun {
  readonly #job: BackupJob;
  readonly #inputs: RingInputs;
  readonly #sink: LogFileSink;
  readonly #channel = new ChannelRecords(zstd);
  readonly #log: FollowedLog;
  readonly #images = new ChannelImages();
  readonly #orders: Order[] = [];
  /** When the newest frame came. */
  #receivedNs = monotonicNs();
  #draining = false;
  #goLiveAsked = false;
  #toldNs = 0n;
  #flushedNs = 0n;

  constructor(job: BackupJob) {
    super(job.shared);
    this.#job = job;
    this.#inputs = new RingInputs(job.shared, (message) => {
      const order = decodeOrder(message);
      this.#orders.push(order);
      // Inputs behind it are for the live guest.
      return order.kind === 'goLive';
    });
    this.#sink = new LogFileSink(job.log.path, job.log.fd);
    this.#log = new FollowedLog(this.#sink, zstd, this.#channel);
  }

  protected override toEnd(): GuestEnd {
    const header = this.#receiveMachine();
    if (header === undefined) return { kind: 'stopped', totals: NO_TOTALS };
    const kept = keepImages(this.#images.checked(header));
    try {
      return this.#withMachine(header, new ImageReader(kept));
    } finally {
      closeImages(kept);
      this.#sink.sync();
    }
  }

  #withMachine(header: LogHeader, images: ImageReader): GuestEnd {
    const replica = this.#replica(header, images);
    const result = this.#follow(replica);
    this.#tell(replica);
    if (result === 'stopped') return { kind: 'stopped', totals: this.meter!.totals() };
    if (result !== 'drained') return this.meter!.endOf(result);
    this.sender.send(encodeReport({ kind: 'drained' }));
    if (!this.#goLiveTold()) return { kind: 'stopped', totals: this.meter!.totals() };
    this.#goLive(replica);
    return this.meter!.endOf(replica.session.runToEnd());
  }

  /** Header and images, which are the first frames; undefined when it is to stop before. */
  #receiveMachine(): LogHeader | undefined {
    for (;;) {
      if (this.#inputs.stopAsked) return undefined;
      this.#takeOrders();
      this.#log.follow(0);
      const { executed: sequence, header, finished } = this.#channel;
      if (sequence >= 0) this.sender.send(encodeReport({ kind: 'executed', sequence, tick: tick(0), digests: 0 }));
      if (header !== undefined && this.#images.complete(header)) return header;
      if (finished) throw neverBegun();
      this.#inputs.wait(undefined);
    }
  }

  #replica(header: LogHeader, images: ImageReader): Replica {
    const { engine, shared } = this.#job;
    const doors = new Doors();
    const machine = machineOf(configFromCbor(header.machine), images.images, doors, engine);
    images.giveBack();
    const meter = new RunMeter(machine, shared, () => this.outputs.consoleBytes);
    meter.sink = this.#sink;
    this.meter = meter;
    const gate = new NumberedGate((numbered) => this.outputs.pass(numbered));
    const replayer = new Replayer({ machine, records: this.#channel, gate });
    const source = new HistorySource(replayer);
    const { injectFaultTick } = this.#job;
    const faulty = injectFaultTick === undefined ? source : new FaultSource(source, machine, tick(injectFaultTick));
    const session = new Session(machine, doors, faulty, replayer);
    return { machine, header, replayer, source, gate, session, images };
  }

  /** Goes through what comes; 'drained' when no more will come and all of it is executed. */
  #follow(replica: Replica): FinalResult | 'drained' | 'stopped' {
    const { session, images } = replica;
    for (;;) {
      if (this.#inputs.stopAsked) return 'stopped';
      this.#takeOrders();
      const result = session.step();
      images.giveBack();
      if (result.kind === 'starved') this.#starve(replica);
      else if (result.kind === 'ran') this.#tellNowAndThen(replica);
      else return this.#draining && replica.replayer.finish?.kind !== 'end' ? drainedBy(result) : result;
    }
  }

  #starve(replica: Replica): void {
    this.#tell(replica);
    if (!this.#inputs.stopAsked) this.#inputs.wait(undefined);
  }

  #tellNowAndThen(replica: Replica): void {
    if (monotonicNs() - this.#toldNs >= TELL_NS) this.#tell(replica);
  }

  #tell({ replayer, machine }: Replica): void {
    this.#toldNs = monotonicNs();
    this.#log.follow(replayer.taken);
    this.outputs.flush();
    const { executed: sequence } = this.#channel;
    this.sender.send(encodeReport({ kind: 'executed', sequence, tick: machine.tick, digests: replayer.digests }));
    this.meter?.count();
  }

  #takeOrders(): void {
    const input = this.#inputs.take();
    if (input !== undefined) throw new Error(`a ${input.kind} input at a backup that is not live`);
    for (const order of this.#orders.splice(0)) {
      if (order.kind === 'feed') {
        this.#receivedNs = order.receivedNs;
        this.#channel.push(order.bytes);
        this.#images.add(order.bytes);
      } else if (order.kind === 'drain') {
        this.#draining = true;
        this.#channel.cut();
      } else {
        this.#goLiveAsked = true;
      }
    }
  }

  /** False when it is to stop instead. */
  #goLiveTold(): boolean {
    while (!this.#inputs.stopAsked) {
      this.#takeOrders();
      if (this.#goLiveAsked) return true;
      this.#inputs.wait(undefined);
    }
    return false;
  }

  /** Guest time goes on as if it had not stopped since the newest frame came. */
  #goLive({ machine, header, replayer, source, gate, session, images }: Replica): void {
    const meter = this.meter!;
    const entropy = entropySource(this.#job.entropy);
    entropy.skip(RNG_SEED_BYTES + source.randomBytes);
    meter.goesLive();
    const log = this.#log.goOn(replayer.taken);
    meter.log = log;
    const between = (longWait: boolean): void => {
      images.giveBack();
      this.outputs.flush();
      const now = monotonicNs();
      if (longWait || now - this.#flushedNs >= FLUSH_NS) {
        this.#flushedNs = now;
        log.flush();
      }
      meter.count(longWait);
    };
    const inputs = this.#inputs;
    const timeNs = this.#receivedNs;
    const live = new LiveSource({ machine, inputs, consoles: this.consoles, entropy, between, timeNs });
    meter.live = live;
    const direct = live.answering({ deliver: (output: Output) => this.sender.send(encodeOutput(output)) });
    const open = new OpenGate({
      deliver: (output) => {
        if (output.kind === 'console') this.outputs.pass(gate.units.number(output));
        else direct.deliver(output);
      },
    });
    const { digestTicks } = header;
    const { marks } = replayer;
    const elapsedNs = (): bigint => meter.elapsedNs;
    const recorder = new Recorder({ machine, source: live, gate: open, log, digestTicks, elapsedNs, marks });
    session.connect(recorder, recorder);
    reissue(machine, new OpenGate(direct));
    this.say({ kind: 'live', tick: machine.tick });
  }
}

function neverBegun(): UserError {
  const what = 'the primary was lost before the machine that it runs was here';
  return new UserError('never-begun', what, 'start the pair again', ExitCode.lost);
}

function drainedBy(result: FinalResult): FinalResult | 'drained' {
  return result.kind === 'diverged' ? result : 'drained';
}
