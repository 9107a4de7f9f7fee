import { expect, test } from 'vitest';
import type { Operation } from './history.ts';
import { leaseViolations } from './leases.ts';

const lock = (who: string, start: number, end: number, answer: string, ms = 500): Operation => ({
  who,
  key: 'lock:1',
  verb: 'lock',
  value: String(ms),
  start,
  end,
  answer,
});
const free = (who: string, start: number): Operation => ({ who, key: 'lock:1', verb: 'free', start });

test('one holds it until it gives it back, or its lease is over', () => {
  expect(leaseViolations([lock('c1', 0, 2, 'GRANTED'), lock('c2', 10, 12, 'HELD c1')])).toEqual([]);
  expect(leaseViolations([lock('c1', 0, 2, 'GRANTED'), free('c1', 20), lock('c2', 19, 25, 'GRANTED')])).toEqual([]);
  expect(leaseViolations([lock('c1', 0, 2, 'GRANTED'), lock('c2', 500, 510, 'GRANTED')])).toEqual([]);
  expect(leaseViolations([lock('c1', 0, 2, 'GRANTED'), lock('c1', 100, 110, 'GRANTED')])).toEqual([]);
});

test('two who hold it at the same time are told', () => {
  expect(leaseViolations([lock('c1', 0, 2, 'GRANTED'), lock('c2', 10, 12, 'GRANTED')])).toHaveLength(1);
  expect(leaseViolations([lock('c2', 300, 320, 'GRANTED'), lock('c1', 0, 2, 'GRANTED')])).toHaveLength(1);
  const other = { ...lock('c2', 10, 12, 'GRANTED'), key: 'lock:2' };
  expect(leaseViolations([lock('c1', 0, 2, 'GRANTED'), other])).toEqual([]);
});

test('who gave up before it was told may have given back already', () => {
  expect(leaseViolations([lock('c1', 0, 400, 'GRANTED'), free('c1', 300), lock('c2', 350, 450, 'GRANTED')])).toEqual(
    [],
  );
});

test('a holder that nobody has heard of is told', () => {
  expect(leaseViolations([lock('c2', 10, 12, 'HELD c9')])).toHaveLength(1);
  expect(leaseViolations([lock('c2', 10, 12, 'HELD c1'), lock('c1', 20, 30, 'GRANTED')])).toHaveLength(1);
});
