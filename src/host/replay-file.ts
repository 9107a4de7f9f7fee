/**
 * `replay`: a recording gone through on this thread, in chunks, so that progress can be shown and the operator can
 * stop. Every output and digest of the recording is compared; what the guest says can be shown.
 */

import type { Writable } from 'node:stream';
import { putAtStart } from '../debug/timeline/start.ts';
import type { Output } from '../emu/machine/events.ts';
import type { Machine } from '../emu/machine/machine.ts';
import { tick } from '../lib/brands.ts';
import { ExitCode, UserError } from '../lib/errors.ts';
import type { Cut } from '../logformat/reader.ts';
import { Doors } from '../session/doors.ts';
import { ClosedGate, type OutputPort } from '../session/gate.ts';
import { Replayer } from '../session/replayer.ts';
import { Session, type StepResult } from '../session/session.ts';
import { monotonicNs } from './clock.ts';
import { FaultSource } from './fault-source.ts';
import type { EngineName } from './guest-options.ts';
import { imageBytes } from './guest-plan.ts';
import { UART } from './guest-ports.ts';
import { closeImages, ImageReader, keepImages } from './kept-images.ts';
import { type OpenRecording, openRecording } from './log-file-source.ts';
import { machineOf } from './machine-of.ts';
import { mipsOf, type Outcome } from './outcome.ts';
import { StreamWriter } from './ports/stream-writer.ts';
import {
  type ImagePaths,
  recordedConfig,
  recordedImages,
  recordingError,
  refuseOtherImages,
} from './recorded-machine.ts';

export interface ReplayOptions extends ImagePaths {
  readonly file: string;
  /** Stop here, before what the recording holds at this tick is applied; at the end when left out. */
  readonly untilTick?: bigint;
  readonly engine: EngineName;
  /** Flip a bit of the guest's state at this tick: a test aid. */
  readonly injectFaultTick?: bigint;
}

export interface ReplayUi {
  /** Gets what the console says that was on the terminal, or the 16550 when none was; nothing when left out. */
  readonly output?: Writable;
  progress?(progress: ReplayProgress): void;
  readonly stop?: AbortSignal;
}

export interface ReplayProgress {
  readonly ticks: bigint;
  /** Where the replay will end, when the recording or the operator says so. */
  readonly untilTicks: bigint | undefined;
  /** Host time taken, nanoseconds. */
  readonly elapsedNs: bigint;
}

/** Host time between two looks at the world. */
const CHUNK_NS = 20_000_000n;

/** UserError when it cannot begin. A divergence is an outcome. */
export async function replayFile(options: ReplayOptions, ui: ReplayUi): Promise<Outcome> {
  const recording = openRecording(options.file);
  try {
    return await replay(recording, options, ui);
  } catch (error) {
    throw recordingError(error);
  } finally {
    recording.close();
  }
}

async function replay(recording: OpenRecording, options: ReplayOptions, ui: ReplayUi): Promise<Outcome> {
  refuseOtherImages(recording.reader, options);
  const kept = keepImages(imageBytes(recordedImages(recording.reader, options)));
  try {
    return await replayWith(new ImageReader(kept), recording, options, ui);
  } finally {
    closeImages(kept);
  }
}

async function replayWith(
  images: ImageReader,
  { reader, sizeBytes }: OpenRecording,
  options: ReplayOptions,
  ui: ReplayUi,
): Promise<Outcome> {
  const { injectFaultTick, untilTick } = options;
  const doors = new Doors();
  const machine = machineOf(recordedConfig(reader), images.images, doors, options.engine);
  images.giveBack();
  const from = putAtStart(machine, reader)?.position.replayer;
  const fromTick = machine.tick;
  if (untilTick !== undefined && untilTick < fromTick) throw beforeStart(untilTick, fromTick);
  const shown = new ShownConsole(reader.header.terminal ?? UART, ui.output);
  const replayer = new Replayer({
    machine,
    records: reader.records(),
    gate: new ClosedGate(shown),
    ...(untilTick === undefined ? {} : { until: tick(untilTick) }),
    ...(from === undefined ? {} : { from }),
  });
  const source = injectFaultTick === undefined ? replayer : new FaultSource(replayer, machine, tick(injectFaultTick));
  const session = new Session(machine, doors, source, replayer);
  const untilTicks = untilTick ?? reader.end()?.end.ticks;
  const startNs = monotonicNs();
  const result = await inChunks(session, async () => {
    ui.progress?.({ ticks: machine.tick, untilTicks, elapsedNs: monotonicNs() - startNs });
    images.giveBack();
    await shown.drained();
    return ui.stop?.aborted !== true;
  });
  const totals = {
    ticks: machine.tick,
    fromTick,
    time: machine.time,
    elapsedNs: monotonicNs() - startNs,
    idleNs: 0n,
    consoleBytes: shown.bytes,
    logBytes: sizeBytes,
    events: replayer.counts,
  };
  await shown.close();
  return { recording: options.file, totals, mips: mipsOf(totals), ...endingOf(result, machine, replayer, options) };
}

