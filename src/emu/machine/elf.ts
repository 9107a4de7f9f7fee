/**
 * ELF64 RISC-V reader (System V ABI, "Object Files"; RISC-V ELF psABI): loadable segments, entry point, symbols.
 * It trusts no field: what does not lie inside the file is a bad image, an operator error.
 */

import { UserError } from '../../lib/errors.ts';

const MAGIC = 0x7f45_4c46;
const CLASS_64 = 2;
const LITTLE_ENDIAN = 1;
const MACHINE_RISCV = 243;
const TYPE_EXECUTABLE = 2;
const HEADER_BYTES = 64;
const SEGMENT_BYTES = 56;
const SECTION_BYTES = 64;
const SYMBOL_BYTES = 24;
const SEGMENT_LOAD = 1;
const SECTION_SYMTAB = 2;
const SymbolType = { none: 0, object: 1, function: 2 } as const;

export interface ElfSegment {
  readonly virtualAddress: bigint;
  readonly physicalAddress: bigint;
  /** Bytes of the file; the rest up to `memoryBytes` is zero. */
  readonly bytes: Uint8Array;
  readonly memoryBytes: bigint;
}
export interface ElfSymbol {
  readonly name: string;
  readonly address: bigint;
  /** 0 when the file does not say. */
  readonly size: bigint;
  readonly kind: 'function' | 'object' | 'other';
}

export const isElf = (image: Uint8Array): boolean => image.length >= 4 && view(image).getUint32(0) === MAGIC;

/** What is to be loaded and where execution begins, as a physical address. `what` names the image in errors. */
export function readElf(image: Uint8Array, what: string): { segments: readonly ElfSegment[]; entry: bigint } {
  const header = checkedHeader(image, what);
  const count = header.getUint16(56, true);
  const table = rows(image, header.getBigUint64(32, true), count, SEGMENT_BYTES, what);
  const segments = table
    .filter((row) => row.getUint32(0, true) === SEGMENT_LOAD && row.getBigUint64(40, true) > 0n)
    .map((row) => segment(image, row, what));
  if (segments.length === 0) throw bad(`${what} is an ELF file without loadable segments`);
  return { segments, entry: physicalEntry(header.getBigUint64(24, true), segments) };
}

/** Symbols of functions and objects, and labels of assembly, by ascending address; none when the file was stripped. */
export function readSymbols(image: Uint8Array, what: string): readonly ElfSymbol[] {
  const header = checkedHeader(image, what);
  const sections = rows(image, header.getBigUint64(40, true), header.getUint16(60, true), SECTION_BYTES, what);
  const symtab = sections.find((row) => row.getUint32(4, true) === SECTION_SYMTAB);
  if (symtab === undefined) return [];
  const strtab = sections[symtab.getUint32(40, true)];
  if (strtab === undefined) throw bad(`${what} has a symbol table without names`);
  const names = fileRange(image, strtab.getBigUint64(24, true), strtab.getBigUint64(32, true), what);
  const count = Number(symtab.getBigUint64(32, true) / BigInt(SYMBOL_BYTES));
  return rows(image, symtab.getBigUint64(24, true), count, SYMBOL_BYTES, what)
    .filter((row) => row.getUint16(6, true) !== 0)
    .map((row) => symbol(row, names))
    .filter((s) => s !== undefined)
    .sort((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0));
}

function checkedHeader(image: Uint8Array, what: string): DataView {
  if (!isElf(image)) throw bad(`${what} is not an ELF file`);
  if (image.length < HEADER_BYTES) throw bad(`${what} is an ELF file cut after ${image.length} bytes`);
  const header = view(image);
  if (header.getUint8(4) !== CLASS_64 || header.getUint8(5) !== LITTLE_ENDIAN) {
    throw bad(`${what} is not a 64-bit little-endian ELF file`);
  }
  const machine = header.getUint16(18, true);
  if (machine !== MACHINE_RISCV) throw bad(`${what} is for another architecture (ELF machine ${machine}, not RISC-V)`);
  const type = header.getUint16(16, true);
  if (type !== TYPE_EXECUTABLE && type !== 3) throw bad(`${what} is an ELF file that is not executable (type ${type})`);
  return header;
}

function segment(image: Uint8Array, row: DataView, what: string): ElfSegment {
  const fileBytes = row.getBigUint64(32, true);
  const memoryBytes = row.getBigUint64(40, true);
  if (fileBytes > memoryBytes) throw bad(`${what} has a segment larger in the file than in memory`);
  return {
    virtualAddress: row.getBigUint64(16, true),
    physicalAddress: row.getBigUint64(24, true),
    bytes: fileRange(image, row.getBigUint64(8, true), fileBytes, what),
    memoryBytes,
  };
}

/** Kernels linked at virtual addresses are entered where their entry was loaded. */
function physicalEntry(entry: bigint, segments: readonly ElfSegment[]): bigint {
  const inside = (start: bigint, bytes: bigint): boolean => entry >= start && entry < start + bytes;
  if (segments.some(({ physicalAddress, memoryBytes }) => inside(physicalAddress, memoryBytes))) return entry;
  const home = segments.find(({ virtualAddress, memoryBytes }) => inside(virtualAddress, memoryBytes));
  return home === undefined ? entry : entry - home.virtualAddress + home.physicalAddress;
}

function symbol(row: DataView, names: Uint8Array): ElfSymbol | undefined {
  const type = row.getUint8(4) & 0xf;
  const name = nameAt(names, row.getUint32(0, true));
  // Mapping symbols ($x, $d) and compiler's local labels say nothing to people.
  if (type > SymbolType.function || name === '' || /^(\$[xd]|\.L)/.test(name)) return undefined;
  return {
    name,
    address: row.getBigUint64(8, true),
    size: row.getBigUint64(16, true),
    kind: type === SymbolType.function ? 'function' : type === SymbolType.object ? 'object' : 'other',
  };
}

function nameAt(names: Uint8Array, at: number): string {
  const end = names.indexOf(0, at);
  return at >= names.length || end < 0 ? '' : new TextDecoder().decode(names.subarray(at, end));
}

function rows(image: Uint8Array, at: bigint, count: number, bytes: number, what: string): DataView[] {
  const table = fileRange(image, at, BigInt(count * bytes), what);
  return Array.from({ length: count }, (_, i) => view(table.subarray(i * bytes, (i + 1) * bytes)));
}

function fileRange(image: Uint8Array, at: bigint, length: bigint, what: string): Uint8Array {
  if (at + length > BigInt(image.length)) throw bad(`${what} is an ELF file cut after ${image.length} bytes`);
  return image.subarray(Number(at), Number(at + length));
}

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const bad = (what: string): UserError =>
  new UserError('bad-image', what, 'give a 64-bit little-endian RISC-V executable, a Linux Image or a flat binary');
