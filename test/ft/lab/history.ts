/**
 * What clients did and were told. Times are milliseconds of this machine's monotonic clock, the same for every process.
 */
import { readFileSync } from 'node:fs';

export interface Operation {
  /** Client, or connection, that asked. */
  readonly who: string;
  readonly key: string;
  /** A word of the key's model: see models.ts. */
  readonly verb: string;
  readonly value?: string;
  /** When it was asked. */
  readonly start: number;
  /** When the answer was there; with `answer` left out it is not known whether and when it was done. */
  readonly end?: number;
  readonly answer?: string;
}

export interface History {
  readonly operations: readonly Operation[];
  /** What may not happen whatever the answers are: a reset connection, two answers that differ. One line each. */
  readonly faults: readonly string[];
  /** Answers that came twice, the same. */
  readonly duplicates: number;
}

export const nowMs = (): number => Number(process.hrtime.bigint()) / 1e6;

export const readHistory = (path: string): History => JSON.parse(readFileSync(path, 'utf8')) as History;

/** One client after the other. */
export function joined(...histories: readonly History[]): History {
  return {
    operations: histories.flatMap(({ operations }) => operations),
    faults: histories.flatMap(({ faults }) => faults),
    duplicates: histories.reduce((sum, { duplicates }) => sum + duplicates, 0),
  };
}

/** One line. */
export function operationText({ who, verb, key, value, start, end, answer }: Operation): string {
  const asked = [verb, key, ...(value === undefined ? [] : [value])].join(' ');
  const told = answer === undefined || end === undefined ? 'no answer' : `${answer} at ${end.toFixed(2)}`;
  return `${start.toFixed(2)} ${who}: ${asked} -> ${told}`;
}
