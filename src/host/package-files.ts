/**
 * Files that come with lockstep itself. This module lies two folders below the package's own, in `src` as in `dist`.
 */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = new URL('../../', import.meta.url);

/** The built-in SBI firmware. */
export const BUILT_IN_FIRMWARE = fileURLToPath(new URL('samples/prebuilt/firmware.elf', ROOT));

/** 'lockstep 0.1.0': what a recording says it was made by. */
export function toolVersion(): string {
  const { name, version } = facts();
  return `${name} ${version}`;
}

/** '0.1.0'. */
export const packageVersion = (): string => facts().version;

function facts(): { readonly name: string; readonly version: string } {
  return JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8'));
}
