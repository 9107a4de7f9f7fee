/**
 * Breakpoints and watchpoints in gdb, in sets of which each is replaced as a whole. Their ids are gdb's numbers.
 */

import type { Access, Placed, Wanted, Watched } from '../debugger.ts';
import type { MiTuple } from '../mi/parse.ts';
import { MiError, type MiSession } from '../mi/session.ts';
import { listIn, numberIn, quoted, textIn, tupleIn } from '../mi/values.ts';

const DATA = 'data';
const ACCESS_OPTIONS: Readonly<Record<Access, string>> = { write: '', read: '-r ', access: '-a ' };
/** Types of one value, by length in bytes. */
const TYPES: Readonly<Record<number, string>> = {
  1: 'unsigned char',
  2: 'unsigned short',
  4: 'unsigned int',
  8: 'unsigned long',
};

export class GdbBreakpoints {
  readonly #mi: MiSession;
  readonly #exists: (path: string) => boolean;
  readonly #sets = new Map<string, readonly number[]>();
  /** Where the client has the files that gdb knows by another path. */
  readonly #paths = new Map<string, string>();
  /** What the user calls what is watched, by number. */
  readonly #labels = new Map<number, string>();

  constructor(mi: MiSession, exists: (path: string) => boolean) {
    this.#mi = mi;
    this.#exists = exists;
  }

  /** Whether it was set here; others come from the console. */
  has(id: number): boolean {
    return [...this.#sets.values()].some((ids) => ids.includes(id));
  }

  /** Where a file is for the client; undefined when it is not there. */
  pathOf(file: string | undefined): string | undefined {
    if (file === undefined) return undefined;
    const known = this.#paths.get(file);
    return known ?? (this.#exists(file) ? file : undefined);
  }

  label(id: number): string | undefined {
    return this.#labels.get(id);
  }

  inFile(path: string, wanted: readonly (Wanted & { readonly line: number })[]): Promise<readonly Placed[]> {
    return this.#replace(`file ${path}`, wanted, (one) => this.#inFile(path, one));
  }

  atFunctions(wanted: readonly (Wanted & { readonly name: string })[]): Promise<readonly Placed[]> {
    return this.#replace('functions', wanted, (one) => this.#insert(`--function ${quoted(one.name)}`, one));
  }

  atAddresses(kind: string, wanted: readonly (Wanted & { readonly address: bigint })[]): Promise<readonly Placed[]> {
    return this.#replace(kind, wanted, (one) => this.#insert(`*0x${one.address.toString(16)}`, one));
  }

  watch(wanted: readonly (Wanted & Watched & { readonly access: Access })[]): Promise<readonly Placed[]> {
    return this.#replace(DATA, wanted, async (one) => {
      const { address, length, access } = one;
      const at = `0x${address.toString(16)}`;
      const type = TYPES[length];
      const expression = type === undefined ? `*(char (*)[${length}]) ${at}` : `*(${type} *) ${at}`;
      const results = await this.#mi.command(`-break-watch ${ACCESS_OPTIONS[access]}${quoted(expression)}`);
      const set = tupleIn(results.wpt ?? results['hw-rwpt'] ?? results['hw-awpt']);
      const id = Number(numberIn(set.number) ?? 0n);
      if (one.label !== undefined) this.#labels.set(id, one.label);
      if (one.condition !== undefined) await this.#mi.command(`-break-condition ${id} ${one.condition}`);
      if (one.hits !== undefined) await this.#mi.command(`-break-after ${id} ${one.hits - 1}`);
      return { id, address };
    });
  }

  /** After a move in time: gdb takes the values that watched objects have now for the old ones. */
  async lookAgain(): Promise<void> {
    const ids = (this.#sets.get(DATA) ?? []).join(' ');
    if (ids === '') return;
    await this.#mi.command(`-break-disable ${ids}`);
    await this.#mi.command(`-break-enable ${ids}`);
  }

  /** gdb knows files by the names that the compiler was given, which may be the end of the path alone. */
  async #inFile(path: string, wanted: Wanted & { readonly line: number }): Promise<Placed> {
    const parts = path.split('/').filter((part) => part !== '');
    const names = [path, ...[3, 2, 1].filter((n) => n < parts.length).map((n) => parts.slice(-n).join('/'))];
    let refused: MiError | undefined;
    for (const name of names) {
      try {
        return await this.#insert(`--source ${quoted(name)} --line ${wanted.line}`, wanted, path);
      } catch (error) {
        if (!(error instanceof MiError)) throw error;
        refused ??= error;
      }
    }
    throw refused!;
  }

  /** `asked`: the client's path of the file, where it has named one. */
  async #insert(where: string, { condition, hits }: Wanted, asked?: string): Promise<Placed> {
    const onCondition = condition === undefined ? '' : ` -c ${quoted(condition)}`;
    const ignoring = hits === undefined ? '' : ` -i ${hits - 1}`;
    const { bkpt } = await this.#mi.command(`-break-insert${onCondition}${ignoring} ${where}`);
    return this.#placed(tupleIn(bkpt), asked);
  }

  #placed(set: MiTuple, asked: string | undefined): Placed {
    // Of several places the first one is shown.
    const where = set.addr === '<MULTIPLE>' ? tupleIn(listIn(set.locations)[0]) : set;
    const id = Number(numberIn(set.number) ?? 0n);
    const address = numberIn(where.addr);
    const file = textIn(where.fullname);
    const line = numberIn(where.line);
    if (file !== undefined && asked !== undefined && this.#exists(asked)) this.#paths.set(file, asked);
    const path = asked ?? this.pathOf(file);
    return {
      id,
      ...(address === undefined ? {} : { address }),
      ...(path === undefined ? {} : { path }),
      ...(line === undefined ? {} : { line: Number(line) }),
    };
  }

  /** What gdb refuses is told in its place, and does not hinder the others. */
  async #replace<T extends Wanted>(
    kind: string,
    wanted: readonly T[],
    set: (one: T) => Promise<Placed>,
  ): Promise<readonly Placed[]> {
    const old = this.#sets.get(kind) ?? [];
    this.#sets.delete(kind);
    if (old.length > 0) await this.#mi.command(`-break-delete ${old.join(' ')}`);
    const placed: Placed[] = [];
    for (const one of wanted) {
      try {
        placed.push(await set(one));
      } catch (error) {
        if (!(error instanceof MiError)) throw error;
        placed.push({ message: error.message });
      }
    }
    this.#sets.set(
      kind,
      placed.flatMap(({ id }) => (id === undefined ? [] : [id])),
    );
    return placed;
  }
}
