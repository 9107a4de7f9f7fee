/** Which bytes of a drive a request is of, in one place for whoever orders, checks or counts requests. */

import type { DiskOperation } from './events.ts';

/** In bytes. */
export interface DiskRange {
  readonly offset: number;
  readonly length: number;
}

/** What a flush is of, in this sense: it has an order among others, and no place. */
export const NO_RANGE: DiskRange = { offset: 0, length: 0 };

export function rangeOf(operation: DiskOperation): DiskRange {
  switch (operation.op) {
    case 'flush':
      return NO_RANGE;
    case 'write':
      return { offset: operation.offset, length: operation.data.length };
    default:
      return { offset: operation.offset, length: operation.length };
  }
}

/** They have a byte in common. */
export const overlap = (a: DiskRange, b: DiskRange): boolean =>
  a.offset < b.offset + b.length && b.offset < a.offset + a.length;
