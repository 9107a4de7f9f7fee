/**
 * What goes through the rings between the threads of a pair's side besides inputs and outputs. Kinds above those of
 * messages.ts, in the same form: a few bytes of head, little endian, then the payload as it is. Never stored.
 *
 *     to the main thread:  frame, reads, output (under its number), again, executed, drained, copying, quiet, covered,
 *                           joined, unrecorded
 *     to the guest thread: feed, drain, goLive, copy, imagesNear, endCopy, quiesce, cover, join
 */

import type { Output } from '../../emu/machine/events.ts';
import type { Place } from '../../ft/disk/place.ts';
import type { NumberedOutput } from '../../ft/guest/units.ts';
import { type Tick, tick } from '../../lib/brands.ts';
import type { CopyProgress } from '../../session/guest-copy.ts';
import { decodeOutput, encodeOutput, type Message } from '../messages.ts';
import type { LogFile } from './job.ts';

const FRAME_HEAD_BYTES = 10;
const FRAME = 128;
const OUTPUT = 129;
const EXECUTED = 130;
const DRAINED = 131;
const FEED = 132;
const DRAIN = 133;
const GO_LIVE = 134;
const COPYING = 135;
const COPY = 136;
const END_COPY = 138;
const QUIESCE = 139;
const QUIET = 140;
const IMAGES_NEAR = 141;
const READS = 142;
const AGAIN = 143;
const JOIN = 144;
const JOINED = 145;
const COVER = 146;
const COVERED = 147;
const UNRECORDED = 148;
const EMPTY = new Uint8Array(0);

/** From the guest thread. */
export type Report =
  /**
   * One more frame of the log of backup `copy`: 0 has the guest from power on, later ones are copies. `last`: its end;
   * `commit`: the state that a copy begins with.
   */
  | {
      readonly kind: 'frame';
      readonly copy: number;
      readonly sequence: number;
      readonly last: boolean;
      readonly commit: boolean;
      readonly bytes: Uint8Array;
    }
  /** The frame that comes next says that these places of shared disks were read, and the backup reads them itself. */
  | { readonly kind: 'reads'; readonly copy: number; readonly places: readonly Place[] }
  /** What this side has read for this request of the replayed guest is not what the primary read. */
  | { readonly kind: 'again'; readonly output: Output }
  | { readonly kind: 'copying'; readonly copy: number; readonly progress: CopyProgress }
  /** An output that every frame before covers (primary), or that the replay has made (backup). */
  | ({ readonly kind: 'output' } & NumberedOutput)
  /** All frames up to this are executed; state digests compared so far. */
  | { readonly kind: 'executed'; readonly sequence: number; readonly tick: Tick; readonly digests: number }
  | { readonly kind: 'drained' }
  /** Answers the order 'quiesce' of this number: everything made is before this in the ring. */
  | { readonly kind: 'quiet'; readonly number: number }
  /** Answers the order 'cover' of this number: who follows has been given every input before it, if anybody does. */
  | { readonly kind: 'covered'; readonly number: number }
  /** Answers the order 'join': what comes behind this is of a guest that lives at a side of a pair. */
  | { readonly kind: 'joined' }
  /** The own log cannot be written any more, for this reason; it ends with what it has. */
  | { readonly kind: 'unrecorded'; readonly why: string };

/** To the guest thread. */
export type Order =
  /** One frame of the log that is followed, and when it arrived (monotonic clock of the process, nanoseconds). */
  | { readonly kind: 'feed'; readonly receivedNs: bigint; readonly bytes: Uint8Array }
  | { readonly kind: 'drain' }
  | { readonly kind: 'goLive' }
  /** Make a copy of the guest, which runs. */
  | { readonly kind: 'copy'; readonly copy: number }
  /** The images that go with the copy are nearly equal: its state may be taken. */
  | { readonly kind: 'imagesNear'; readonly copy: number }
  /** Nobody follows this copy any more. */
  | { readonly kind: 'endCopy'; readonly copy: number }
  /** Come to a stop at the end of a slice, for as long as the control words say. */
  | { readonly kind: 'quiesce'; readonly number: number }
  /** Tell 'covered' when the inputs before this in the ring are taken, and given to who follows. */
  | { readonly kind: 'cover'; readonly number: number }
  /**
   * A guest that runs in no pair is to live at a side of one. `inside`: as OwnDevices. `log`: the file of its own log,
   * which begins with a checkpoint; left out: it is recorded already.
   */
  | { readonly kind: 'join'; readonly inside: readonly string[]; readonly log?: LogFile };

