/** Registries as users name them: `dir:DIR`, a folder that every host reaches. */

import { resolve } from 'node:path';
import type { Registry } from '../../ft/cluster/registry.ts';
import { UserError } from '../../lib/errors.ts';
import { FolderRegistry } from './folder-registry.ts';

/** As every process of this host understands it: a folder is named from the root. */
export function portableRegistry(text: string, base: string = process.cwd()): string {
  const folder = folderOf(text);
  return folder === undefined ? text : `dir:${resolve(base, folder)}`;
}

/** Relative paths start at `base`. UserError when it is not understood, or not there. */
export async function openRegistry(text: string, base: string = process.cwd()): Promise<Registry> {
  const folder = folderOf(text);
  if (folder !== undefined) return FolderRegistry.open(resolve(base, folder));
  const remedy = 'give dir:DIR, a folder that every host reaches';
  throw new UserError('bad-value', `the registry ${text} is not understood`, remedy);
}

const folderOf = (text: string): string | undefined => /^dir:(.+)$/.exec(text)?.[1];
