/** Few-sample statistics: medians, spread, geometric means. NaN stands for "not measured" and goes through. */

export function median(values: readonly number[]): number {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  if (sorted.length === 0) return Number.NaN;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Half the distance between the extremes, as a part of the median. */
export function spread(values: readonly number[]): number {
  const known = values.filter((value) => !Number.isNaN(value));
  return (Math.max(...known) - Math.min(...known)) / 2 / median(known);
}

/** Of what was measured. */
export function geometricMean(values: readonly number[]): number {
  const known = values.filter((value) => !Number.isNaN(value));
  return Math.exp(known.reduce((sum, value) => sum + Math.log(value), 0) / known.length);
}
