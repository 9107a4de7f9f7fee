/**
 * `run` and `record`: a guest with both doors open, with or without a recorder; and `replay --live`, a recording that
 * goes on as a live guest.
 */

import { fstatSync } from 'node:fs';
import { UserError } from '../lib/errors.ts';
import type { LogHeader } from '../logformat/header.ts';
import { epochNs } from './clock.ts';
import { FoundGuest } from './found-guest.ts';
import type { PairOutcome } from './ft/pair-options.ts';
import type { Surroundings } from './guest-options.ts';
import { type GuestPlan, imageBytes, planGuest } from './guest-plan.ts';
import { closeAll, deviceNames, openDrives, portsOf, refuseMore, terminalOf } from './guest-ports.ts';
import { closeImages, type KeptImages, keepImages } from './kept-images.ts';
import { recordedOutcome } from './kept-recording.ts';
import { type GuestEnd, type GuestJob, toPlain } from './live/job.ts';
import { LiveGuest } from './live/live-guest.ts';
import { LogFileSink } from './log-file-sink.ts';
import { openRecording } from './log-file-source.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import { toolVersion } from './package-files.ts';
import type { HostPort } from './ports/port.ts';
import type { LiveOptions, LiveUi, RecordOptions, RunOptions } from './record-options.ts';
import { RecordedFile } from './recorded-file.ts';
import {
  type ImagePaths,
  recordedConfig,
  recordedImages,
  refuseOtherImages,
  requirePowerOn,
} from './recorded-machine.ts';
import { headerOf } from './recording-header.ts';
import { newRecordingPaths } from './recordings.ts';

export interface ContinueOptions extends ImagePaths, LiveOptions {
  readonly file: string;
  /** Go live here; at the recording's end when left out. */
  readonly untilTick?: bigint;
  /** Record the whole of it to this file, history included; a new name in the default folder when left out. */
  readonly output?: string;
  readonly command?: readonly string[];
}

const PROGRESS_MS = 250;

/** UserError when it cannot begin; what happens later is in the outcome. */
export async function runGuest(options: RunOptions, ui: LiveUi): Promise<Outcome> {
  const plan = await planGuest(options);
  const ports = await ends(plan, options, ui);
  return live(plan, ports, jobOf(plan, options, headerOf(plan, options)), undefined, ui, options);
}

/** As runGuest, with everything that went in written to a recording. */
export async function recordGuest(options: RecordOptions, ui: LiveUi): Promise<Outcome> {
  const plan = await planGuest(options);
  const ports = await ends(plan, options, ui);
  const header = headerOf(plan, options);
  const sink = await sinkOf(options.output, options.kernel ?? options.bios ?? 'guest', ports);
  const { checkpoints, kept } = options;
  const asked = { ...(checkpoints === undefined ? {} : { checkpoints }), ...(kept === undefined ? {} : { kept }) };
  const record = { fd: sink.fd, path: sink.path, ...asked };
  return live(plan, ports, { ...jobOf(plan, options, header), record }, sink, ui, options);
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
  const record = { fd: sink.fd, path: sink.path };
  const until = options.untilTick === undefined ? {} : { untilTick: options.untilTick };
  const resume = { path: options.file, ...until };
  return live(plan, ports, { ...jobOf(plan, options, again), record, resume }, sink, ui, options);
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
    refuseOtherImages(recording.reader, options);
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

function jobOf({ config }: GuestPlan, { engine, entropy }: Surroundings, header: LogHeader): Job {
  return { config, engine, entropy, header };
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
  plan: GuestPlan,
  ports: readonly HostPort[],
  job: Job,
  first: LogFileSink | undefined,
  ui: LiveUi,
  options: LiveOptions,
): Promise<Outcome> {
  const guest = new LiveGuest(ports, ui);
  const file = first === undefined ? undefined : new RecordedFile(first, guest);
  const stop = (): void => guest.stop();
  ui.stop?.addEventListener('abort', stop);
  if (ui.stop?.aborted === true) stop();
  const timer = setInterval(() => ui.progress?.(guest.progress), PROGRESS_MS);
  if (first !== undefined) ui.recording?.(first.path);
  const found = new FoundGuest({ options, plan, ports, file, live: guest, ui }, options.foundBy);
  let paired: PairOutcome | undefined;
  const told = (outcome: Outcome): Outcome => recordedOutcome(outcome, file?.sink, (text) => ui.notice(text));
  try {
    await found.mayBegin();
    return await withImages(plan.images, async (kept) => {
      const run = guest.run({ ...job, images: kept });
      found.begins();
      await run.catch(() => {});
      paired = await found.paired();
      return paired ?? told(outcomeOf(await run, madeBy(file), guest.quit));
    });
  } catch (error) {
    await closeAll(ports);
    if (!(error instanceof UserError)) throw error;
    const end: GuestEnd = { kind: 'failed', error: toPlain(error), totals: guest.ended?.totals };
    return told(outcomeOf(end, madeBy(file), guest.quit));
  } finally {
    clearInterval(timer);
    ui.stop?.removeEventListener('abort', stop);
    await found.close();
    // A pair's side has closed it.
    if (paired === undefined) file?.sink.close();
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

/** The recording that is there; undefined where nothing was written, and the file goes with its sink. */
function madeBy(file: RecordedFile | undefined): string | undefined {
  if (file === undefined) return undefined;
  const { fd, path } = file.sink;
  return fstatSync(fd).size > 0 ? path : undefined;
}