function beforeStart(untilTick: bigint, fromTick: bigint): UserError {
  const what = `the recording begins at tick ${fromTick}, with a running guest, and not before tick ${untilTick}`;
  return new UserError('no-such-tick', what, `give --until ${fromTick} or more`);
}

/** Steps until the result is final; `pause` is called every so often and says whether to go on. */
async function inChunks(session: Session, pause: () => Promise<boolean>): Promise<StepResult> {
  for (;;) {
    const until = monotonicNs() + CHUNK_NS;
    do {
      const result = session.step();
      if (result.kind !== 'ran') return result;
    } while (monotonicNs() < until);
    await new Promise(setImmediate);
    if (!(await pause())) return { kind: 'ran' };
  }
}

function damagedRecording(file: string, { offset, reason }: Cut): UserError {
  const what = `the recording ${file} is damaged at byte ${offset}: ${reason}`;
  const remedy = 'take a sound copy, or give what is sound an end with: lockstep log repair';
  return new UserError('damaged-recording', what, remedy, ExitCode.badLog);
}

type EndingParts = Omit<Outcome, 'totals' | 'mips' | 'recording'>;

function endingOf(
  result: StepResult,
  machine: Machine,
  replayer: Replayer,
  { untilTick, file }: ReplayOptions,
): EndingParts {
  if (result.kind === 'ran') return { ending: 'stopped', exitCode: ExitCode.interrupted };
  if (result.kind === 'diverged') {
    return { ending: 'diverged', exitCode: ExitCode.diverged, divergence: result.divergence };
  }
  const { finish } = replayer;
  const reached = untilTick !== undefined && machine.tick >= untilTick;
  if (finish?.kind === 'cut' && finish.damaged && !reached) {
    const error = damagedRecording(file, finish);
    return { ending: 'damaged', exitCode: error.exitCode, error, cut: finish.reason };
  }
  if (untilTick !== undefined && !reached) {
    const what = `the recording ends at tick ${machine.tick}, before tick ${untilTick}`;
    const error = new UserError('no-such-tick', what, `give --until ${machine.tick} or less`);
    return { ending: 'failed', exitCode: error.exitCode, error };
  }
  const cut = finish?.kind === 'cut' ? { cut: finish.reason } : {};
  if (machine.halt !== undefined) return { ending: 'halted', exitCode: ExitCode.done, halt: machine.halt, ...cut };
  if (untilTick === undefined && finish?.kind === 'cut') return { ending: 'cut', exitCode: ExitCode.done, ...cut };
  return { ending: 'stopped', exitCode: ExitCode.done };
}

/** The output of one console for whoever watches; that of all is counted. */
class ShownConsole implements OutputPort {
  readonly #device: string;
  readonly #writer: StreamWriter | undefined;
  #hold: Promise<void> | undefined;
  #bytes = 0n;

  constructor(device: string, output: Writable | undefined) {
    this.#device = device;
    this.#writer = output === undefined ? undefined : new StreamWriter(output, () => {});
  }

  get bytes(): bigint {
    return this.#bytes;
  }

  deliver(output: Output): void {
    if (output.kind !== 'console') return;
    this.#bytes += BigInt(output.bytes.length);
    if (output.device === this.#device) this.#hold = this.#writer?.write(output.bytes) ?? this.#hold;
  }

  async drained(): Promise<void> {
    const hold = this.#hold;
    this.#hold = undefined;
    await hold;
  }

  /** Lets go of the stream when everything is out. */
  async close(): Promise<void> {
    await this.#writer?.flush();
  }
}