export function encodeReport(report: Report): Message {
  switch (report.kind) {
    case 'frame': {
      const head = new DataView(new ArrayBuffer(FRAME_HEAD_BYTES));
      head.setUint8(0, FRAME);
      head.setUint32(1, report.sequence, true);
      head.setUint8(5, (report.last ? 1 : 0) | (report.commit ? 2 : 0));
      head.setUint32(6, report.copy, true);
      return message(head, report.bytes);
    }
    case 'output': {
      const { head, body } = encodeOutput(report.output);
      const all = new Uint8Array(9 + head.length);
      all[0] = OUTPUT;
      new DataView(all.buffer).setBigUint64(1, report.unit, true);
      all.set(head, 9);
      return { head: all, body };
    }
    case 'executed': {
      const head = new DataView(new ArrayBuffer(17));
      head.setUint8(0, EXECUTED);
      head.setInt32(1, report.sequence, true);
      head.setBigUint64(5, report.tick, true);
      head.setUint32(13, report.digests, true);
      return message(head);
    }
    case 'drained':
      return { head: Uint8Array.of(DRAINED), body: EMPTY };
    case 'joined':
      return { head: Uint8Array.of(JOINED), body: EMPTY };
    case 'quiet':
      return numbers(QUIET, report.number);
    case 'covered':
      return numbers(COVERED, report.number);
    case 'unrecorded':
      return plain(UNRECORDED, report);
    case 'copying':
      return plain(COPYING, report);
    case 'reads':
      return plain(READS, report);
    case 'again': {
      const { head, body } = encodeOutput(report.output);
      return { head: Uint8Array.of(AGAIN, ...head), body };
    }
  }
}

/** Undefined for a bare output, which is done at once. */
export function decodeReport(bytes: Uint8Array): Report | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (bytes[0]) {
    case FRAME:
      return {
        kind: 'frame',
        sequence: view.getUint32(1, true),
        last: (bytes[5]! & 1) !== 0,
        commit: (bytes[5]! & 2) !== 0,
        copy: view.getUint32(6, true),
        bytes: bytes.subarray(FRAME_HEAD_BYTES),
      };
    case OUTPUT: {
      const output: Output = decodeOutput(bytes.subarray(9));
      return { kind: 'output', device: output.device, unit: view.getBigUint64(1, true), output };
    }
    case EXECUTED:
      return {
        kind: 'executed',
        sequence: view.getInt32(1, true),
        tick: tick(view.getBigUint64(5, true)),
        digests: view.getUint32(13, true),
      };
    case DRAINED:
      return { kind: 'drained' };
    case JOINED:
      return { kind: 'joined' };
    case QUIET:
      return { kind: 'quiet', number: view.getUint32(1, true) };
    case COVERED:
      return { kind: 'covered', number: view.getUint32(1, true) };
    case AGAIN:
      return { kind: 'again', output: decodeOutput(bytes.subarray(1)) };
    case COPYING:
    case READS:
    case UNRECORDED:
      return parsed(bytes) as Report;
    default:
      return undefined;
  }
}

export function encodeOrder(order: Order): Message {
  switch (order.kind) {
    case 'feed': {
      const head = new DataView(new ArrayBuffer(9));
      head.setUint8(0, FEED);
      head.setBigUint64(1, order.receivedNs, true);
      return message(head, order.bytes);
    }
    case 'drain':
      return { head: Uint8Array.of(DRAIN), body: EMPTY };
    case 'goLive':
      return { head: Uint8Array.of(GO_LIVE), body: EMPTY };
    case 'copy':
      return numbers(COPY, order.copy);
    case 'imagesNear':
      return numbers(IMAGES_NEAR, order.copy);
    case 'endCopy':
      return numbers(END_COPY, order.copy);
    case 'quiesce':
      return numbers(QUIESCE, order.number);
    case 'cover':
      return numbers(COVER, order.number);
    case 'join':
      return plain(JOIN, order);
  }
}

export function decodeOrder(bytes: Uint8Array): Order {
  const number = (at: number): number =>
    new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getInt32(1 + 4 * at, true);
  switch (bytes[0]) {
    case FEED: {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      return { kind: 'feed', receivedNs: view.getBigUint64(1, true), bytes: bytes.subarray(9) };
    }
    case DRAIN:
      return { kind: 'drain' };
    case GO_LIVE:
      return { kind: 'goLive' };
    case COPY:
      return { kind: 'copy', copy: number(0) };
    case IMAGES_NEAR:
      return { kind: 'imagesNear', copy: number(0) };
    case END_COPY:
      return { kind: 'endCopy', copy: number(0) };
    case QUIESCE:
      return { kind: 'quiesce', number: number(0) };
    case COVER:
      return { kind: 'cover', number: number(0) };
    case JOIN:
      return parsed(bytes) as Order;
    default:
      throw new Error(`a message of unknown kind ${bytes[0]}`);
  }
}

function numbers(kind: number, ...values: readonly number[]): Message {
  const head = new DataView(new ArrayBuffer(1 + 4 * values.length));
  head.setUint8(0, kind);
  for (const [i, value] of values.entries()) head.setInt32(1 + 4 * i, value, true);
  return message(head);
}

const plain = (kind: number, said: Report | Order): Message => ({
  head: Uint8Array.of(kind),
  body: new TextEncoder().encode(JSON.stringify(said)),
});

const parsed = (bytes: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(bytes.subarray(1)));

function message(head: DataView, body: Uint8Array = EMPTY): Message {
  return { head: new Uint8Array(head.buffer), body };
}
