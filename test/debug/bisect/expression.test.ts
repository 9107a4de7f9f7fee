/** The language of predicates: what it means, and what it says of what it cannot read. */
import { describe, expect, test } from 'vitest';
import { type GuestMoment, predicateOf, valueAt } from '../../../src/debug/bisect/evaluate.ts';
import { asksConsole, type Names } from '../../../src/debug/bisect/expression.ts';
import { parseExpression } from '../../../src/debug/bisect/parse.ts';

const SYMBOLS: Readonly<Record<string, { readonly address: bigint; readonly size: bigint }>> = {
  main: { address: 0x8000_0100n, size: 0x40n },
  counter: { address: 0x8000_1000n, size: 8n },
  'work.part.0': { address: 0x8000_0200n, size: 4n },
  label: { address: 0x8000_0300n, size: 0n },
  a0: { address: 0x1234n, size: 8n },
};
const REGISTERS: Readonly<Record<string, bigint>> = {
  a0: 0xffff_ffff_ffff_fffen,
  a1: 7n,
  sp: 0xffff_ffc0_0000_1000n,
  pc: 0x8000_013en,
  mstatus: 0x8000_000a_0000_0000n,
};
const names: Names = {
  isRegister: (name) => Object.hasOwn(REGISTERS, name),
  all: () => [...Object.keys(REGISTERS), ...Object.keys(SYMBOLS)],
  symbol: (name) => SYMBOLS[name],
};

/** Memory at 0x80001000: 01 02 .. 08; by physical address each byte is 0xf0. Nothing else is mapped. */
const guest: GuestMoment = {
  tick: 1_000_000n,
  register: (name) => REGISTERS[name]!,
  memory: (address, bytes, physical) => {
    if (physical) return (1n << BigInt(8 * bytes)) - 1n - (address & 0xfn);
    if (address < 0x8000_1000n || address + BigInt(bytes) > 0x8000_1008n) return undefined;
    const from = Number(address - 0x8000_1000n);
    return Array.from({ length: bytes }, (_, i) => BigInt(from + i + 1) << BigInt(8 * i)).reduce((x, y) => x | y);
  },
  said: (pattern) => pattern.test('boot\npanic (1+1)\n'),
};
const value = (text: string): bigint | undefined => valueAt(parseExpression(text, names), guest);
const holds = (text: string): boolean => predicateOf(parseExpression(text, names))(guest);

test.each<[string, bigint]>([
  ['1 + 2 * 3', 7n],
  ['(1 + 2) * 3', 9n],
  ['10 - 3 - 2', 5n],
  ['0x10 | 0b11 & 2', 18n],
  ['1_000_000 / 7 % 10', 7n],
  ['1 << 4 + 1', 32n],
  ['~0 & 0xff', 255n],
  ['-8 >> 1', -4n],
  ['0xffffffffffffffff >> 60', 15n],
  ['1 == 1 == 1', 1n],
  ['2 ^ 3 == 3', 3n],
  ['!0 + !5', 1n],
  ['tick', 1_000_000n],
  ['a0', -2n],
  ['a0 + a1', 5n],
  ['counter', 0x8000_1000n],
  ['&a0', 0x1234n],
  ['work.part.0', 0x8000_0200n],
  ['u8[counter]', 1n],
  ['u16[counter + 1]', 0x0302n],
  ['u32[counter]', 0x0403_0201n],
  ['u64[counter]', 0x0807_0605_0403_0201n],
  ['u8[u8[counter] + counter]', 2n],
  ['pu8[0x2]', 253n],
  ['pi8[0]', -1n],
  ['i16[counter]', 0x0201n],
])('%s is %d', (text, expected) => {
  expect(value(text)).toBe(expected);
});

test.each<[string, boolean]>([
  // Registers are signed, addresses unsigned, and an operation on both is unsigned.
  ['a0 == -2', true],
  ['a0 < 0', true],
  ['a0 == 0xfffffffffffffffe', true],
  ['sp > 0xffffffc000000000', true],
  ['pc < 0xffffffc000000000', true],
  ['mstatus > 0', true],
  ['u32[counter] - 0x04030202 < 0', true],
  ['pc - 0x80000140 < 0', false],
  ['in(main)', true],
  ['in(work.part.0)', false],
  ['console("panic (1+1)")', true],
  ['console(/^panic .\\d/) && tick > 5', true],
  ['console("oops")', false],
  // What is not mapped has no value, and does not hold, either way.
  ['u8[0] == 0', false],
  ['!(u8[0] == 0)', false],
  ['u8[0] == 0 || a1 == 7', true],
  ['u8[0] == 0 && a1 == 7', false],
  ['!(u8[0] == 0 && a1 == 8)', true],
  ['1 / 0 == 1 || 1 % 0 == 1', false],
])('%s: %s', (text, expected) => {
  expect(holds(text)).toBe(expected);
});

test('only what asks for the console needs to hear it', () => {
  const asks = (text: string): boolean => asksConsole(parseExpression(text, names));
  expect(asks('a0 == 1 || !console("x")')).toBe(true);
  expect(asks('u8[counter] == 1')).toBe(false);
});

describe('what cannot be read is named with its column', () => {
  test.each([
    ['', 1, /a value is missing/],
    ['a0 ==', 6, /a value is missing/],
    ['a0 = 1', 4, /=.*write ==/],
    ['a0 == 1)', 8, /\)/],
    ['(a0 == 1', 9, /\) is missing/],
    ['u8[counter', 11, /\] is missing/],
    ['u8[counter)', 11, /\] is missing before \)/],
    ['a0 a1', 4, /a1/],
    ['*counter', 1, /u64\[ADDRESS\]/],
    ['conter == 1', 1, /no register or symbol conter.*did you mean counter/],
    ['in(label)', 4, /size of label/],
    ['in(7)', 4, /name of a function/],
    ['console("x', 9, /does not end/],
    ['console(/(/)', 9, /regular expression/],
    ['console == 1', 1, /console\("text"\)/],
    ['"text" == 1', 1, /console\("text"\)/],
    ['0x == 1', 1, /0x/],
    ['0x1_0000_0000_0000_0000', 1, /64 bits/],
    ['a0 @ 1', 4, /@/],
    ['& 1', 3, /name of a symbol/],
  ] as const)('%s', (text, column, says) => {
    const read = (): unknown => parseExpression(text, names);
    expect(read).toThrow(expect.objectContaining({ code: 'bad-expression', message: expect.stringMatching(says) }));
    expect(read).toThrow(`at column ${column}:`);
  });
});
