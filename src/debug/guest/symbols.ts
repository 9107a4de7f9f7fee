/**
 * Names for guest addresses, from ELF images, Linux Images or a kernel's System.map, and addresses for names.
 */

import { type ElfSymbol, isElf, readSymbols } from '../../emu/machine/elf.ts';
import { isLinuxImage, kallsymsOf } from './kallsyms.ts';

export interface Place {
  readonly symbol: ElfSymbol;
  /** Bytes from its start. */
  readonly offset: bigint;
}

/** A symbol and the address at which it ends. */
interface Extent {
  readonly symbol: ElfSymbol;
  readonly end: bigint;
}

export class SymbolTable {
  /** By ascending address; of several at one address the one to show comes last. */
  readonly #extents: readonly Extent[];
  readonly #byName: ReadonlyMap<string, ElfSymbol>;

  private constructor(extents: readonly Extent[]) {
    this.#extents = extents.toSorted((a, b) => compare(a.symbol.address, b.symbol.address) || rank(a) - rank(b));
    // Of several of one name the first is meant, as linkers list the definition in use before static ones elsewhere.
    this.#byName = new Map(this.#extents.toReversed().map(({ symbol }) => [symbol.name, symbol]));
  }

  /** Of one file. A symbol without a size reaches to the next one of the file; the last of all, only itself. */
  static of(symbols: Iterable<ElfSymbol>): SymbolTable {
    const all = [...symbols].sort((a, b) => compare(b.address, a.address));
    const extents: Extent[] = [];
    let next: bigint | undefined;
    let above: bigint | undefined;
    for (const symbol of all) {
      if (symbol.address !== above) next = above;
      above = symbol.address;
      const { address, size } = symbol;
      extents.push({ symbol, end: size > 0n ? address + size : (next ?? address) });
    }
    return new SymbolTable(extents);
  }

  /** Those of every ELF image and Linux Image among `images`, which are told apart by role in errors. */
  static ofImages(images: { readonly [role: string]: Uint8Array }): SymbolTable {
    return Object.entries(images).reduce((all, [role, bytes]) => {
      if (isElf(bytes)) return all.with(SymbolTable.of(readSymbols(bytes, `the ${role}`)));
      return isLinuxImage(bytes) ? all.with(SymbolTable.of(kallsymsOf(bytes) ?? [])) : all;
    }, new SymbolTable([]));
  }

  /**
   * Of a System.map, or the output of `nm`: lines of address, type letter and name. Lines of another form are skipped.
   */
  static ofSystemMap(text: string): SymbolTable {
    return SymbolTable.of(text.split('\n').flatMap(mapSymbol));
  }

  get size(): number {
    return this.#extents.length;
  }

  /** This table's symbols and another's. */
  with(other: SymbolTable): SymbolTable {
    return new SymbolTable([...this.#extents, ...other.#extents]);
  }

  /** By ascending address. */
  *[Symbol.iterator](): Generator<ElfSymbol> {
    for (const { symbol } of this.#extents) yield symbol;
  }

  find(name: string): ElfSymbol | undefined {
    return this.#byName.get(name);
  }

  /** The symbol that reaches `address`. */
  at(address: bigint): Place | undefined {
    const extent = this.#extents[this.#lastUpTo(address)];
    if (extent === undefined) return undefined;
    const { symbol, end } = extent;
    const offset = address - symbol.address;
    return offset === 0n || address < end ? { symbol, offset } : undefined;
  }

  /** `main`, `main+0x12`; undefined where no symbol reaches. */
  nameOf(address: bigint): string | undefined {
    const place = this.at(address);
    if (place === undefined) return undefined;
    return place.offset === 0n ? place.symbol.name : `${place.symbol.name}+0x${place.offset.toString(16)}`;
  }

  /** Index of the last symbol at or below `address`; -1 when there is none. */
  #lastUpTo(address: bigint): number {
    let low = 0;
    let high = this.#extents.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#extents[middle]!.symbol.address <= address) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);
/** Functions show rather than objects, these rather than labels, and what has a size rather than what has none. */
const rank = ({ symbol: { kind, size } }: Extent): number =>
  2 * ['other', 'object', 'function'].indexOf(kind) + (size > 0n ? 1 : 0);

/** `ffffffff80002000 T _start`; a module's name in brackets may follow. */
function mapSymbol(line: string): ElfSymbol[] {
  const match = /^([0-9a-f]{1,16}) ([A-Za-z]) (\S+)/.exec(line);
  const [, address = '', type = '', name = ''] = match ?? [];
  // Absolute values and undefined names are no places; mapping symbols and local labels say nothing to people.
  if (match === null || 'aAuUN'.includes(type) || /^(\$[xd]|\.L)/.test(name)) return [];
  const kind = 'tTwW'.includes(type) ? 'function' : 'object';
  return [{ name, address: BigInt(`0x${address}`), size: 0n, kind }];
}
