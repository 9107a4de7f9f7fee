/**
 * What the guest thread of a backup does: replays the log as it comes, in step with the primary but a little behind,
 * and goes live in place when it is told to: the same machine, the same log file, other doors.
 *
 *     following ── drain ──> draining ── all executed ──> drained ── goLive ──> live
 *
 * Invariant: until `goLive` nothing but numbered consoles' bytes and packets goes to the main thread, which keeps them,
 * and what disks are asked that this side has for itself or reads itself, which is carried out.
 */

import type { Checkpoint } from '../../debug/timeline/checkpoint.ts';
import { putAtStart } from '../../debug/timeline/start.ts';
import type { Machine } from '../../emu/machine/machine.ts';
import { ChannelRecords } from '../../ft/guest/channel-records.ts';
import { FollowedLog } from '../../ft/guest/followed-log.ts';
import { NumberedGate } from '../../ft/guest/numbered-gate.ts';
import { type DiskOutput, ReplicaReads } from '../../ft/guest/replica-reads.ts';
import { type NumberedOutput, Units } from '../../ft/guest/units.ts';
import { tick } from '../../lib/brands.ts';
import { isCheckpointOfTick } from '../../logformat/frame.ts';
import type { LogHeader } from '../../logformat/header.ts';
import { ConsoleLines, DEFAULT_CONSOLE } from '../../session/console-lines.ts';
import { reissue } from '../../session/continue.ts';
import { Doors } from '../../session/doors.ts';
import { OpenGate } from '../../session/gate.ts';
import { configFromCbor } from '../../session/machine-config.ts';
import { Replayer } from '../../session/replayer.ts';
import { type FinalResult, Session } from '../../session/session.ts';
import { monotonicNs } from '../clock.ts';
import { guestEntropy } from '../entropy.ts';
import { FaultSource } from '../fault-source.ts';
import { ImageReader, type KeptImages } from '../kept-images.ts';
import { HistorySource } from '../live/history-doors.ts';
import type { GuestEnd } from '../live/job.ts';
import { RunMeter } from '../live/run-meter.ts';
import { LogFileSink } from '../log-file-sink.ts';
import { openRecording } from '../log-file-source.ts';
import { machineOf } from '../machine-of.ts';
import { encodeOutput } from '../messages.ts';
import { zstd } from '../zstd.ts';
import { neverBegun } from './backup-orders.ts';
import { Brake } from './brake.ts';
import type { BackupJob } from './job.ts';
import { LiveSide } from './live-side.ts';
import { ReplicaRun } from './replica-run.ts';
import { encodeReport } from './ring-messages.ts';

/** While busy the main thread is told this often how far the replay is. */
const TELL_NS = 5_000_000n;

/** The machine that replays, and what it came from. */
interface Replica {
  readonly machine: Machine;
  readonly header: LogHeader;
  readonly replayer: Replayer;
  readonly source: HistorySource;
  readonly gate: NumberedGate;
  readonly session: Session;
  readonly images: ImageReader;
  readonly kept: KeptImages;
  /** Random bytes that the guest had been given when the log began. */
  readonly randomBytes: bigint;
}

export class BackupRun extends ReplicaRun {
  readonly #job: BackupJob;
  readonly #sink: LogFileSink;
  /** Undefined: what was read is in the log. */
  readonly #reads: ReplicaReads | undefined;
  readonly #channel: ChannelRecords;
  readonly #log: FollowedLog;
  #toldNs = 0n;
  readonly #lines = new ConsoleLines();
  /** The state that a copy begins with is here. */
  #hasState = false;

  constructor(job: BackupJob) {
    super(job.shared);
    this.#job = job;
    this.#sink = new LogFileSink(job.log.path, job.log.fd);
    const ask = (output: DiskOutput): void => this.sender.send(encodeOutput(output));
    const again = (output: DiskOutput): void => this.sender.send(encodeReport({ kind: 'again', output }));
    this.#reads = job.method.diskReads === 'backup' ? new ReplicaReads({ ask, again }) : undefined;
    this.#channel = new ChannelRecords(zstd, this.#reads);
    this.#log = new FollowedLog(this.#sink, zstd, this.#channel);
  }

  protected override withMachine(header: LogHeader, kept: KeptImages): GuestEnd {
    try {
      const replica = this.#replica(header, kept);
      this.outlives(this.#sink);
      return this.#run(replica);
    } finally {
      this.#sink.sync();
    }
  }

  #run(replica: Replica): GuestEnd {
    const result = this.#follow(replica);
    this.#tell(replica);
    if (result === 'stopped') return { kind: 'stopped', totals: this.meter!.totals() };
    if (result !== 'drained') return this.meter!.endOf(result);
    this.sender.send(encodeReport({ kind: 'drained' }));
    if (!this.orders.untilLive()) return { kind: 'stopped', totals: this.meter!.totals() };
    this.#goLive(replica);
    return this.meter!.endOf(replica.session.runToEnd());
  }

