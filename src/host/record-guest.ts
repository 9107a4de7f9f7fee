/**
 * `run` and `record`: a guest with both doors open, with or without a recorder; and `replay --live`, a recording that
 * goes on as a live guest.
 */

import { UserError } from '../lib/errors.ts';
import { FORMAT_VERSION, type LogHeader } from '../logformat/header.ts';
import { configToCbor } from '../session/machine-config.ts';
import type { CheckpointSpacing } from './checkpoint-schedule.ts';
import { epochNs } from './clock.ts';
import type { GuestOptions, Surroundings } from './guest-options.ts';
import { type GuestPlan, imageBytes, planGuest } from './guest-plan.ts';
import { closeAll, deviceNames, openDrives, portsOf, refuseMore, type Stdio, terminalOf } from './guest-ports.ts';
import { closeImages, type KeptImages, keepImages } from './kept-images.ts';
import type { GuestJob } from './live/job.ts';
import { LiveGuest } from './live/live-guest.ts';
import type { Progress } from './live/shared-state.ts';
import { LogFileSink } from './log-file-sink.ts';
import { openRecording } from './log-file-source.ts';
import { NO_TOTALS, type Outcome, outcomeOf } from './outcome.ts';
import { toolVersion } from './package-files.ts';
import type { HostPort } from './ports/port.ts';
import { type ImagePaths, recordedConfig, recordedImages, requirePowerOn } from './recorded-machine.ts';
import { newRecordingPaths } from './recordings.ts';

/** What the operator sees and says while a guest is live. */
export interface LiveUi extends Stdio {
  /** One line, without a final stop. */
  notice(text: string): void;
  /** Called a few times a second. */
  progress?(progress: Progress): void;
  /** The guest is live; a continued one at this tick. */
  live?(tick: bigint): void;
  /** The recording that is being written. */
  recording?(path: string): void;
  /** Aborted: the guest is ended where it stands, and a recording is closed with its end frame. */
  readonly stop?: AbortSignal;
}

export interface RecordOptions extends GuestOptions {
  /** The recording; a new name in the default folder when left out. */
  readonly output?: string;
  /** Command line, for people. */
  readonly command?: readonly string[];
  readonly digestTicks?: LogHeader['digestTicks'];
  /** How far apart checkpoints in the recording are; none are made when left out. */
  readonly checkpoints?: CheckpointSpacing;
}

export interface ContinueOptions extends Surroundings, ImagePaths {
  readonly file: string;
  /** Go live here; at the recording's end when left out. */
  readonly untilTick?: bigint;
  /** Record the whole of it to this file, history included; a new name in the default folder when left out. */
  readonly output?: string;
  readonly command?: readonly string[];
}

/** Small digests about 15 a second, whole ones about one, at a thousand million steps a second. */
export const DIGEST_TICKS: LogHeader['digestTicks'] = { small: 1n << 26n, all: 1n << 30n };
const PROGRESS_MS = 250;

/** UserError when it cannot begin; what happens later is in the outcome. */
export async function runGuest(options: GuestOptions, ui: LiveUi): Promise<Outcome> {
  const plan = await planGuest(options);
  return live(plan, await ends(plan, options, ui), jobOf(plan, options), undefined, ui);
}

/** As runGuest, with everything that went in written to a recording. */
export async function recordGuest(options: RecordOptions, ui: LiveUi): Promise<Outcome> {
  const plan = await planGuest(options);
  const ports = await ends(plan, options, ui);
  const header = headerOf(plan, options);
  const sink = await sinkOf(options.output, options.kernel ?? options.bios ?? 'guest', ports);
  const checkpoints = options.checkpoints === undefined ? {} : { checkpoints: options.checkpoints };
  const record = { fd: sink.fd, path: sink.path, header, ...checkpoints };
  return live(plan, ports, { ...jobOf(plan, options), record }, sink, ui);
}

/** The header of a recording that begins now. */
export function headerOf(plan: Pick<GuestPlan, 'config' | 'images'>, options: RecordOptions): LogHeader {
  return {
    version: FORMAT_VERSION,
    tool: toolVersion(),
    createdNs: epochNs(),
    command: options.command ?? [],
    machine: configToCbor(plan.config),
    images: Object.fromEntries(
      Object.entries(plan.images).map(([role, { sha256, size, name }]) => [role, { sha256, size, name }]),
    ),
    digestTicks: options.digestTicks ?? DIGEST_TICKS,
    ...terminalOf(plan.config, options),
  };
}

