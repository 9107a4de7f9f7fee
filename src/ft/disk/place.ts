/** A place on one of the guest's disks: what an operation reads or changes. */

import type { Output } from '../../session/gate.ts';

/** In bytes. */
export interface Place {
  readonly device: string;
  readonly offset: number;
  readonly length: number;
}

/** Undefined for what has no place: a flush, and all that is not of a disk. */
export function placeOf(output: Output): Place | undefined {
  if (output.kind !== 'disk' || output.operation.op === 'flush') return undefined;
  const { device, operation } = output;
  const { offset } = operation;
  return { device, offset, length: operation.op === 'write' ? operation.data.length : operation.length };
}

/** The place that it changes, if it changes one. */
export const changedPlaceOf = (output: Output): Place | undefined =>
  output.kind === 'disk' && output.operation.op === 'read' ? undefined : placeOf(output);

export const overlap = (a: Place, b: Place): boolean =>
  a.device === b.device && a.offset < b.offset + b.length && b.offset < a.offset + a.length;
