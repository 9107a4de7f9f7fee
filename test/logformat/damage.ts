/** The property of a damaged log, for the quick and the full test. */
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { zstd } from '../../src/host/zstd.ts';
import { UserError } from '../../src/lib/errors.ts';
import { LogReader } from '../../src/logformat/reader.ts';
import type { LogRecord } from '../../src/logformat/records.ts';
import { logOf, records } from './arbitrary.ts';
import { read, sourceOf } from './support.ts';

interface Damage {
  readonly kind: 'flip' | 'cut' | 'insert' | 'zero';
  readonly at: number;
  readonly bit: number;
}

const damage: fc.Arbitrary<Damage> = fc.record({
  kind: fc.constantFrom('flip' as const, 'flip' as const, 'cut' as const, 'insert' as const, 'zero' as const),
  at: fc.nat(1 << 20),
  bit: fc.nat(7),
});

function damaged(bytes: Uint8Array, { kind, at, bit }: Damage): Uint8Array {
  const where = at % bytes.length;
  if (kind === 'cut') return bytes.slice(0, where);
  if (kind === 'insert') return Uint8Array.of(...bytes.subarray(0, where), 1 << bit, ...bytes.subarray(where));
  const copy = bytes.slice();
  if (kind === 'flip') copy[where]! ^= 1 << bit;
  else copy.fill(0, where);
  return copy;
}

/**
 * Holds when a damaged log gives an operator's error at once, or a prefix of its records and a cut; never an end.
 * Throws what is wrong.
 */
export function checkDamaged(all: readonly LogRecord[], bytes: Uint8Array): void {
  let reader: LogReader;
  try {
    reader = new LogReader(sourceOf(bytes), zstd);
  } catch (error) {
    if (error instanceof UserError && error.exitCode === 3) return;
    throw error;
  }
  const found = read(reader);
  if (found.finish.kind !== 'cut') throw new Error('the damage is not noticed');
  if (found.records.length > all.length) throw new Error('records were made up');
  const prefix = all.slice(0, found.records.length);
  if (!isDeepStrictEqual(found.records, prefix)) throw new Error('records are wrong');
  if (reader.index().length > all.length + 3) throw new Error('the index is wrong');
}

/** Logs, and several cases of damage to each. Prints seed and path of a failure. */
export function checkDamage(cases: number): void {
  const perLog = 20;
  const property = fc.property(records, fc.array(damage, { minLength: perLog, maxLength: perLog }), (all, list) => {
    const bytes = logOf(all, zstd);
    for (const each of list) {
      const copy = damaged(bytes, each);
      if (Buffer.compare(copy, bytes) !== 0) checkDamaged(all, copy);
    }
  });
  fc.assert(property, { numRuns: cases / perLog });
}
