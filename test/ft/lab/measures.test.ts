import { expect, test } from 'vitest';
import { commandBytes, parseReply } from './clients/resp.ts';
import { distributionText, gapAfter, gapBefore, quantile } from './gaps.ts';
import type { Operation } from './history.ts';

const answered = (...ends: readonly number[]): Operation[] =>
  ends.map((end) => ({ who: 'c', key: 'reg:1', verb: 'get', start: end - 1, end, answer: 'none' }));

test('the gap is the longest time without an answer that ends after the fault', () => {
  const operations = [...answered(10, 20, 50, 70, 400, 410), { who: 'c', key: 'reg:1', verb: 'get', start: 60 }];
  expect(gapAfter(operations, 75)).toBe(330);
  expect(gapAfter(operations, 405)).toBe(10);
  expect(gapAfter(operations, 411)).toBeUndefined();
  expect(gapBefore(operations, 75)).toBe(30);
});

test('distributions', () => {
  const numbers = Array.from({ length: 100 }, (_, i) => 100 - i);
  expect([quantile(numbers, 0.5), quantile(numbers, 0.9), quantile(numbers, 1)]).toEqual([51, 91, 100]);
  expect(distributionText([3, 1, 2])).toBe('p50 2 ms, p90 3 ms, max 3 ms (3)');
  expect(distributionText([])).toBe('none');
});

test.each([
  ['+OK\r\n', 'OK'],
  [':12\r\n', 12],
  ['$-1\r\n', null],
  ['$0\r\n\r\n', ''],
  ['$4\r\na\r\nb\r\n', 'a\r\nb'],
])('a redis reply of any kind is read when it is whole: %j', (wire, reply) => {
  const bytes = Buffer.from(`${wire}+more`);
  expect(parseReply(bytes)).toEqual({ reply, length: wire.length });
  for (let cut = 0; cut < wire.length; cut++) expect(parseReply(bytes.subarray(0, cut))).toBeUndefined();
});

test('an error reply is an error, and nonsense is none of them', () => {
  expect(parseReply(Buffer.from('-ERR no\r\n'))?.reply).toEqual(new Error('ERR no'));
  expect(() => parseReply(Buffer.from('HTTP\r\n'))).toThrow('not a reply');
  expect(commandBytes(['SET', 'k', 'a b'])).toBe('*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$3\r\na b\r\n');
});