  protected override receiveMachine(): LogHeader | undefined {
    for (;;) {
      if (this.orders.inputs.stopAsked) return undefined;
      this.#takeOrders();
      this.#log.follow(0);
      const { executed: sequence, header, finished } = this.#channel;
      if (sequence >= 0) this.sender.send(encodeReport({ kind: 'executed', sequence, tick: tick(0), digests: 0 }));
      const isThere = header?.begins === undefined || this.#hasState;
      if (header !== undefined && this.images.complete && isThere) return header;
      if (finished) throw neverBegun();
      this.orders.inputs.wait(undefined);
    }
  }

  #replica(header: LogHeader, kept: KeptImages): Replica {
    const { engine, shared } = this.#job;
    const images = new ImageReader(kept);
    const doors = new Doors();
    const machine = machineOf(configFromCbor(header.machine), images.images, doors, engine);
    const start = this.#putAtStart(machine);
    images.giveBack();
    const meter = new RunMeter(machine, shared, () => this.outputs.consoleBytes);
    meter.sink = this.#sink;
    this.meter = meter;
    const terminal = header.terminal ?? DEFAULT_CONSOLE;
    const pass = (numbered: NumberedOutput): void => {
      const { device, output } = numbered;
      if (output.kind === 'console' && device === terminal) this.#lines.add(output.bytes);
      this.outputs.pass(numbered);
    };
    const gate = new NumberedGate(pass, new Units(start?.past?.units), (output) => this.#diskAsked(output));
    // Of a copy: whether the image that was copied has them is not known.
    for (const output of machine.pendingRequests()) if (output.kind === 'disk') this.#diskAsked(output);
    const from = start === undefined ? {} : { from: start.position.replayer };
    const replayer = new Replayer({ machine, records: this.#channel, gate, ...from });
    const source = new HistorySource(replayer);
    const { injectFaultTick } = this.#job;
    const faulty = injectFaultTick === undefined ? source : new FaultSource(source, machine, tick(injectFaultTick));
    const session = new Session(machine, doors, faulty, replayer);
    const randomBytes = start?.past?.randomBytes ?? 0n;
    return { machine, header, replayer, source, gate, session, images, kept, randomBytes };
  }

  #diskAsked(output: DiskOutput): void {
    if (output.operation.op === 'read') this.#reads?.ask(output);
    else if (this.#job.inside.has(output.device)) this.sender.send(encodeOutput(output));
  }

  /** A copy begins where the primary's guest was; what the own log has by now says where. */
  #putAtStart(machine: Machine): Checkpoint | undefined {
    if (!this.#hasState) return undefined;
    const recording = openRecording(this.#job.log.path);
    try {
      const start = putAtStart(machine, recording.reader);
      if (start !== undefined) this.#lines.restore(start.line);
      return start;
    } finally {
      recording.close();
    }
  }

  /** Goes through what comes; 'drained' when no more will come and all of it is executed. */
  #follow(replica: Replica): FinalResult | 'drained' | 'stopped' {
    const { session, images } = replica;
    const brake = new Brake(this.#job.shared, () => this.meter!.busyNs);
    for (;;) {
      brake.hold();
      if (this.orders.inputs.stopAsked) return 'stopped';
      this.#takeOrders();
      const result = session.step();
      images.giveBack();
      if (result.kind === 'starved') this.#starve(replica);
      else if (result.kind === 'ran') this.#tellNowAndThen(replica);
      else return this.orders.draining && replica.replayer.finish?.kind !== 'end' ? drainedBy(result) : result;
    }
  }

  #starve(replica: Replica): void {
    this.#tell(replica);
    if (!this.orders.inputs.stopAsked) this.orders.inputs.wait(undefined);
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
    const feed = (frame: Uint8Array): void => {
      this.#channel.push(frame);
      this.images.add(frame);
      if (isCheckpointOfTick(frame)) this.#hasState = true;
    };
    this.orders.take(feed, ({ device, request, data }) => this.#reads?.came(device, request, data));
    if (this.orders.draining) this.#channel.cut();
  }

  /** Guest time goes on as if it had not stopped since the newest frame came. */
  #goLive({ machine, header, replayer, source, gate, session, images, kept, randomBytes }: Replica): void {
    const meter = this.meter!;
    meter.goesLive();
    const { consoles, sender, outputs } = this;
    const live = new LiveSide({
      machine,
      header,
      log: this.#log.goOn(replayer.taken),
      images: kept,
      inputs: this.orders.inputs,
      consoles,
      sender,
      outputs,
      meter,
      shared: this.#job.shared,
      entropy: guestEntropy(this.#job.entropy, randomBytes + BigInt(source.randomBytes)),
      lines: this.#lines,
      inside: this.#job.inside,
      followed: false,
      method: this.#job.method,
      between: () => images.giveBack(),
      units: gate.units,
      marks: replayer.marks,
      timeNs: this.orders.receivedNs,
    });
    this.orders.live = live;
    session.connect(live.recorder, live.recorder);
    reissue(machine, new OpenGate(live.direct));
    this.say({ kind: 'live', tick: machine.tick });
  }
}

function drainedBy(result: FinalResult): FinalResult | 'drained' {
  return result.kind === 'diverged' ? result : 'drained';
}
