/** A place on one of the guest's disks: what an operation reads or changes. */

import { type DiskRange, type Output, overlap as overlapOnDisk, rangeOf } from '../../session/gate.ts';

export interface Place extends DiskRange {
  readonly device: string;
}

/** Undefined for what has no place: a flush, and all that is not of a disk. */
export function placeOf(output: Output): Place | undefined {
  if (output.kind !== 'disk' || output.operation.op === 'flush') return undefined;
  return { device: output.device, ...rangeOf(output.operation) };
}

/** The place that it changes, if it changes one. */
export const changedPlaceOf = (output: Output): Place | undefined =>
  output.kind === 'disk' && output.operation.op === 'read' ? undefined : placeOf(output);

export const overlap = (a: Place, b: Place): boolean => a.device === b.device && overlapOnDisk(a, b);
