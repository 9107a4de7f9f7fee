/**
 * Records in a shared folder: `KEY.REVISION`, of which the highest revision counts. A swap makes the next one under
 * another name and links it, which the file system does for one of many (also over NFS). A file is never changed; the
 * one before the present is kept, those before it are removed.
 *
 * Invariants: a name appears with its content on the storage; 'done' is said only after the folder is synced. A swap
 * that comes so late that its revision was removed makes a file that does not count, and sees that by the higher ones.
 */

import { randomBytes } from 'node:crypto';
import { link, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { RegistryRecord, SwapResult } from '../../ft/cluster/registry.ts';
import { syncFolder, writeDurably } from '../disk/durable-file.ts';
import { codeOf } from '../os-errors.ts';

export class FolderRecords {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async read(key: string): Promise<RegistryRecord | undefined> {
    for (;;) {
      const revision = (await this.#revisions()).get(key);
      if (revision === undefined) return undefined;
      const text = await this.#text(key, revision);
      if (text !== undefined) return { key, text, revision };
    }
  }

  async list(prefix: string): Promise<readonly RegistryRecord[]> {
    const keys = [...(await this.#revisions()).keys()].filter((key) => key.startsWith(prefix)).sort();
    const records = await Promise.all(keys.map((key) => this.read(key)));
    return records.filter((record) => record !== undefined);
  }

  async swap(key: string, revision: number, text: string): Promise<SwapResult> {
    const before = (await this.#revisions()).get(key) ?? 0;
    if (before !== revision) return { kind: 'changed' };
    const next = revision + 1;
    if (!(await this.#make(this.#path(key, next), text))) return { kind: 'changed' };
    await syncFolder(this.#folder);
    const after = (await this.#revisions()).get(key) ?? 0;
    if (after > next) return { kind: 'unknown', reason: 'another change came after it' };
    await this.#removeBefore(key, revision);
    return { kind: 'done' };
  }

  /** Changes when a record does. */
  async mark(): Promise<string> {
    return [...(await this.#revisions())].sort().join();
  }

  /** False: somebody else has made it. */
  async #make(path: string, text: string): Promise<boolean> {
    const beside = `${path}.${randomBytes(8).toString('hex')}.new`;
    try {
      await writeDurably(beside, Buffer.from(text));
      await link(beside, path);
      return true;
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return false;
      throw error;
    } finally {
      await rm(beside, { force: true });
    }
  }

  async #removeBefore(key: string, revision: number): Promise<void> {
    const names = (await readdir(this.#folder)).filter((name) => {
      const parts = partsOf(name);
      return parts?.key === key && parts.revision < revision;
    });
    for (const name of names) await rm(join(this.#folder, name), { force: true });
  }

  /** Undefined: it was removed meanwhile, so that a higher one is there. */
  async #text(key: string, revision: number): Promise<string | undefined> {
    try {
      return await readFile(this.#path(key, revision), 'utf8');
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** The present revision of every key. */
  async #revisions(): Promise<Map<string, number>> {
    const found = new Map<string, number>();
    for (const name of await readdir(this.#folder)) {
      const parts = partsOf(name);
      if (parts !== undefined) found.set(parts.key, Math.max(parts.revision, found.get(parts.key) ?? 0));
    }
    return found;
  }

  #path(key: string, revision: number): string {
    return join(this.#folder, `${encodeURIComponent(key)}.${revision}`);
  }
}

function partsOf(name: string): { readonly key: string; readonly revision: number } | undefined {
  const match = /^(.+)\.([1-9]\d{0,14})$/.exec(name);
  return match === null ? undefined : { key: decodeURIComponent(match[1]!), revision: Number(match[2]) };
}
