/** The tables of the pair's bench, from samples made up for them. */
import { expect, test } from 'vitest';
import type { Sample } from '../../bench/pair/course.ts';
import type { Gauged } from '../../bench/pair/gauge.ts';
import { methodTablesOf } from '../../bench/pair/method-report.ts';
import { parseOptions } from '../../bench/pair/options.ts';
import { quantileOf, tablesOf } from '../../bench/pair/report.ts';

const gauged = (seconds: number, cpuSeconds: number, more: Partial<Gauged> = {}): Gauged => ({
  seconds,
  cpuSeconds,
  backupCpuSeconds: Number.NaN,
  channelBytes: Number.NaN,
  logBytes: 0,
  lag: undefined,
  share: 1,
  stalls: 0,
  ...more,
});

/** One round: FT on costs a quarter more processor time than `run`, and twice the time. */
function round(number: number, scale: number): Sample[] {
  const pair = {
    backupCpuSeconds: 4 * scale,
    channelBytes: 2.5e6,
    lag: { p50: 2, p99: 30 * number, now: 50 },
    share: 1 - number / 10,
    stalls: number,
  };
  return [
    { round: number, mode: 'run', work: 'receive', gauged: gauged(5 * scale, 4 * scale) },
    { round: number, mode: 'record', work: 'receive', gauged: gauged(8 * scale, 4.5 * scale) },
    { round: number, mode: 'ft', work: 'receive', gauged: gauged(10 * scale, 5 * scale, pair) },
  ];
}

test('ratios are taken within a round, whatever the host did in between', () => {
  const [speed] = tablesOf({ quick: true, samples: [...round(1, 1), ...round(2, 3)] });
  expect(speed?.rows).toEqual([['receive, 8 MiB', '0.800', '0.500', '0.900', '0.800', '0.800']]);
});

test('the channel: bandwidth, bytes by byte received, the worst of share and stalls', () => {
  const [, , channel] = tablesOf({ quick: true, samples: [...round(1, 1), ...round(2, 1)] });
  const perByte = (2.5e6 / (8 * 2 ** 20)).toPrecision(3);
  expect(channel?.rows[0]).toEqual(
    ['receive, 8 MiB', '2.000', perByte, '2.00', '45.0', '50.0', '80%', '2'].concat(['50%', '40%']),
  );
});

test('a client sees what FT adds', () => {
  const answers = (mode: Sample['mode'], latencies: readonly number[]): Sample => {
    return { round: 1, mode, work: 'request', latencies };
  };
  const samples = [answers('run', [1, 1, 4]), answers('record', [1, 2, 4]), answers('ft', [1, 3, 9])];
  const [latency] = tablesOf({ quick: true, samples });
  expect(latency?.rows).toEqual([
    ['request, 100 requests', '1.00', '2.00', '3.00', '2.00', '4.00', '4.00', '9.00', '5.00'],
  ]);
});

test('the methods beside each other: speed against run, channel, and what a client waits for', () => {
  const pair = { backupCpuSeconds: 2, channelBytes: 2 ** 20 };
  const samples: Sample[] = [
    { round: 1, mode: 'run', work: 'cpu', gauged: gauged(10, 8) },
    { round: 1, mode: 'ft', work: 'cpu', gauged: gauged(10, 8, pair) },
    { round: 1, mode: 'checkpoints', work: 'cpu', gauged: gauged(40, 16, { ...pair, channelBytes: 2 ** 30 }) },
    { round: 1, mode: 'run', work: 'request', latencies: [1] },
    { round: 1, mode: 'checkpoints', work: 'request', latencies: [41] },
  ];
  const [cost, latency] = methodTablesOf({ quick: true, samples });
  const of = (rows: readonly (readonly string[])[] | undefined, method: string): readonly string[] | undefined =>
    rows?.find(([name]) => name?.endsWith(`: ${method}`))?.slice(1);
  expect(of(cost?.rows, 'log')).toEqual(['1.00', '1.00', '0.839', '1.00', '0.250']);
  expect(of(cost?.rows, 'checkpoints')).toEqual(['0.500', '0.250', '215', '1,024', '0.125']);
  expect(of(cost?.rows, 'stop')).toEqual(['-', '-', '-', '-', '-']);
  expect(of(latency?.rows, 'checkpoints')).toEqual(['1.00', '41.0', '40.0', '1.00', '41.0', '40.0']);
});

test('what was not measured has no row, and no answers have no quantile', () => {
  expect(tablesOf({ quick: false, samples: [] })).toEqual([]);
  expect(quantileOf([], 0.5)).toBeNaN();
});

test('the command line', () => {
  expect(parseOptions([])).toMatchObject({ quick: false, rounds: 5, json: false });
  const given = parseOptions(['--quick', '--only', 'idle,cpu', '--detect', '9000']);
  expect(given).toMatchObject({ quick: true, rounds: 1, only: ['cpu', 'idle'], detectMs: 9000 });
  expect(parseOptions(['--help'])).toBeUndefined();
  for (const wrong of [['--only', 'sqlite'], ['--rounds', '0'], ['--detect', 'soon'], ['--fast']]) {
    expect(() => parseOptions(wrong)).toThrow();
  }
});
