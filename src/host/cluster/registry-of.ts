/** Registries as users name them: `dir:DIR`, a folder that every host reaches; `etcd:URL`, an etcd (etcd-place.ts). */

import { resolve } from 'node:path';
import type { Registry } from '../../ft/cluster/registry.ts';
import { UserError } from '../../lib/errors.ts';
import { parseEtcd } from '../etcd/etcd-place.ts';
import { EtcdRegistry } from './etcd-registry.ts';
import { FolderRegistry } from './folder-registry.ts';

/** As every process of this host understands it: a folder is named from the root. */
export function portableRegistry(text: string, base: string = process.cwd()): string {
  const [kind, place] = partsOf(text);
  return kind === 'dir' ? `dir:${resolve(base, place)}` : text;
}

/** `notice` is told what the operator should know of it. UserError when it is not understood, or not there. */
export async function openRegistry(text: string, notice: (text: string) => void = () => {}): Promise<Registry> {
  const [kind, place] = partsOf(text);
  if (kind === 'dir') return FolderRegistry.open(resolve(place), notice);
  if (kind === 'etcd') return EtcdRegistry.open(parseEtcd(place));
  const remedy = 'give dir:DIR, a folder that every host reaches, or etcd:http://HOST:PORT[,HOST:PORT...]';
  throw new UserError('bad-value', 'the registry is not understood', remedy);
}

/** Two empty texts when it has not this form. */
function partsOf(text: string): readonly [kind: string, place: string] {
  const [, kind = '', place = ''] = /^(dir|etcd):(.+)$/.exec(text) ?? [];
  return [kind, place];
}
