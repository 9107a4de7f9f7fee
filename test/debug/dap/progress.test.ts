import { expect, test } from 'vitest';
import { TravelReport } from '../../../src/cli/dap-progress.ts';
import { tick } from '../../../src/lib/brands.ts';

test('a long way is told from when it gets long, in percent of the way in its direction, and its end', async () => {
  const told: (readonly [string, object])[] = [];
  const report = new TravelReport({ progress: (event, body) => told.push([event, body]) });
  report.rested();
  await report.breathe({ at: tick(90), from: tick(100), to: tick(0) });
  expect(told).toEqual([]);
  while (told.length < 2) await report.breathe({ at: tick(75), from: tick(100), to: tick(0) });
  report.rested();
  report.rested();
  const [start, update, end, ...more] = told;
  expect(start).toEqual(['progressStart', expect.objectContaining({ title: 'Going back', percentage: 25 })]);
  const { progressId } = start![1] as { readonly progressId: string };
  expect(update).toEqual(['progressUpdate', { progressId, percentage: 25, message: 'at tick 75' }]);
  expect(end).toEqual(['progressEnd', { progressId }]);
  expect(more).toEqual([]);
});
