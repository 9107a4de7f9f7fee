/**
 * What gdb reads names from: ELF files as they are, by way of copies where the recording alone has them, and for what
 * names itself in another form (a Linux Image, a System.map) an ELF file made of its symbols.
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { symbolElf } from '../debug/gdb/symbol-elf.ts';
import { SymbolTable } from '../debug/guest/symbols.ts';
import { isElf } from '../emu/machine/elf.ts';

/** Symbols that are looked up to tell whether two files are of one program. */
const SAMPLE = 64;

/** A folder of this process's own, gone with `remove`. */
export class GdbFiles {
  readonly #folder = mkdtempSync(join(tmpdir(), 'lockstep-debug-'));

  /** Its path. */
  write(name: string, contents: Uint8Array | string): string {
    const path = join(this.#folder, name);
    writeFileSync(path, contents);
    return path;
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

export interface SymbolSources {
  /** The machine's images by role, with the names they have in the recording. */
  readonly images: readonly { readonly role: string; readonly name: string; readonly bytes: Uint8Array }[];
  /** Files that the operator names, readable and checked: ELF or System.map. */
  readonly named: readonly string[];
}

/**
 * ELF files for gdb, the main one first: the kernel's, then the firmware's, then what else the operator names. A kernel
 * that has no ELF of its own gets the one named for it, known by a symbol that both have at one address; without such,
 * one made of the names that it carries.
 */
export function symbolFiles({ images, named }: SymbolSources, files: GdbFiles): readonly string[] {
  const given = named.map((path) => namedFile(files, path));
  const roles = ['kernel', 'firmware'];
  const known = roles.flatMap((role) => images.filter((image) => image.role === role));
  const ofImages = known.flatMap(({ name, bytes }): string[] => {
    if (isElf(bytes)) return [files.write(basename(name), bytes)];
    const table = SymbolTable.ofImages({ [name]: bytes });
    const full = given.find((file) => isSame(file.table, table));
    return full === undefined ? made(files, name, table) : [full.path];
  });
  return [...new Set([...ofImages, ...given.map(({ path }) => path)])];
}

interface NamedFile {
  readonly path: string;
  readonly table: SymbolTable;
}

function namedFile(files: GdbFiles, path: string): NamedFile {
  const bytes = new Uint8Array(readFileSync(path));
  if (isElf(bytes)) return { path: resolve(path), table: SymbolTable.ofImages({ [path]: bytes }) };
  const table = SymbolTable.ofSystemMap(new TextDecoder('latin1').decode(bytes));
  return { path: made(files, path, table)[0] ?? resolve(path), table };
}

/** Functions by the same names lie where the other has them: most of a sample do. */
function isSame(full: SymbolTable, names: SymbolTable): boolean {
  const functions = [...names].filter(({ kind }) => kind === 'function');
  const sample = functions.filter((_, i) => i % Math.ceil(functions.length / SAMPLE) === 0);
  const same = sample.filter(({ name, address }) => full.find(name)?.address === address);
  return same.length > sample.length / 2;
}

function made(files: GdbFiles, name: string, table: SymbolTable): string[] {
  return table.size === 0 ? [] : [files.write(`${basename(name)}.elf`, symbolElf([...table]))];
}
