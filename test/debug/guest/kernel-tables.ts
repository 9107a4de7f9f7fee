/** Writers of the tables that a Linux Image carries, as scripts/kallsyms.c and pahole lay them out. */
import type { Random } from '../../emu/cpu/random.ts';

export interface KernelSymbol {
  readonly name: string;
  /** Type letter and offset from the base. */
  readonly type: string;
  readonly offset: number;
}

export const BASE = 0xffff_ffff_8000_0000n;

const align = (bytes: number[], to = 8): void => {
  while (bytes.length % to !== 0) bytes.push(0);
};
function put(bytes: number[], width: 2 | 4 | 8, values: readonly (number | bigint)[]): void {
  for (const value of values) {
    for (let i = 0; i < width; i++) bytes.push(Number((BigInt(value) >> BigInt(8 * i)) & 0xffn));
  }
}
const chars = (text: string): number[] => [...text].map((char) => char.charCodeAt(0));

/** Single characters stand for themselves where names use them; the other numbers stand for pairs that are frequent. */
function tokensFor(texts: readonly string[]): readonly string[] {
  const used = new Set([...'0123456789', ...texts.join('')]);
  const pairs = ['__', 'sys_', 'do_', 'init', 'get', 'put', 'task', 'ernel', 'struct', 'page'];
  return Array.from({ length: 256 }, (_, i) => {
    const char = String.fromCharCode(i);
    return used.has(char) ? char : (pairs[i % pairs.length] ?? '');
  });
}

function encodeName(text: string, tokens: readonly string[]): number[] {
  const codes: number[] = [];
  for (let at = 0; at < text.length; ) {
    const fitting = tokens
      .map((token, i) => ({ token, i }))
      .filter(({ token }) => token !== '' && text.startsWith(token, at));
    const { token, i } = fitting.reduce((best, one) => (one.token.length > best.token.length ? one : best));
    codes.push(i);
    at += token.length;
  }
  return codes.length < 0x80 ? [codes.length, ...codes] : [0x80 | (codes.length & 0x7f), codes.length >> 7, ...codes];
}

/** A Linux Image whose kallsyms hold these symbols, by ascending offset; `old`: offsets before names, as in 5.x. */
export function imageWith(
  symbols: readonly KernelSymbol[],
  { old = false, noise = [] as readonly number[] } = {},
): Uint8Array {
  const bytes: number[] = new Array<number>(64).fill(0);
  bytes.splice(56, 4, ...chars('RSC\x05'));
  bytes.push(...chars('0\x001\x002\x003\x00 is no table'), ...noise);
  align(bytes);
  const texts = symbols.map(({ type, name }) => type + name);
  const tokens = tokensFor(texts);
  const offsets = (): void => {
    put(
      bytes,
      4,
      symbols.map(({ offset }) => offset),
    );
    align(bytes);
    put(bytes, 8, [BASE]);
  };
  if (old) offsets();
  put(bytes, 8, [symbols.length]);
  const start = bytes.length;
  const markers: number[] = [];
  for (const [i, text] of texts.entries()) {
    if (i % 256 === 0) markers.push(bytes.length - start);
    bytes.push(...encodeName(text, tokens));
  }
  align(bytes);
  put(bytes, 4, markers);
  align(bytes);
  const table = bytes.length;
  const index: number[] = [];
  for (const token of tokens) {
    index.push(bytes.length - table);
    bytes.push(...chars(token), 0);
  }
  align(bytes);
  put(bytes, 2, index);
  if (!old) offsets();
  bytes.push(...new Array<number>(64).fill(0));
  return Uint8Array.from(bytes);
}

export function randomSymbols(random: Random, count: number): KernelSymbol[] {
  const words = ['init', 'task', 'do_', 'sys_', '__', 'page', 'get', 'x', '7', '.llvm', '$'];
  let offset = 0;
  return Array.from({ length: count }, (_, i) => {
    offset += random.below(400);
    const parts = Array.from({ length: 1 + random.below(i % 50 === 3 ? 90 : 5) }, () => random.pick(words));
    return { name: `n${i}_${parts.join('')}`, type: random.pick([...'tTdDbBrRVW']), offset };
  });
}

export type TypeWords = readonly [name: string, info: number, sizeOrType: number, ...rest: (number | string)[]];
/** The second word of a BTF type. */
export const info = (kind: number, parts = 0, flag = 0): number => ((flag << 31) | (kind << 24) | parts) >>> 0;

/** BTF of these types, the first of which is number 1. Strings among the numbers become their place in the strings. */
export function btf(types: readonly TypeWords[]): Uint8Array {
  const words: number[] = [];
  let strings = '\0';
  const place = (text: string): number => {
    if (text === '') return 0;
    strings += `${text}\0`;
    return strings.length - text.length - 1;
  };
  for (const type of types) for (const word of type) words.push(typeof word === 'string' ? place(word) : word);
  const header = [0x0001_eb9f, 24, 0, 4 * words.length, 4 * words.length, strings.length];
  const bytes = new Uint8Array(4 * (header.length + words.length) + strings.length);
  const view = new DataView(bytes.buffer);
  for (const [i, word] of [...header, ...words].entries()) view.setUint32(4 * i, word, true);
  bytes.set(new TextEncoder().encode(strings), 4 * (header.length + words.length));
  return bytes;
}
