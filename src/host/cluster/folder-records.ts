/**
 * Records in a shared folder: `KEY.REVISION`, of which the highest revision counts. A swap makes the next one under
 * another name and links it, which the file system does for one of many (also over NFS). A file is never changed; the
 * one before the present is kept, those before it are removed.
 *
 * Invariants: a name appears with its content on the storage; 'done' is said only after the folder is synced. A swap
 * that comes so late that its revision was removed makes a file that does not count, and sees that by the higher ones.
 * What others put there hides no record.
 */

import { randomBytes } from 'node:crypto';
import { link, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { RegistryRecord, SwapResult } from '../../ft/cluster/registry.ts';
import { syncFolder, writeDurably } from '../disk/durable-file.ts';
import { fileNameOf, wordOf } from '../file-names.ts';
import { codeOf } from '../os-errors.ts';

const NAME = /^(.+)\.([1-9]\d{0,14})$/;

interface RecordFile {
  readonly key: string;
  readonly revision: number;
}

export class FolderRecords {
  readonly #folder: string;
  readonly #skipped: (path: string) => void;

  /** `skipped` is told, at every look, of what could be a record by its name, and is none. */
  constructor(folder: string, skipped: (path: string) => void) {
    this.#folder = folder;
    this.#skipped = skipped;
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
    const before = (await this.#files()).filter((file) => file.key === key && file.revision < revision);
    for (const file of before) await rm(this.#path(key, file.revision), { force: true });
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
    for (const { key, revision } of await this.#files()) found.set(key, Math.max(revision, found.get(key) ?? 0));
    return found;
  }

  async #files(): Promise<RecordFile[]> {
    return (await readdir(this.#folder, { withFileTypes: true })).flatMap((entry) => {
      const [, name, revision] = NAME.exec(entry.name) ?? [];
      // One that is being made.
      if (name === undefined) return [];
      const key = wordOf(name);
      if (key !== undefined && !entry.isDirectory()) return [{ key, revision: Number(revision) }];
      this.#skipped(join(this.#folder, entry.name));
      return [];
    });
  }

  #path(key: string, revision: number): string {
    return join(this.#folder, `${fileNameOf(key)}.${revision}`);
  }
}
