/** The Debian guest with the bench program in it: built by samples/linux/build.sh, kept in the cache folder. */

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BenchError } from './bench-error.ts';
import { buildLinux, cacheFolder } from './build.ts';
import { runTool } from './tools.ts';

const SCRIPT = fileURLToPath(new URL('../samples/linux/build.sh', import.meta.url));

export interface LinuxImages {
  readonly kernel: string;
  /** Busybox, the virtio modules and `bench`. */
  readonly initrd: string;
  /** The same with redis, sqlite and others. */
  readonly appsInitrd: string;
}

/** `given`: a folder that build.sh made, taken as it is. Otherwise built anew when the bench program has changed. */
export function linuxGuest(given: string | undefined, say: (text: string) => void): LinuxImages {
  const folder = given === undefined ? builtGuest(say) : resolve(given);
  const images = {
    kernel: join(folder, 'Image'),
    initrd: join(folder, 'initrd-min.cpio.gz'),
    appsInitrd: join(folder, 'initrd.cpio.gz'),
  };
  const missing = Object.values(images).find((path) => !existsSync(path));
  if (missing !== undefined) throw new BenchError(`${missing} is missing; build it with samples/linux/build.sh`);
  return images;
}

function builtGuest(say: (text: string) => void): string {
  return keptGuest('guest', [`${buildLinux()}:usr/bin/bench:755`], [], say);
}

/** The folder of a guest with `additions` (FILE:PATH:MODE) and further words for build.sh. Kept until one changes. */
export function keptGuest(
  name: string,
  additions: readonly string[],
  words: readonly string[],
  say: (text: string) => void,
): string {
  const folder = join(cacheFolder(), name);
  const stamp = join(folder, 'bench.sha256');
  const hash = createHash('sha256');
  for (const addition of additions) hash.update(readFileSync(addition.split(':')[0]!));
  const sha256 = hash.update(readFileSync(SCRIPT)).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === sha256) return folder;
  say(`building the Debian guest in ${folder}`);
  mkdirSync(folder, { recursive: true });
  runTool('bash', [SCRIPT, folder, ...words, ...additions.flatMap((addition) => ['--add', addition])]);
  writeFileSync(stamp, sha256);
  return folder;
}
