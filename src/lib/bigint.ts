/** Least and greatest of bigints, which Math does not do. */

export const minOf = (a: bigint, b: bigint): bigint => (a <= b ? a : b);
export const maxOf = (a: bigint, b: bigint): bigint => (a >= b ? a : b);
