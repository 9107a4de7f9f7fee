/**
 * An ELF file that holds names alone, for a debugger that reads symbols from nothing else: what is known of a kernel
 * without its ELF comes from its Image or a System.map. One section without contents spans all addresses, so that gdb
 * takes the symbols for places in code and data. System V ABI, "Object Files".
 *
 *     header | section headers: null, .text, .symtab, .strtab, .shstrtab | symbols | names | section names
 */

import type { ElfSymbol } from '../../emu/machine/elf.ts';
import { maxOf, minOf } from '../../lib/bigint.ts';

const HEADER_BYTES = 64;
const SECTION_BYTES = 64;
const SYMBOL_BYTES = 24;
const SECTIONS = ['', '.text', '.symtab', '.strtab', '.shstrtab'] as const;
const TEXT = 1;
const STRTAB = 3;
const Type = { symtab: 2, strtab: 3, nobits: 8 } as const;
const ALLOC_EXEC = 2n | 4n;
const GLOBAL = 1 << 4;
const KINDS: Readonly<Record<ElfSymbol['kind'], number>> = { other: 0, object: 1, function: 2 };
const MACHINE_RISCV = 243;
/** Compressed instructions and the double-float ABI, as Linux is built. */
const FLAGS = 0x5;

/** 64-bit little-endian RISC-V. At least one symbol. */
export function symbolElf(symbols: readonly ElfSymbol[]): Uint8Array {
  const names = new StringTable();
  const sectionNames = new StringTable();
  const symtab = symbolBytes(symbols, names);
  const low = symbols.map(({ address }) => address).reduce(minOf);
  const high = symbols.map(({ address, size }) => address + size).reduce(maxOf);
  const symtabAt = HEADER_BYTES + SECTIONS.length * SECTION_BYTES;
  const strtabAt = symtabAt + symtab.length;
  const strtab = names.bytes();
  const nameAt = SECTIONS.map((name) => sectionNames.add(name));
  const shstrtab = sectionNames.bytes();
  const shstrtabAt = strtabAt + strtab.length;
  const file = new Uint8Array(shstrtabAt + shstrtab.length);
  const view = new DataView(file.buffer);
  writeHeader(file, view);
  const section = (index: number, fields: Section): void =>
    writeSection(view, HEADER_BYTES + index * SECTION_BYTES, nameAt[index]!, fields);
  section(TEXT, { type: Type.nobits, flags: ALLOC_EXEC, address: low, at: symtabAt, bytes: high - low + 1n });
  section(2, { type: Type.symtab, at: symtabAt, bytes: BigInt(symtab.length), link: STRTAB, info: 1 });
  section(STRTAB, { type: Type.strtab, at: strtabAt, bytes: BigInt(strtab.length) });
  section(4, { type: Type.strtab, at: shstrtabAt, bytes: BigInt(shstrtab.length) });
  file.set(symtab, symtabAt);
  file.set(strtab, strtabAt);
  file.set(shstrtab, shstrtabAt);
  return file;
}

interface Section {
  readonly type: number;
  readonly at: number;
  readonly bytes: bigint;
  readonly flags?: bigint;
  readonly address?: bigint;
  readonly link?: number;
  readonly info?: number;
}

function writeHeader(file: Uint8Array, view: DataView): void {
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 2, true); // executable
  view.setUint16(18, MACHINE_RISCV, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(40, BigInt(HEADER_BYTES), true); // section headers
  view.setUint32(48, FLAGS, true);
  view.setUint16(52, HEADER_BYTES, true);
  view.setUint16(58, SECTION_BYTES, true);
  view.setUint16(60, SECTIONS.length, true);
  view.setUint16(62, SECTIONS.length - 1, true); // section names
}

function writeSection(view: DataView, offset: number, name: number, section: Section): void {
  view.setUint32(offset, name, true);
  view.setUint32(offset + 4, section.type, true);
  view.setBigUint64(offset + 8, section.flags ?? 0n, true);
  view.setBigUint64(offset + 16, section.address ?? 0n, true);
  view.setBigUint64(offset + 24, BigInt(section.at), true);
  view.setBigUint64(offset + 32, section.bytes, true);
  view.setUint32(offset + 40, section.link ?? 0, true);
  view.setUint32(offset + 44, section.info ?? 0, true);
  view.setBigUint64(offset + 48, 8n, true);
  view.setBigUint64(offset + 56, section.type === Type.symtab ? BigInt(SYMBOL_BYTES) : 0n, true);
}

function symbolBytes(symbols: readonly ElfSymbol[], names: StringTable): Uint8Array {
  const bytes = new Uint8Array(SYMBOL_BYTES * (symbols.length + 1));
  const view = new DataView(bytes.buffer);
  names.add('');
  symbols.forEach(({ name, address, size, kind }, i) => {
    const at = SYMBOL_BYTES * (i + 1);
    view.setUint32(at, names.add(name), true);
    view.setUint8(at + 4, GLOBAL | KINDS[kind]);
    view.setUint16(at + 6, TEXT, true);
    view.setBigUint64(at + 8, address, true);
    view.setBigUint64(at + 16, size, true);
  });
  return bytes;
}

class StringTable {
  readonly #parts: Uint8Array[] = [];
  #length = 0;

  /** Where the string begins. */
  add(text: string): number {
    const at = this.#length;
    const bytes = new TextEncoder().encode(`${text}\0`);
    this.#parts.push(bytes);
    this.#length += bytes.length;
    return at;
  }

  bytes(): Uint8Array {
    const bytes = new Uint8Array(this.#length);
    let at = 0;
    for (const part of this.#parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  }
}
