/**
 * The Debian guest for tests: built once by samples/linux/build.sh into a folder that is kept, LOCKSTEP_GUEST or one
 * for temporary files; and recordings of it.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { RecordOptions } from '../../src/host/record-options.ts';
import { MIB, record, type TestUi, type Told } from '../host/support.ts';

const BUILD = fileURLToPath(new URL('../../samples/linux/build.sh', import.meta.url));

/** Why there can be no guest here; undefined when there can. */
export const noGuest =
  spawnSync('apt-get', ['--version']).error === undefined
    ? undefined
    : 'apt is not there to fetch Debian packages with';

/** Time that building the guest may take, and a recording after it. */
export const BUILD_MS = 15 * 60_000;

export interface LinuxGuest {
  readonly kernel: string;
  /** busybox alone, and with programs. */
  readonly small: string;
  readonly full: string;
}

/** Builds the guest where it is not there yet. Several may ask at once. */
export function linuxGuest(): LinuxGuest {
  const folder = process.env.LOCKSTEP_GUEST ?? join(tmpdir(), `lockstep-guest-${userInfo().uid}`);
  mkdirSync(folder, { recursive: true });
  // versions.txt is written last.
  const build = '[ -e "$2/versions.txt" ] || exec "$1" "$2"';
  execFileSync('flock', [join(folder, '.lock'), 'sh', '-c', build, 'sh', BUILD, folder], { stdio: 'inherit' });
  const file = (name: string): string => join(folder, name);
  return { kernel: file('Image'), small: file('initrd-min.cpio.gz'), full: file('initrd.cpio.gz') };
}

/** How many recordings a test makes of one kind. */
export const recordings = (): number => Number(process.env.LOCKSTEP_LINUX_RECORDINGS ?? 3);

export const OPENSBI = '/usr/lib/riscv64-linux-gnu/opensbi/generic/fw_dynamic.bin';

export interface LinuxRun extends Partial<RecordOptions> {
  readonly initrd: string;
  /** Shell command, without double quotes. */
  readonly task: string;
  /** More words for the kernel's command line. */
  readonly words?: string;
}

/** Records a boot that runs the task and powers off, and checks that it did. */
export async function recordLinux(
  { kernel }: LinuxGuest,
  output: string,
  { task, words = '', ...options }: LinuxRun,
  during?: (ui: TestUi) => Promise<void>,
): Promise<Told> {
  const append = `console=ttyS0 quiet ${words} task="${task}"`;
  const told = await record('linux', output, { kernel, memoryBytes: 256 * MIB, append, ...options }, during);
  expect(told, told.text).toMatchObject({ notices: [], outcome: { ending: 'halted', exitCode: 0 } });
  expect(told.text).toContain('@@DONE');
  return told;
}

/** A sparse file for a drive. */
export function emptyDisk(path: string, bytes: number): string {
  closeSync(openSync(path, 'w'));
  execFileSync('truncate', ['-s', String(bytes), path]);
  return path;
}

/** Log bytes for each thousand steps. */
export const bytesPerThousand = ({ outcome }: Told): number =>
  (outcome.totals.logBytes * 1000) / Number(outcome.totals.ticks);
