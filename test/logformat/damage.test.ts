import { describe, expect, it } from 'vitest';
import { zstd } from '../../src/host/zstd.ts';
import { tick } from '../../src/lib/brands.ts';
import type { LogRecord } from '../../src/logformat/records.ts';
import { logOf } from './arbitrary.ts';
import { checkDamage, checkDamaged } from './damage.ts';

describe('a damaged log', () => {
  it('gives a sound prefix and a cut, or an error, whatever is flipped, cut off, put in or wiped (2000 cases)', () => {
    checkDamage(2000);
  });

  it('is noticed at every bit of a small log, and at every length', () => {
    const all: LogRecord[] = [
      { kind: 'clock', tick: tick(0), time: 5n, rate: 1n << 20n },
      { kind: 'console', tick: tick(70), device: 'uart', bytes: Uint8Array.of(104, 105) },
      { kind: 'nondet', tick: tick(71), source: 1, value: 77n },
    ];
    const bytes = logOf(all, zstd, 2);
    let cases = 0;
    for (let length = 0; length < bytes.length; length++, cases++) checkDamaged(all, bytes.slice(0, length));
    for (let bit = 0; bit < bytes.length * 8; bit++, cases++) {
      const copy = bytes.slice();
      copy[bit >> 3]! ^= 1 << (bit & 7);
      checkDamaged(all, copy);
    }
    expect(cases).toBeGreaterThan(4000);
  });
});
