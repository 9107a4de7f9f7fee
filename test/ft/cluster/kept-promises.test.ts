/** What an agent does about its ledger, each of its calls answered by hand. */
import { expect, test } from 'vitest';
import { KeptPromises } from '../../../src/ft/cluster/kept-promises.ts';
import { ledgerKey } from '../../../src/ft/cluster/records.ts';
import type { Steps } from '../../../src/ft/cluster/steps.ts';

const CLAIM_MS = 100;
const PROMISED = { id: 'web-1', pair: 'web', bytes: 1 };

/** The record of the host's ledger. */
const record = (words: object = {}) => {
  const ledger = { enrolled: true, draining: false, reservations: [PROMISED], ...words };
  return { key: ledgerKey('a'), text: JSON.stringify(ledger), revision: 1 };
};

/** Reads are answered with `read`; swaps are done. What was swapped in, and the result. */
function walkedBy<T>(steps: Steps<T>, read: object): { readonly result: T; readonly swapped: readonly unknown[] } {
  const swapped: unknown[] = [];
  let step = steps.next();
  while (step.done !== true) {
    if (step.value.kind === 'swap') swapped.push(JSON.parse(step.value.text).reservations);
    step = steps.next(step.value.kind === 'read' ? read : { kind: 'done' });
  }
  return { result: step.value, swapped };
}

test('of two who ask for one place at once one is admitted, and the other when the first has failed', () => {
  const promises = new KeptPromises('a', CLAIM_MS);
  const first = promises.admit('web-1', 'web');
  expect(first.next().value).toEqual({ kind: 'read', key: ledgerKey('a') });
  expect(walkedBy(promises.admit('web-1', 'web'), record()).result).toBe('it is being started');
  expect(first.next(record()).value).toEqual(PROMISED);
  expect(walkedBy(promises.admit('web-1', 'web'), record()).result).toBe('it is being started');
  promises.started('web-1');
  expect(walkedBy(promises.admit('web-1', 'web'), record()).result).toEqual(PROMISED);
});

test.each([
  ['nothing is promised', { reservations: [] }, 'no place is promised to web here'],
  ['another pair is promised it', { reservations: [{ ...PROMISED, pair: 'db' }] }, 'no place is promised to web here'],
  ['the host is drained', { draining: true }, 'it is draining'],
])('a place is not started where %s, and may be asked for again', (_, words, reason) => {
  const promises = new KeptPromises('a', CLAIM_MS);
  expect(walkedBy(promises.admit('web-1', 'web'), record(words)).result).toBe(reason);
  expect(walkedBy(promises.admit('web-1', 'web'), record()).result).toEqual(PROMISED);
});

test('a place that is given back while it is started stays promised until it is gone', () => {
  const promises = new KeptPromises('a', CLAIM_MS);
  walkedBy(promises.admit('web-1', 'web'), record());
  promises.free('web-1');
  let held: readonly (typeof PROMISED)[] = [];
  const reconciled = (): readonly unknown[] =>
    walkedBy(
      promises.reconcile(() => held, 0),
      record(),
    ).swapped;
  expect(reconciled()).toEqual([]);
  held = [PROMISED];
  expect(promises.started('web-1')).toBe(false);
  expect(reconciled()).toEqual([]);
  held = [];
  expect(reconciled()).toEqual([[]]);
});

test('a place that is asked for just as its promise is taken back is not kept', () => {
  const promises = new KeptPromises('a', CLAIM_MS);
  const none = (): readonly (typeof PROMISED)[] => [];
  walkedBy(promises.reconcile(none, 0), record());
  const takingBack = promises.reconcile(none, CLAIM_MS + 1);
  expect(takingBack.next().value).toMatchObject({ kind: 'read' });
  expect(takingBack.next(record()).value).toMatchObject({ kind: 'read' });
  expect(takingBack.next(record()).value).toMatchObject({ kind: 'swap' });
  // The ledger still has it.
  expect(walkedBy(promises.admit('web-1', 'web'), record()).result).toEqual(PROMISED);
  expect(takingBack.next({ kind: 'done' }).done).toBe(true);
  expect(promises.started('web-1')).toBe(false);
  // It is over: the same place, promised anew, is started.
  walkedBy(promises.reconcile(none, CLAIM_MS + 2), record({ reservations: [] }));
  expect(walkedBy(promises.admit('web-1', 'web'), record()).result).toEqual(PROMISED);
  expect(promises.started('web-1')).toBe(true);
});

test('in a registry that was made anew the host is enrolled, holds what is there, and drains as it did', () => {
  const promises = new KeptPromises('a', CLAIM_MS);
  const reconciled = (words: object | undefined): unknown => {
    const steps = promises.reconcile(() => [PROMISED], 0);
    let swapped: unknown;
    for (let step = steps.next(); step.done !== true; ) {
      if (step.value.kind === 'swap') swapped = JSON.parse(step.value.text);
      const found = words === undefined ? undefined : record(words);
      step = steps.next(step.value.kind === 'read' ? found : { kind: 'done' });
    }
    return swapped;
  };
  const whole = { enrolled: true, draining: false, reservations: [PROMISED] };
  expect(reconciled(undefined)).toEqual(whole);
  expect(reconciled({ draining: true })).toBeUndefined();
  expect(reconciled(undefined)).toEqual({ ...whole, draining: true });
  expect(reconciled({ draining: false })).toBeUndefined();
  expect(reconciled(undefined)).toEqual(whole);
  // Drained by the operator before the agent has looked.
  expect(reconciled({ enrolled: false, draining: true, reservations: [] })).toEqual({ ...whole, draining: true });
});

test('a registry that cannot be read leaves nothing behind', () => {
  const promises = new KeptPromises('a', CLAIM_MS);
  const steps = promises.admit('web-1', 'web');
  steps.next();
  expect(() => steps.throw(new Error('away'))).toThrow('away');
  expect(walkedBy(promises.admit('web-1', 'web'), record()).result).toEqual(PROMISED);
});

test('a promise that nobody comes for is taken back after its time, and not while its place is started', () => {
  const promises = new KeptPromises('a', CLAIM_MS);
  const reconciled = (now: number): readonly unknown[] =>
    walkedBy(
      promises.reconcile(() => [], now),
      record(),
    ).swapped;
  expect(reconciled(0)).toEqual([]);
  walkedBy(promises.admit('web-1', 'web'), record());
  expect(reconciled(2 * CLAIM_MS)).toEqual([]);
  promises.started('web-1');
  expect(reconciled(3 * CLAIM_MS)).toEqual([]);
  expect(reconciled(5 * CLAIM_MS)).toEqual([[]]);
});
