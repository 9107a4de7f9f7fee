/**
 * What the guest thread of a primary does: as a recorder's, with the log going to the main thread too, frame by frame,
 * and every output that changes the world behind the frame that covers it.
 *
 * Invariant: in the ring to the main thread an output comes after the frame with its mark.
 */

import type { Machine } from '../../emu/machine/machine.ts';
import { isEndFrame } from '../../logformat/frame.ts';
import type { LogSink } from '../../logformat/frame-writer.ts';
import { LogWriter } from '../../logformat/writer.ts';
import { ConsoleLines } from '../../session/console-lines.ts';
import { Doors } from '../../session/doors.ts';
import { Session } from '../../session/session.ts';
import { guestEntropy } from '../entropy.ts';
import { ImageReader } from '../kept-images.ts';
import type { GuestEnd } from '../live/job.ts';
import { RingInputs } from '../live/ring-ports.ts';
import { RunMeter } from '../live/run-meter.ts';
import { LogFileSink } from '../log-file-sink.ts';
import { machineOf } from '../machine-of.ts';
import { zstd } from '../zstd.ts';
import type { PrimaryJob } from './job.ts';
import { LiveSide } from './live-side.ts';
import { decodeOrder, encodeReport } from './ring-messages.ts';
import { SideRun } from './side-run.ts';

export class PrimaryRun extends SideRun {
  readonly #job: PrimaryJob;
  readonly #images: ImageReader;
  readonly #machine: Machine;
  readonly #doors = new Doors();
  readonly #inputs: RingInputs;
  readonly #sink: LogFileSink;
  readonly #meter: RunMeter;
  #live: LiveSide | undefined;
  #frames = 0;

  /** UserError for images and configurations that cannot be. */
  constructor(job: PrimaryJob) {
    super(job.shared);
    this.#job = job;
    this.#images = new ImageReader(job.images);
    this.#machine = machineOf(job.config, this.#images.images, this.#doors, job.engine);
    this.#inputs = new RingInputs(job.shared, (message) => {
      this.#live?.order(decodeOrder(message));
      return false;
    });
    this.#sink = new LogFileSink(job.log.path, job.log.fd);
    this.#meter = new RunMeter(this.#machine, job.shared, () => this.outputs.consoleBytes);
    this.#meter.sink = this.#sink;
    this.meter = this.#meter;
  }

  protected override toEnd(): GuestEnd {
    const machine = this.#machine;
    const { header, followed, images, shared, method, inside } = this.#job;
    // A backup that is given states has no use for it.
    const isSent = followed && method.name !== 'checkpoints';
    const isApart = isSent && method.diskReads === 'backup';
    const log = new LogWriter(isSent && !isApart ? this.#bothSinks() : this.#sink, zstd, header);
    const channel = isApart ? new LogWriter({ write: (bytes) => this.#sendFrame(bytes) }, zstd, header) : undefined;
    if (isSent) this.#sendImages(channel === undefined ? [log] : [log, channel]);
    this.#meter.goesLive();
    const { consoles, sender, outputs } = this;
    const live = new LiveSide({
      machine,
      header,
      log,
      images,
      inputs: this.#inputs,
      consoles,
      sender,
      outputs,
      meter: this.#meter,
      shared,
      entropy: guestEntropy(this.#job.entropy),
      lines: new ConsoleLines(),
      inside,
      followed,
      ...(channel === undefined ? {} : { channel }),
      method,
      between: () => this.#images.giveBack(),
    });
    this.#live = live;
    const session = new Session(machine, this.#doors, live.recorder, live.recorder);
    this.say({ kind: 'live', tick: machine.tick });
    this.outlives(this.#sink);
    const result = session.runToEnd();
    this.#sink.sync();
    return this.#meter.endOf(result);
  }

  /** A backup has no files of its own: what the machine starts from goes over the channel, inside the log. */
  #sendImages(logs: readonly LogWriter[]): void {
    const { images } = this.#images;
    for (const role of Object.keys(images) as (keyof typeof images)[]) {
      for (const log of logs) log.image(role, images[role]!);
      this.#images.giveBack();
    }
  }

  /** The own file first: what the backup has, this side has too. */
  #bothSinks(): LogSink {
    return {
      write: (bytes) => {
        this.#sink.write(bytes);
        this.#sendFrame(bytes);
      },
    };
  }

  #sendFrame(bytes: Uint8Array): void {
    if (this.#live?.isOwnFollowed === false) return;
    this.outputs.flush();
    const places = this.#live?.takePlaces() ?? [];
    if (places.length > 0) this.sender.send(encodeReport({ kind: 'reads', copy: 0, places }));
    const sequence = this.#frames++;
    const last = isEndFrame(bytes);
    this.sender.send(encodeReport({ kind: 'frame', copy: 0, sequence, last, commit: false, bytes }));
  }
}