/** Replays a recording and goes on live from there, recording both into a new one. */
export async function continueLive(options: ContinueOptions, ui: LiveUi): Promise<Outcome> {
  const { header, plan } = await historyPlan(options);
  const ports = await ends(plan, options, ui);
  const kernel = header.images.kernel?.name ?? header.images.firmware?.name ?? 'guest';
  const sink = await sinkOf(options.output, kernel, ports);
  const { terminal: _, ...same } = header;
  const made = { tool: toolVersion(), createdNs: epochNs(), command: options.command ?? [] };
  const again = { ...same, ...made, ...terminalOf(plan.config, options) };
  const record = { fd: sink.fd, path: sink.path, header: again };
  const until = options.untilTick === undefined ? {} : { untilTick: options.untilTick };
  const resume = { path: options.file, ...until };
  return live(plan, ports, { ...jobOf(plan, options), record, resume }, sink, ui);
}

async function historyPlan(options: ContinueOptions): Promise<{ header: LogHeader; plan: GuestPlan }> {
  const recording = openRecording(options.file);
  try {
    const { header } = recording.reader;
    requirePowerOn(recording.reader, 'gone on with');
    const config = recordedConfig(recording.reader);
    const has = deviceNames(config, 'block').length;
    refuseMore('drives', has, options.drives.length);
    if (options.drives.length < has) {
      const what = `the recorded machine has ${has} drives, and ${options.drives.length} are given`;
      throw new UserError('missing-drive', what, 'give each with --drive, as it was when the recording began');
    }
    const images = recordedImages(recording.reader, options);
    const drives = await openDrives(options.drives);
    return { header, plan: { config, images, drives } };
  } finally {
    recording.close();
  }
}

async function ends(plan: GuestPlan, surroundings: Surroundings, ui: LiveUi): Promise<HostPort[]> {
  try {
    return portsOf(plan.config, surroundings, plan.drives, ui);
  } catch (error) {
    await closeAll(plan.drives);
    throw error;
  }
}

type Job = Omit<GuestJob, 'shared' | 'images'>;

function jobOf({ config }: GuestPlan, { engine, entropy }: Surroundings): Job {
  return { config, engine, entropy };
}

async function sinkOf(output: string | undefined, kernel: string, ports: readonly HostPort[]): Promise<LogFileSink> {
  try {
    return output === undefined ? LogFileSink.createFirst(newRecordingPaths(kernel)) : LogFileSink.create(output);
  } catch (error) {
    await closeAll(ports);
    throw error;
  }
}

/** Uses up the plan's images. */
async function live(
  { images }: GuestPlan,
  ports: readonly HostPort[],
  job: Job,
  sink: LogFileSink | undefined,
  ui: LiveUi,
): Promise<Outcome> {
  const guest = new LiveGuest(ports, ui);
  const stop = (): void => guest.stop();
  ui.stop?.addEventListener('abort', stop);
  if (ui.stop?.aborted === true) stop();
  const timer = setInterval(() => ui.progress?.(guest.progress), PROGRESS_MS);
  if (sink !== undefined) ui.recording?.(sink.path);
  try {
    const end = await withImages(images, (kept) => guest.run({ ...job, images: kept }));
    return outcomeOf(end, sink?.path, guest.quit);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const { ticks, time, consoleBytes, idleNs } = guest.progress;
    const totals = { ...NO_TOTALS, ticks, time, consoleBytes, idleNs };
    return { ending: 'failed', exitCode: error.exitCode, error, ...named(sink), totals, mips: 0 };
  } finally {
    clearInterval(timer);
    ui.stop?.removeEventListener('abort', stop);
    sink?.close();
  }
}

async function withImages<T>(images: GuestPlan['images'], use: (kept: KeptImages) => Promise<T>): Promise<T> {
  const kept = keepImages(imageBytes(images));
  try {
    return await use(kept);
  } finally {
    closeImages(kept);
  }
}

const named = (sink: LogFileSink | undefined) => (sink === undefined ? {} : { recording: sink.path });
