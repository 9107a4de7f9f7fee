/** Registries under test: each can be opened several times on the same keeper. */
import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { Registry } from '../../../src/ft/cluster/registry.ts';
import { openRegistry } from '../../../src/host/cluster/registry-of.ts';

export interface RegistryRig {
  open(): Promise<Registry>;
  /** Nobody reaches it. */
  cut(): void;
  heal(): void;
}

export type MakeRig = (folder: string) => Promise<RegistryRig>;

/** Name, and how one is made in an empty folder. */
export const rigs: readonly (readonly [string, MakeRig])[] = [
  [
    'folder',
    async (folder) => {
      const path = join(folder, 'registry');
      mkdirSync(path);
      return {
        open: () => openRegistry(`dir:${path}`),
        cut: () => renameSync(path, `${path}.away`),
        heal: () => renameSync(`${path}.away`, path),
      };
    },
  ],
];
