/**
 * Whether two clients could ever both believe to hold a lock: the lock server's story. A client believes it from the
 * moment that it is told `granted` until its lease, counted from when it asked, is over, less a margin for clocks; or
 * until it asks to give it back.
 */
import { type Operation, operationText } from './history.ts';

/** The guest's clock follows the host's by anchors; a client that trusts a lease must allow for that. */
const MARGIN_MS = 100;

interface Holding {
  readonly who: string;
  readonly from: number;
  readonly until: number;
  readonly by: Operation;
}

/** One text for each pair of holdings that overlap, and for each holder that never asked. */
export function leaseViolations(operations: readonly Operation[]): readonly string[] {
  return [...Map.groupBy(operations, ({ key }) => key).values()].flatMap((ofKey) => [
    ...overlaps(holdings(ofKey)),
    ...strangers(ofKey),
  ]);
}

function holdings(operations: readonly Operation[]): readonly Holding[] {
  const frees = operations.filter(({ verb }) => verb === 'free');
  return operations.flatMap((by): Holding[] => {
    const { who, verb, value, start, end, answer } = by;
    if (verb !== 'lock' || answer !== 'GRANTED' || end === undefined) return [];
    const freed = frees.filter((free) => free.who === who && free.start > start).map((free) => free.start);
    const until = Math.min(start + Number(value) - MARGIN_MS, ...freed);
    return until > end ? [{ who, from: end, until, by }] : [];
  });
}

function overlaps(all: readonly Holding[]): readonly string[] {
  const sorted = [...all].sort((a, b) => a.from - b.from);
  return sorted.flatMap((holding, i) =>
    sorted
      .slice(0, i)
      .filter(({ who, until }) => who !== holding.who && until > holding.from)
      .map((other) => `two hold ${holding.by.key}:\n  ${operationText(other.by)}\n  ${operationText(holding.by)}`),
  );
}

function strangers(operations: readonly Operation[]): readonly string[] {
  return operations.flatMap((operation) => {
    const holder = /^HELD (.*)$/.exec(operation.answer ?? '')?.[1];
    if (holder === undefined) return [];
    const asked = operations.some(
      ({ who, verb, start }) =>
        who === holder && verb === 'lock' && start < (operation.end ?? Number.POSITIVE_INFINITY),
    );
    return asked ? [] : [`nobody of that name has asked: ${operationText(operation)}`];
  });
}
