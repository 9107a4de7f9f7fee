import { expect, test } from 'vitest';
import { methodSettings } from '../../src/cli/ft-flags.ts';
import { statusText } from '../../src/cli/ft-status.ts';
import { METHODS } from '../../src/ft/guest/method.ts';
import type { FoundNode } from '../../src/host/ft/nodes.ts';

/** The status of a node whose pair is kept in step so. */
function text(words: Parameters<typeof methodSettings>[0]): string {
  const method = methodSettings(words);
  const node: FoundNode = {
    pair: 'web',
    path: '/run/web.sock',
    host: 'h',
    pid: 7,
    command: 'primary',
    ticks: 0,
    method,
  };
  return statusText({ nodes: [node], silent: [] });
}

test('the method of a pair is given by name, with what belongs to it, and told by the status', () => {
  expect(text({ method: 'log' })).toMatch(/^method +log$/m);
  expect(text({ method: 'epochs', epoch: '1_000_000' })).toMatch(/^method +epochs of 1,000,000 ticks$/m);
  expect(text({ method: 'checkpoints' })).toMatch(/^method +25 checkpoints a second$/m);
  const reads = text({ method: 'log', 'disk-reads': 'backup' });
  expect(reads).toMatch(/^method +log; the backup reads disks itself$/m);
  expect(METHODS.map((method) => methodSettings({ method }).name)).toEqual([...METHODS]);
});

test.each([
  ['an epoch without epochs', { method: 'log', epoch: '100000' }, /--method epochs/],
  ['a rate without checkpoints', { method: 'stop', checkpoints: 40 }, /--method checkpoints/],
  ['reads at a backup that is given no log', { method: 'checkpoints', 'disk-reads': 'backup' }, /--method log/],
  ['an epoch that is too short', { method: 'epochs', epoch: '10' }, /too short/],
] as const)('%s is refused', (_, words, says) => {
  let error: unknown;
  try {
    methodSettings(words);
  } catch (caught) {
    error = caught;
  }
  const { what, remedy } = error as { readonly what: string; readonly remedy: string };
  expect(`${what}; ${remedy}`).toMatch(says);
});
