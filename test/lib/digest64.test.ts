import { expect, test } from 'vitest';
import { digest64 } from '../../src/lib/digest64.ts';
import { xxh32 } from '../../src/lib/xxh32.ts';

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

test('XXH32 gives the published values', () => {
  expect([xxh32(ascii('')), xxh32(ascii('a')), xxh32(ascii('abc'))]).toEqual([0x02cc5d05, 0x550d7456, 0x32d153ff]);
  expect(xxh32(ascii('Nobody inspects the spammish repetition'))).toBe(0xe2293b2f);
});

test('the digest is two of them, and any one bit changes both', () => {
  const bytes = Uint8Array.from({ length: 1000 }, (_, i) => i * 7);
  const before = digest64(bytes);
  expect(before >> 32n).toBe(BigInt(xxh32(bytes)));
  for (const bit of [0, 77, 4000, 7999]) {
    const changed = bytes.slice();
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    const after = digest64(changed);
    expect(after >> 32n).not.toBe(before >> 32n);
    expect(after & 0xffff_ffffn).not.toBe(before & 0xffff_ffffn);
  }
});
