/** The guests of the pair's bench: Debian with a compiler and the work, and the bare `udp-kv`. */

import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { BenchError } from '../bench-error.ts';
import { buildLinux, preprocessLinux } from '../build.ts';
import { keptGuest } from '../linux-guest.ts';

const WORK = fileURLToPath(new URL('../guests/pair/work.sh', import.meta.url));
const WORK_IN_GUEST = 'root/work.sh';
export const UDP_KV = fileURLToPath(new URL('../../samples/prebuilt/udp-kv.elf', import.meta.url));

export interface PairImages {
  readonly kernel: string;
  readonly initrd: string;
}

/** `given`: a folder that this has built before, taken as it is. */
export function pairImages(given: string | undefined, say: (text: string) => void): PairImages {
  const folder = given === undefined ? builtGuest(say) : resolve(given);
  const images = { kernel: join(folder, 'Image'), initrd: join(folder, 'initrd.cpio.gz') };
  const missing = Object.values(images).find((path) => !existsSync(path));
  const remedy = 'leave --guest out, and a guest is built for this bench';
  if (missing !== undefined) throw new BenchError(`${missing} is missing: ${remedy}`);
  if (given !== undefined && !gunzipSync(readFileSync(images.initrd)).includes(WORK_IN_GUEST)) {
    throw new BenchError(`${images.initrd} has no ${WORK_IN_GUEST}: ${remedy}`);
  }
  return images;
}

function builtGuest(say: (text: string) => void): string {
  const sources = preprocessLinux().map((path) => `${path}:root/${path.slice(path.lastIndexOf('/') + 1)}:644`);
  const additions = [`${buildLinux()}:usr/bin/bench:755`, `${WORK}:${WORK_IN_GUEST}:644`, ...sources];
  return keptGuest('pair-guest', additions, ['--compiler'], say);
}
