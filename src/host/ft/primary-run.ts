/**
 * What the guest thread of a primary does: as a recorder's, with the log going to the main thread too, frame by frame,
 * and every output that changes the world behind the frame that covers it.
 *
 * Invariant: in the ring to the main thread an output comes after the frame with its mark.
 */

import type { Output } from '../../emu/machine/events.ts';
import type { Machine } from '../../emu/machine/machine.ts';
import { CoveredGate } from '../../ft/guest/covered-gate.ts';
import { PROGRESS_INTERVAL_NS, ProgressSource } from '../../ft/guest/progress-source.ts';
import { isEndFrame } from '../../logformat/frame.ts';
import { type LogSink, LogWriter } from '../../logformat/writer.ts';
import { Doors } from '../../session/doors.ts';
import { Recorder } from '../../session/recorder.ts';
import { Session } from '../../session/session.ts';
import { monotonicNs } from '../clock.ts';
import { entropySource, RNG_SEED_BYTES } from '../entropy.ts';
import { ImageReader } from '../kept-images.ts';
import type { GuestEnd } from '../live/job.ts';
import { LiveSource } from '../live/live-source.ts';
import { RingInputs } from '../live/ring-ports.ts';
import { RunMeter } from '../live/run-meter.ts';
import { LogFileSink } from '../log-file-sink.ts';
import { machineOf } from '../machine-of.ts';
import { encodeOutput } from '../messages.ts';
import { zstd } from '../zstd.ts';
import { Brake } from './brake.ts';
import type { PrimaryJob } from './job.ts';
import { encodeReport } from './ring-messages.ts';
import { SideRun } from './side-run.ts';

export class PrimaryRun extends SideRun {
  readonly #job: PrimaryJob;
  readonly #images: ImageReader;
  readonly #machine: Machine;
  readonly #doors = new Doors();
  readonly #inputs: RingInputs;
  readonly #sink: LogFileSink;
  readonly #meter: RunMeter;
  readonly #brake: Brake;
  #frames = 0;

  /** UserError for images and configurations that cannot be. */
  constructor(job: PrimaryJob) {
    super(job.shared);
    this.#job = job;
    this.#images = new ImageReader(job.images);
    this.#machine = machineOf(job.config, this.#images.images, this.#doors, job.engine);
    this.#inputs = new RingInputs(job.shared);
    this.#sink = new LogFileSink(job.log.path, job.log.fd);
    this.#meter = new RunMeter(this.#machine, job.shared, () => this.outputs.consoleBytes);
    this.#meter.sink = this.#sink;
    this.#brake = new Brake(job.shared, () => this.#meter.busyNs);
    this.meter = this.#meter;
  }

  protected override toEnd(): GuestEnd {
    const machine = this.#machine;
    const { header } = this.#job;
    const log = new LogWriter(this.#bothSinks(), zstd, header);
    this.#meter.log = log;
    this.#sendImages(log);
    const entropy = entropySource(this.#job.entropy);
    entropy.skip(RNG_SEED_BYTES);
    this.#meter.goesLive();
    const between = (longWait: boolean): void => this.#between(longWait);
    const live = new LiveSource({ machine, inputs: this.#inputs, consoles: this.consoles, entropy, between });
    this.#meter.live = live;
    const direct = live.answering({ deliver: (output: Output) => this.sender.send(encodeOutput(output)) });
    const gate = new CoveredGate({
      flush: () => log.flush(),
      pass: (covered) => this.outputs.pass(covered),
      direct: (output) => direct.deliver(output),
    });
    const source = new ProgressSource({ source: live, log, nowNs: monotonicNs, intervalNs: PROGRESS_INTERVAL_NS });
    const elapsedNs = (): bigint => this.#meter.elapsedNs;
    const recorder = new Recorder({ machine, source, gate, log, digestTicks: header.digestTicks, elapsedNs });
    const session = new Session(machine, this.#doors, recorder, recorder);
    this.say({ kind: 'live', tick: machine.tick });
    const result = session.runToEnd();
    this.#sink.sync();
    return this.#meter.endOf(result);
  }

  /** A backup has no files of its own: what the machine starts from goes over the channel, inside the log. */
  #sendImages(log: LogWriter): void {
    const { images } = this.#images;
    for (const role of Object.keys(images) as (keyof typeof images)[]) {
      log.image(role, images[role]!);
      this.#images.giveBack();
    }
  }

  /** The own file first: what the backup has, this side has too. */
  #bothSinks(): LogSink {
    return {
      write: (bytes) => {
        this.#sink.write(bytes);
        this.outputs.flush();
        this.sender.send(encodeReport({ kind: 'frame', sequence: this.#frames++, last: isEndFrame(bytes), bytes }));
      },
    };
  }

  /** Between two slices. `longWait`: nothing may happen for long from here on. */
  #between(longWait: boolean): void {
    this.#images.giveBack();
    this.outputs.flush();
    this.#meter.count(longWait);
    this.#brake.hold();
  }
}
