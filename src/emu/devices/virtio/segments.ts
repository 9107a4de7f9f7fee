/**
 * Pieces of guest memory as one run of bytes. Not a queue: only arithmetic on segment lists and the copies in and out.
 */

import type { GuestMemory } from '../device.ts';
import type { Segment } from './virtqueue.ts';

export const totalLength = (segments: readonly Segment[]): number =>
  segments.reduce((sum, { length }) => sum + length, 0);

/** The segments that hold bytes [from, from + length) of the run; the run must reach that far. */
export function slice(segments: readonly Segment[], from: number, length = totalLength(segments) - from): Segment[] {
  const part: Segment[] = [];
  let skip = from;
  let wanted = length;
  for (const segment of segments) {
    const taken = Math.min(Math.max(segment.length - skip, 0), wanted);
    if (taken > 0) part.push({ pa: segment.pa + BigInt(skip), length: taken });
    skip = Math.max(skip - segment.length, 0);
    wanted -= taken;
  }
  if (wanted > 0) throw new RangeError(`segments end ${wanted} bytes early`);
  return part;
}

export function gather(memory: GuestMemory, segments: readonly Segment[]): Uint8Array {
  const bytes = new Uint8Array(totalLength(segments));
  let at = 0;
  for (const { pa, length } of segments) {
    bytes.set(memory.read(pa, length), at);
    at += length;
  }
  return bytes;
}

/** Writes as many bytes as fit; gives how many that were. */
export function scatter(memory: GuestMemory, segments: readonly Segment[], bytes: Uint8Array): number {
  let at = 0;
  for (const { pa, length } of segments) {
    if (at === bytes.length) break;
    const part = bytes.subarray(at, at + length);
    memory.write(pa, part);
    at += part.length;
  }
  return at;
}

/** Throws GuestMemoryFault unless all of the segments lie in RAM. */
export function checkInRam(memory: GuestMemory, segments: readonly Segment[]): void {
  for (const { pa, length } of segments) {
    if (length === 0) continue;
    memory.read(pa, 1);
    memory.read(pa + BigInt(length - 1), 1);
  }
}

const PAGE_SHIFT = 12n;
/** Whether two segment lists touch a common 4 KiB page. */
export function sharePage(a: readonly Segment[], b: readonly Segment[]): boolean {
  return a.some((s) => b.some((t) => firstPage(s) <= lastPage(t) && firstPage(t) <= lastPage(s)));
}
const firstPage = ({ pa }: Segment): bigint => pa >> PAGE_SHIFT;
const lastPage = ({ pa, length }: Segment): bigint => (pa + BigInt(Math.max(length, 1) - 1)) >> PAGE_SHIFT;
