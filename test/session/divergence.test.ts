import { describe, expect, it } from 'vitest';
import { unnoticed } from './mutations.ts';
import { iterate, readLog, record, replayRecords } from './support.ts';

describe.each(['host', 'ticks', 'exact'] as const)('a replay with clock %s', (clock) => {
  it('diverges when a record of its log is moved, changed, dropped or doubled', () => {
    const options = { clock, lastTick: 4000n };
    const { records, finish } = readLog(record(17, options).bytes);
    const diverges = (mutated: typeof records) => {
      const { result } = replayRecords(iterate(mutated, finish), options);
      if (result.kind === 'diverged') expect(result.divergence.explanation).not.toBe('');
      return result.kind === 'diverged';
    };
    const { tried, unnoticed: missed } = unnoticed(records, 5, (mutated) => diverges([...mutated]));
    expect(missed).toEqual([]);
    expect(tried).toBeGreaterThan(50);
  });
});
