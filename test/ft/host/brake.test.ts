/** What holds a guest thread back, with the thread's other work. */

import { expect, test } from 'vitest';
import { Brake } from '../../../src/host/ft/brake.ts';
import { ControlWords, sharedState } from '../../../src/host/live/shared-state.ts';

const MS = 1_000_000n;

function brake(share: number, meanwhile: () => boolean, given?: () => number) {
  const shared = sharedState();
  new ControlWords(shared.control).share = share;
  let ranNs = 0n;
  const held = new Brake(shared, () => ranNs, meanwhile, given);
  return {
    /** The guest runs for so long, and is held; how long, in milliseconds. */
    slice: (ns: bigint): number => {
      ranNs += ns;
      const from = performance.now();
      held.hold();
      return performance.now() - from;
    },
  };
}

test('what the guest does not get goes to the other work of the thread, for as long as there is some', () => {
  let pieces = 0;
  const half = brake(0.5, () => ++pieces <= 3);
  expect(half.slice(10n * MS)).toBeGreaterThanOrEqual(9.9);
  expect(pieces).toBeGreaterThanOrEqual(4);
});

test('a guest with the whole processor is not held, and no other work is done for it', () => {
  let pieces = 0;
  const whole = brake(1, () => ++pieces < 1000);
  for (let i = 0; i < 100; i++) whole.slice(10n * MS);
  expect(pieces).toBe(0);
});

test('of what the operator gives and what its backup leaves a guest has the smaller share', () => {
  const none = (): boolean => false;
  let given = 0.1;
  const slowed = brake(0.5, none, () => given);
  expect(slowed.slice(2n * MS)).toBeGreaterThanOrEqual(17.9);
  given = 1;
  expect(slowed.slice(10n * MS)).toBeGreaterThanOrEqual(9.9);
  expect(brake(0.1, none, () => 0.5).slice(2n * MS)).toBeGreaterThanOrEqual(17.9);
});

test('a guest with a tenth waits nine times as long as it has run', () => {
  expect(brake(0.1, () => false).slice(2n * MS)).toBeGreaterThanOrEqual(17.9);
});
