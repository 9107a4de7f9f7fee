/**
 * The names that a Linux kernel carries in its own image (CONFIG_KALLSYMS), decoded without any other file. Source:
 * scripts/kallsyms.c and kernel/kallsyms.c of Linux.
 *
 * The tables are found by content, since an Image says nothing of where they are, and everything found is checked
 * against the rest before it is believed:
 *
 *     (5.x, 6.0: offsets, relative_base)  num_syms  names  markers  token_table  token_index  (6.4 on: offsets,
 *     relative_base)
 *
 * A name is a length (one byte, or two from 128 on) and that many token numbers; the tokens joined are a type letter
 * and the name. A marker gives the place in `names` of every 256th symbol. Each table begins at a multiple of 8.
 * Addresses are relative_base + offset. Kernels 6.2 and 6.3 keep another table among these and are not understood.
 */

import type { ElfSymbol } from '../../emu/machine/elf.ts';

const TOKENS = 256;
const PER_MARKER = 256;
const ALIGN = 8;
/** Longest name that scripts/kallsyms.c takes, with its length bytes. */
const NAME_BYTES_MAX = 514;
const SYMBOLS_MAX = 4_000_000;
const HIGH_HALF = 0xffff_8000_0000_0000n;
/** Digits stand for themselves: this is a part of every token table. */
const DIGITS = Uint8Array.from([...'0123456789'].flatMap((digit) => [digit.charCodeAt(0), 0]));
const FIRST_DIGIT = '0'.charCodeAt(0);

interface Tokens {
  readonly tableAt: number;
  /** First byte after token_index. */
  readonly endAt: number;
  readonly texts: readonly string[];
}
interface Names {
  readonly countAt: number;
  /** First byte of each symbol's entry; its length comes first. */
  readonly entries: Uint32Array;
}

/** "RSC\x05" at byte 56: Linux, Documentation/arch/riscv/boot-image-header.rst. */
const IMAGE_MAGIC = [0x52, 0x53, 0x43, 0x05];
const IMAGE_MAGIC_AT = 56;
export const isLinuxImage = (image: Uint8Array): boolean =>
  IMAGE_MAGIC.every((byte, i) => image[IMAGE_MAGIC_AT + i] === byte);

const up = (n: number): number => Math.ceil(n / ALIGN) * ALIGN;

/** By ascending address; undefined when the image holds no such tables. */
export function kallsymsOf(image: Uint8Array): readonly ElfSymbol[] | undefined {
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  for (let at = indexOf(image, DIGITS, 0); at >= 0; at = indexOf(image, DIGITS, at + 1)) {
    const tokens = tokensAround(view, image, at);
    const names = tokens === undefined ? undefined : namesBefore(view, image, tokens);
    if (tokens === undefined || names === undefined) continue;
    const addresses = addressesOf(view, tokens, names);
    if (addresses !== undefined) return symbolsOf(image, tokens, names, addresses);
  }
  return undefined;
}

function symbolsOf(image: Uint8Array, { texts }: Tokens, { entries }: Names, addresses: BigUint64Array): ElfSymbol[] {
  const symbols: ElfSymbol[] = [];
  for (let i = 0; i < addresses.length; i++) {
    const { start, end } = entryAt(image, entries[i]!);
    let text = '';
    for (let at = start; at < end; at++) text += texts[image[at]!]!;
    const [type = '', name] = [text[0], text.slice(1)];
    if ('aAuUN'.includes(type) || /^(\$[xd]|\.L)/.test(name)) continue;
    symbols.push({ name, address: addresses[i]!, size: 0n, kind: 'tTwW'.includes(type) ? 'function' : 'object' });
  }
  return symbols.sort((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0));
}

