import { expect, test } from 'vitest';
import { entropySource, SeededEntropy } from '../../src/host/entropy.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

test('a seed gives xoshiro256** started by SplitMix64', () => {
  const bytes = new SeededEntropy(0n).bytes(32);
  const words = [0, 8, 16, 24].map((at) => new DataView(bytes.buffer).getBigUint64(at, true).toString(16));
  expect(words).toEqual(['99ec5f36cb75f2b4', 'bf6e1f784956452a', '1a5f849d4933e6e0', '6aa594f1262d2d2c']);
});

test('the stream is the same however it is cut', () => {
  const whole = hex(new SeededEntropy(7n).bytes(21));
  const cut = new SeededEntropy(7n);
  expect([3, 8, 1, 9].map((length) => hex(cut.bytes(length))).join('')).toBe(whole);
});

test('different seeds differ, and the host does not repeat itself', () => {
  expect(hex(new SeededEntropy(1n).bytes(8))).not.toBe(hex(new SeededEntropy(2n).bytes(8)));
  const host = entropySource({ kind: 'host' });
  expect(hex(host.bytes(16))).not.toBe(hex(host.bytes(16)));
});
