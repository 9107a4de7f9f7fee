/** How long clients heard nothing around a fault, and distributions of such numbers. */
import type { Operation } from './history.ts';

/** The longest time without any answer that ends after `faultAt`; undefined when none came after it. */
export function gapAfter(operations: readonly Operation[], faultAt: number): number | undefined {
  const ends = answersOf(operations);
  const after = ends.flatMap((end, i) => (end > faultAt && i > 0 ? [end - ends[i - 1]!] : []));
  return after.length === 0 ? undefined : Math.max(...after);
}

/** The longest time without any answer before `faultAt`: what the machine and its load alone cost. */
export function gapBefore(operations: readonly Operation[], faultAt: number): number {
  const ends = answersOf(operations).filter((end) => end <= faultAt);
  return Math.max(0, ...ends.slice(1).map((end, i) => end - ends[i]!));
}

function answersOf(operations: readonly Operation[]): readonly number[] {
  return operations.flatMap(({ end }) => end ?? []).sort((a, b) => a - b);
}

/** The value below which this share of the numbers lies; NaN of none. */
export function quantile(numbers: readonly number[], share: number): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** One line: how many, and half, nine of ten and all below. */
export function distributionText(numbers: readonly number[]): string {
  const ms = (share: number): string => `${quantile(numbers, share).toFixed(0)} ms`;
  return numbers.length === 0 ? 'none' : `p50 ${ms(0.5)}, p90 ${ms(0.9)}, max ${ms(1)} (${numbers.length})`;
}