/** The token table that has the digits at `digitsAt`, if that is what is there. */
function tokensAround(view: DataView, image: Uint8Array, digitsAt: number): Tokens | undefined {
  let end = digitsAt;
  for (let token = FIRST_DIGIT; token < TOKENS; token++) {
    end = image.indexOf(0, end) + 1;
    if (end === 0 || end - digitsAt > 0x1_0000) return undefined;
  }
  const indexAt = up(end);
  if (indexAt + 2 * TOKENS > image.length) return undefined;
  const tableAt = digitsAt - view.getUint16(indexAt + 2 * FIRST_DIGIT, true);
  if (tableAt < 0 || tableAt % ALIGN !== 0) return undefined;
  const texts: string[] = [];
  let at = tableAt;
  for (let token = 0; token < TOKENS; token++) {
    if (view.getUint16(indexAt + 2 * token, true) !== at - tableAt) return undefined;
    const next = image.indexOf(0, at);
    texts.push(String.fromCharCode(...image.subarray(at, next)));
    at = next + 1;
  }
  return at === end ? { tableAt, endAt: indexAt + 2 * TOKENS, texts } : undefined;
}

/** Markers rise to the table's end; the count before the names is the one with which a walk meets every marker. */
function namesBefore(view: DataView, image: Uint8Array, { tableAt }: Tokens): Names | undefined {
  const last = view.getUint32(tableAt - 4, true) === 0 ? tableAt - 8 : tableAt - 4;
  let markersAt = last;
  while (markersAt >= 4 && view.getUint32(markersAt, true) > view.getUint32(markersAt - 4, true)) markersAt -= 4;
  if (markersAt < 0 || view.getUint32(markersAt, true) !== 0) return undefined;
  const markers = (last - markersAt) / 4 + 1;
  if (markers * PER_MARKER > SYMBOLS_MAX) return undefined;
  const nearest = markersAt - view.getUint32(last, true) - ALIGN;
  for (let countAt = nearest - (nearest % ALIGN); countAt >= 0; countAt -= ALIGN) {
    if (nearest - countAt > PER_MARKER * NAME_BYTES_MAX) return undefined;
    const count = view.getUint32(countAt, true);
    if (Math.ceil(count / PER_MARKER) !== markers || view.getUint32(countAt + 4, true) !== 0) continue;
    const entries = walkNames(view, image, countAt + ALIGN, count, markersAt);
    if (entries !== undefined) return { countAt, entries };
  }
  return undefined;
}

function walkNames(view: DataView, image: Uint8Array, namesAt: number, count: number, markersAt: number) {
  const entries = new Uint32Array(count);
  let at = namesAt;
  for (let i = 0; i < count; i++) {
    if (at >= markersAt) return undefined;
    if (i % PER_MARKER === 0 && view.getUint32(markersAt + (4 * i) / PER_MARKER, true) !== at - namesAt)
      return undefined;
    entries[i] = at;
    at = entryAt(image, at).end;
  }
  return up(at) === markersAt ? entries : undefined;
}

function entryAt(image: Uint8Array, at: number): { readonly start: number; readonly end: number } {
  const first = image[at] ?? 0;
  const isLong = first >= 0x80;
  const length = isLong ? (first & 0x7f) | ((image[at + 1] ?? 0) << 7) : first;
  const start = at + (isLong ? 2 : 1);
  return { start, end: start + length };
}

/** After the tokens, or before the count; sorted, from a base in the kernel's half of the addresses. */
function addressesOf(view: DataView, { endAt }: Tokens, { countAt, entries }: Names): BigUint64Array | undefined {
  const bytes = up(4 * entries.length);
  return (
    addressesAt(view, up(endAt), up(endAt) + bytes, entries.length) ??
    addressesAt(view, countAt - ALIGN - bytes, countAt - ALIGN, entries.length)
  );
}

function addressesAt(view: DataView, offsetsAt: number, baseAt: number, count: number): BigUint64Array | undefined {
  if (offsetsAt < 0 || baseAt + 8 > view.byteLength) return undefined;
  const base = view.getBigUint64(baseAt, true);
  if (base < HIGH_HALF) return undefined;
  const addresses = new BigUint64Array(count);
  let before = 0;
  for (let i = 0; i < count; i++) {
    const offset = view.getUint32(offsetsAt + 4 * i, true);
    if (offset < before) return undefined;
    before = offset;
    addresses[i] = base + BigInt(offset);
  }
  return addresses;
}

function indexOf(bytes: Uint8Array, wanted: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(wanted[0]!, from); at >= 0; at = bytes.indexOf(wanted[0]!, at + 1)) {
    if (wanted.every((byte, i) => bytes[at + i] === byte)) return at;
  }
  return -1;
}
