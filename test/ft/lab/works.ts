/** What the guest does: the guest, the clients' load, and how its history is judged. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { noHosts } from '../../host/switch/namespaces.ts';
import type { ClientOptions } from './client.ts';
import type { Operation } from './history.ts';
import { CARD, DISKS, ROOT } from './hosts.ts';
import { leaseViolations } from './leases.ts';
import { violations } from './linearize.ts';

export const WORKS = ['udp-kv', 'lock', 'redis'] as const;
export type WorkName = (typeof WORKS)[number];

export interface Work {
  readonly load: ClientOptions['work'];
  readonly clients: number;
  /** The guest's flags; `disk` is the name of an export. */
  guest(disk: string): readonly string[];
  /** One text for each thing that no single machine could have answered. */
  judge(operations: readonly Operation[]): readonly string[];
  /** Keeps what it acknowledged on a disk of this size. */
  readonly diskBytes?: number;
  /** Until the guest serves. */
  readonly bootMs: number;
  /** The fault comes this long after the load began. */
  readonly strikeMs: { readonly low: number; readonly high: number };
}

const sample = (name: string): string => join(ROOT, 'samples/prebuilt', `${name}.elf`);
const bare = (name: string) => (): readonly string[] => [
  '--kernel',
  sample(name),
  '--memory',
  '16M',
  '--net',
  CARD,
  '--console',
  'none',
];
const REDIS = "redis-server --appendonly yes --appendfsync always --save '' --dir /mnt --protected-mode no";

export const WORK: Readonly<Record<WorkName, Work>> = {
  'udp-kv': {
    load: 'udp-kv',
    clients: 4,
    guest: bare('udp-kv'),
    judge: violations,
    bootMs: 60_000,
    strikeMs: { low: 0, high: 3000 },
  },
  lock: {
    load: 'lock',
    clients: 5,
    guest: bare('lock-server'),
    judge: leaseViolations,
    bootMs: 60_000,
    strikeMs: { low: 0, high: 3000 },
  },
  redis: {
    load: 'redis',
    clients: 6,
    guest: (disk) => [...linux(`mount -t ext4 /dev/vda /mnt; ${REDIS}`), '--drive', `nbd:${DISKS}/${disk},mode=write`],
    judge: violations,
    diskBytes: 64 << 20,
    bootMs: 10 * 60_000,
    strikeMs: { low: 200, high: 6000 },
  },
};

/** A machine that starts redis again from an image, of which it changes nothing. */
export const redisAgain = (image: string): readonly string[] => [
  ...linux(`mount -t ext4 /dev/vda /mnt; ${REDIS}`),
  '--drive',
  `${image},mode=cow`,
];

/** Why there can be no laboratory for this here; undefined when there can. */
export function noLab(work: WorkName): string | undefined {
  const hosts = noHosts();
  if (hosts !== undefined) return hosts;
  const needed = [['unshare', 'util-linux'], ...(work === 'redis' ? [['mke2fs', 'e2fsprogs'] as const] : [])] as const;
  const absent = needed.find(([program]) => spawnSync(program, ['-V']).error !== undefined);
  return absent === undefined ? undefined : `${absent[0]} is not there: apt install ${absent[1]}`;
}

/** Made here rather than in the guest: an empty ext4. */
export function makeDisk(path: string, bytes: number): void {
  execFileSync('truncate', ['-s', String(bytes), path]);
  execFileSync('mke2fs', ['-q', '-t', 'ext4', path]);
}

function linux(task: string): readonly string[] {
  const folder = guestFolder();
  const file = (name: string): string => join(folder, name);
  const append = `console=ttyS0 extra=1 net_ip=10.0.2.15/24 task="${task}"`;
  return ['--kernel', file('Image'), '--initrd', file('initrd.cpio.gz'), '--append', append, '--net', CARD];
}

/** The Debian guest of samples/linux: built where it is not there yet. */
export function guestFolder(): string {
  const folder = process.env.LOCKSTEP_GUEST ?? join(tmpdir(), `lockstep-guest-${userInfo().uid}`);
  if (existsSync(join(folder, 'versions.txt'))) return folder;
  mkdirSync(folder, { recursive: true });
  execFileSync(join(ROOT, 'samples/linux/build.sh'), [folder], { stdio: 'inherit' });
  return folder;
}
