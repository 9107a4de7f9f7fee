/**
 * One virtio-blk request (Virtual I/O Device specification 1.2, section 5.2.6): parsing what the driver put in the
 * ring, and telling which requests race. It keeps nothing and changes nothing.
 *
 *     readable: {type u32, reserved u32, sector u64} data…      writable: data… status u8
 */

import { type DiskRange, NO_RANGE, overlap } from '../../machine/disk-range.ts';
import type { GuestMemory } from '../device.ts';
import { checkInRam, gather, sharePage, slice, totalLength } from './segments.ts';
import { type Chain, RingError, type Segment } from './virtqueue.ts';

export const SECTOR_BYTES = 512;
const HEADER_BYTES = 16;
export const SERIAL_BYTES = 20;
/** Segments of one request's data, and bytes of each, as the device advertises (seg_max, size_max). */
export const SEGMENTS_MAX = 254;
export const SEGMENT_BYTES_MAX = 128 * 1024;
/**
 * Bytes of one request's data that the device takes; more is an I/O error. No driver that keeps to the limits above
 * comes to it; some firmware reads a file in one segment. Half of what a frame of the log can carry.
 */
export const REQUEST_BYTES_MAX = 32 * 1024 * 1024;
/** {sector u64, num_sectors u32, flags u32} of discard and write zeroes. */
const RANGE_BYTES = 16;
const RANGE_UNMAP = 1;

export const BlockStatus = { ok: 0, ioError: 1, unsupported: 2 } as const;
const Type = { in: 0, out: 1, flush: 4, getId: 8, discard: 11, writeZeroes: 13 } as const;

export interface BlockGeometry {
  readonly sizeBytes: number;
  readonly readOnly: boolean;
}

/** What a request asks of the disk. `memory` is the guest memory its data moves to (read) or came from (write). */
export type BlockOperation = {
  readonly op: 'read' | 'write' | 'flush' | 'discard' | 'writeZeroes';
  readonly offset: number;
  readonly length: number;
  readonly unmap: boolean;
  /** Write data, copied out of guest memory when the request was taken. */
  readonly data: Uint8Array;
  readonly memory: readonly Segment[];
};

export type ParsedRequest = { readonly head: number; readonly status: bigint } & (
  | { readonly kind: 'operation'; readonly operation: BlockOperation }
  /** Answered at once: without the disk, or because it cannot be done. */
  | { readonly kind: 'answer'; readonly code: number; readonly data: Uint8Array; readonly memory: readonly Segment[] }
);

/** Throws RingError or GuestMemoryFault when the chain is not a request at all. */
export function parseRequest(
  memory: GuestMemory,
  chain: Chain,
  geometry: BlockGeometry,
  serial: Uint8Array,
): ParsedRequest {
  const { head, readable, writable } = chain;
  const room = totalLength(writable) - 1;
  if (room < 0 || totalLength(readable) < HEADER_BYTES) throw new RingError('block request without header or status');
  const header = view(gather(memory, slice(readable, 0, HEADER_BYTES)));
  const data = slice(readable, HEADER_BYTES);
  const target = slice(writable, 0, room);
  const statusByte = slice(writable, room, 1)[0]!.pa;
  checkInRam(memory, [...data, ...target, { pa: statusByte, length: 1 }]);
  const request = { head, status: statusByte };
  const answer = (code: number, bytes: Uint8Array = new Uint8Array(0)): ParsedRequest => ({
    ...request,
    kind: 'answer',
    code,
    data: bytes,
    memory: target,
  });

  const type = header.getUint32(0, true);
  if (type === Type.flush) return { ...request, kind: 'operation', operation: operation('flush') };
  if (type === Type.getId) return answer(BlockStatus.ok, serial);
  if (type === Type.in || type === Type.out) {
    const op = type === Type.in ? 'read' : 'write';
    const segments = type === Type.in ? target : data;
    const range = sectors(header.getBigUint64(8, true), totalLength(segments), geometry);
    if (range === undefined || range.length > REQUEST_BYTES_MAX) return answer(BlockStatus.ioError);
    if (op === 'write' && geometry.readOnly) return answer(BlockStatus.ioError);
    const bytes = op === 'write' ? gather(memory, segments) : undefined;
    return { ...request, kind: 'operation', operation: operation(op, range, false, bytes, segments) };
  }
  if (type === Type.discard || type === Type.writeZeroes) {
    if (geometry.readOnly) return answer(BlockStatus.ioError);
    if (totalLength(data) !== RANGE_BYTES) return answer(BlockStatus.unsupported);
    const fields = view(gather(memory, data));
    const flags = fields.getUint32(12, true);
    if (flags & ~RANGE_UNMAP || (type === Type.discard && flags !== 0)) return answer(BlockStatus.unsupported);
    const range = sectors(fields.getBigUint64(0, true), fields.getUint32(8, true) * SECTOR_BYTES, geometry);
    if (range === undefined) return answer(BlockStatus.ioError);
    const op = type === Type.discard ? 'discard' : 'writeZeroes';
    return { ...request, kind: 'operation', operation: operation(op, range, op === 'discard' || flags !== 0) };
  }
  return answer(BlockStatus.unsupported);
}

/** Bytes of the disk, or undefined where it has none or the length is not of whole sectors. */
function sectors(sector: bigint, length: number, { sizeBytes }: BlockGeometry): DiskRange | undefined {
  const offset = sector * BigInt(SECTOR_BYTES);
  if (length === 0 || length % SECTOR_BYTES !== 0 || offset + BigInt(length) > BigInt(sizeBytes)) return undefined;
  return { offset: Number(offset), length };
}

function operation(
  op: BlockOperation['op'],
  { offset, length }: DiskRange = NO_RANGE,
  unmap = false,
  data: Uint8Array = new Uint8Array(0),
  memory: readonly Segment[] = [],
): BlockOperation {
  return { op, offset, length, unmap, data, memory };
}

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** On the disk: the ranges overlap and one of them changes it. */
export const raceOnDisk = (a: BlockOperation, b: BlockOperation): boolean =>
  !(a.op === 'read' && b.op === 'read') && overlap(a, b);

/** In guest memory: a page is common and one of the two is read into it. */
export const raceInMemory = (a: BlockOperation, b: BlockOperation): boolean =>
  (a.op === 'read' || b.op === 'read') && sharePage(a.memory, b.memory);
