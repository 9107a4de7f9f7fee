/**
 * Where recordings are kept and how they are named when the operator does not say: `<kernel>-0001.lks` in the state
 * folder of the XDG Base Directory Specification; the folder is made for its owner alone. The latest is the one written
 * last.
 */

import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { UserError } from '../lib/errors.ts';
import { reasonOf } from './os-errors.ts';

export const RECORDING_SUFFIX = '.lks';

export interface RecordingFile {
  readonly path: string;
  readonly name: string;
  readonly sizeBytes: number;
  /** When it was last written, milliseconds since 1970. */
  readonly writtenMs: number;
}

export function stateFolder(): string {
  const xdg = process.env.XDG_STATE_HOME;
  // A relative path is to be ignored (XDG Base Directory Specification).
  return join(xdg?.startsWith('/') ? xdg : join(homedir(), '.local', 'state'), 'lockstep');
}

/** Where sockets are, as long as their processes. */
export function runtimeFolder(): string {
  const xdg = process.env.XDG_RUNTIME_DIR;
  return xdg?.startsWith('/') ? join(xdg, 'lockstep') : stateFolder();
}

export function recordingsFolder(): string {
  return join(stateFolder(), 'recordings');
}

/** Newest last. An absent folder has none. */
export function listRecordings(folder: string = recordingsFolder()): RecordingFile[] {
  return namesIn(folder)
    .flatMap((name) => fileInfo(join(folder, name)) ?? [])
    .sort((a, b) => a.writtenMs - b.writtenMs || (a.name < b.name ? -1 : 1));
}

/** The file a command means: the one named, or the latest. UserError when there is none. */
export function recordingPath(file: string | undefined): string {
  if (file !== undefined) return file;
  const latest = listRecordings().at(-1);
  if (latest !== undefined) return latest.path;
  const remedy = 'name a file, or make one with: lockstep record --kernel FILE';
  throw new UserError('no-recording', `there is no recording in ${recordingsFolder()}`, remedy);
}

/** Names to try, in turn, for a new recording of `kernel` (a path) in the default folder, which is made. Never ends. */
export function* newRecordingPaths(kernel: string): Generator<string, never> {
  const folder = recordingsFolder();
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    const what = `cannot make the folder of recordings ${folder}: ${reasonOf(error)}`;
    throw new UserError('no-folder', what, 'name the recording with -o FILE', undefined, error);
  }
  const stem = kernelStem(kernel);
  const used = namesIn(folder).map((name) => numberOf(name, stem));
  for (let number = Math.max(0, ...used) + 1; ; number++) {
    yield join(folder, `${stem}-${String(number).padStart(4, '0')}${RECORDING_SUFFIX}`);
  }
}

/** What recordings of a kernel (a path) are called after. */
export function kernelStem(kernel: string): string {
  return basename(kernel).replace(/\.(?:elf|bin|img)$/i, '') || 'guest';
}

function numberOf(name: string, stem: string): number {
  const digits = name.startsWith(`${stem}-`) ? name.slice(stem.length + 1, -RECORDING_SUFFIX.length) : '';
  return /^\d{4,9}$/.test(digits) ? Number(digits) : 0;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith(RECORDING_SUFFIX));
  } catch {
    return [];
  }
}

function fileInfo(path: string): RecordingFile | undefined {
  try {
    const { size, mtimeMs } = statSync(path);
    return { path, name: basename(path), sizeBytes: size, writtenMs: mtimeMs };
  } catch {
    return undefined;
  }
}
