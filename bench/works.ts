/** What is run: one machine start each, with the rows of the tables that come out of it. */

import { APPS, CPU_KERNELS, FLOAT_KERNELS, LINUX_KERNELS } from './kernels.ts';
import type { LinuxImages } from './linux-guest.ts';
import type { BenchOptions } from './options.ts';

export interface Guest {
  readonly kernel: string;
  /** Left out: the kernel runs bare, without firmware. */
  readonly initrd?: string;
  readonly append: string;
  /** It has a drive of this size, empty at first. */
  readonly driveBytes?: number;
}

export interface Work {
  readonly name: string;
  readonly guest: Guest;
  /** Markers to time; the whole run, start to power off, when empty. */
  readonly marks: readonly string[];
  /** Run in the first round only. */
  readonly once?: boolean;
  /** Words for the native program that does the same. */
  readonly native?: readonly string[];
}

/** What a row is made of decides which geometric mean it counts in. */
export type RowGroup = 'integer' | 'floating point' | 'system';

export interface Row {
  readonly name: string;
  readonly work: Work;
  /** Undefined: the whole run. */
  readonly mark: string | undefined;
  readonly group: RowGroup;
}

export interface Images {
  readonly bare: string;
  /** Undefined when no work needs it. */
  readonly linux: LinuxImages | undefined;
}

const MIB = 2 ** 20;
const SCRIPTS: { readonly [name in (typeof APPS)[number]]: string } = {
  redis: 'redis-benchmark -n 5000 -q -t set,get',
  sqlite:
    "sqlite3 /mnt/t.db 'create table t(a integer primary key, b text); with recursive c(x) as (select 1 union all " +
    "select x+1 from c where x<100000) insert into t select x, hex(x*7919) from c; select count(*) from t'",
};

/** True when some of what was asked for runs under Linux. */
export function needsLinux({ quick, only, apps }: BenchOptions): boolean {
  if (apps || only.length === 0) return true;
  return only.includes('boot') || LINUX_KERNELS.some((name) => only.includes(name)) || !quick;
}

/** In the order of a round. */
export function worksOf(options: BenchOptions, { bare, linux }: Images): Work[] {
  const { factor, only, quick, apps } = options;
  const wanted = (name: string): boolean => only.length === 0 || only.includes(name);
  const works: Work[] = CPU_KERNELS.filter(wanted).map((kernel) => ({
    name: `bare ${kernel}`,
    guest: { kernel: bare, append: `kernels=${kernel} factor=${factor}` },
    marks: [kernel],
    native: [kernel, `${factor}`],
  }));
  if (linux === undefined) return works;
  const linuxOnly = LINUX_KERNELS.filter((name) => wanted(name) && (!quick || only.includes(name)));
  const inLinux = quick ? linuxOnly : [...CPU_KERNELS.filter(wanted), ...linuxOnly];
  const boot = (task: string, initrd = linux.initrd, words = '') => ({
    kernel: linux.kernel,
    initrd,
    append: `console=ttyS0 ${words}task="${task}"`,
  });
  if (inLinux.length > 0) {
    const guest = boot(`bench ${inLinux.join(',')} ${factor}`);
    works.push({ name: 'linux kernels', guest, marks: inLinux, native: [inLinux.join(','), `${factor}`] });
  }
  if (wanted('boot')) works.push({ name: 'linux boot', guest: boot('true'), marks: [], once: quick });
  const chosen = apps ? APPS.filter(wanted) : [];
  if (chosen.length > 0) {
    const guest = { ...boot(appsTask(chosen), linux.appsInitrd, 'extra=1 '), driveBytes: 128 * MIB };
    works.push({ name: 'linux apps', guest, marks: chosen });
  }
  return works;
}

export function rowsOf(works: readonly Work[]): Row[] {
  return works.flatMap((work): Row[] => {
    if (work.marks.length === 0) return [{ name: work.name, work, mark: undefined, group: 'system' }];
    const place = work.name.split(' ')[0];
    return work.marks.map((mark) => ({ name: `${place} ${mark}`, work, mark, group: groupOf(mark) }));
  });
}

function groupOf(mark: string): RowGroup {
  if ((FLOAT_KERNELS as readonly string[]).includes(mark)) return 'floating point';
  return (CPU_KERNELS as readonly string[]).includes(mark) ? 'integer' : 'system';
}

function appsTask(apps: readonly (typeof APPS)[number][]): string {
  const ready = [
    'mke2fs -q -t ext4 /dev/vda',
    'mount /dev/vda /mnt',
    'redis-server --daemonize yes --dir /mnt > /dev/null',
    'until redis-cli ping > /dev/null 2>&1; do :; done',
  ];
  const timed = apps.flatMap((name) => [`echo @@BEGIN ${name}`, SCRIPTS[name], `echo @@END ${name} 0 -`]);
  return [...ready, ...timed, 'redis-cli shutdown nosave', 'umount /mnt'].join('; ');
}
