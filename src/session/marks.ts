/**
 * Output marks: what has left each device since its last mark. The recorder writes them, the replayer compares them;
 * both count in the same way here. Console output comes together until the slice ends; a packet or a request has a
 * mark of its own, at once, so that a gate can release it on its own.
 */

import { rangeOf } from '../emu/machine/disk-range.ts';
import type { DiskOperation, Output } from '../emu/machine/events.ts';
import type { Tick } from '../lib/brands.ts';
import { digest64 } from '../lib/digest64.ts';

export interface Mark {
  readonly device: string;
  /** Bytes, as the guest would count them. */
  readonly length: number;
  readonly digest: bigint;
  /** First tick at which the last of it was made. */
  readonly tick: Tick;
}

/** What has left and no mark of the log covers yet, as plain values. */
export interface MarksState {
  readonly open: readonly { readonly device: string; readonly bytes: Uint8Array; readonly tick: Tick }[];
  readonly closed: readonly Mark[];
}

export class Marks {
  /** Console output that has no mark yet, by device. */
  readonly #open = new Map<string, { parts: Uint8Array[]; tick: Tick }>();
  #closed: Mark[] = [];

  /** From where `save` was called, or with nothing open. */
  constructor(state: MarksState = { open: [], closed: [] }) {
    for (const { device, bytes, tick } of state.open) this.#open.set(device, { parts: [bytes], tick });
    this.#closed = [...state.closed];
  }

  save(): MarksState {
    const open = [...this.#open].map(([device, { parts, tick }]) => ({ device, bytes: concat(parts).slice(), tick }));
    return { open, closed: [...this.#closed] };
  }

  /** Adds an output; true when it has a mark of its own now. */
  add(output: Output, tick: Tick): boolean {
    if (output.kind === 'console') {
      const open = this.#open.get(output.device) ?? { parts: [], tick };
      open.parts.push(output.bytes.slice());
      open.tick = tick;
      this.#open.set(output.device, open);
      return false;
    }
    this.#closed.push({ device: output.device, length: lengthOf(output), digest: digest64(canonical(output)), tick });
    return true;
  }

  /** Ends the slice: console output gets its marks. */
  close(): void {
    for (const device of [...this.#open.keys()]) this.#closeOne(device);
  }

  /** Removes and gives all marks, in the order they were closed. */
  take(): Mark[] {
    const taken = this.#closed;
    this.#closed = [];
    return taken;
  }

  /** Removes and gives the first mark of a device, console output closed before; undefined when nothing has left. */
  takeFor(device: string): Mark | undefined {
    this.#closeOne(device);
    const index = this.#closed.findIndex((mark) => mark.device === device);
    return index < 0 ? undefined : this.#closed.splice(index, 1)[0];
  }

  #closeOne(device: string): void {
    const open = this.#open.get(device);
    if (open === undefined) return;
    const bytes = concat(open.parts);
    this.#closed.push({ device, length: bytes.length, digest: digest64(bytes), tick: open.tick });
    this.#open.delete(device);
  }
}

function lengthOf(output: Exclude<Output, { kind: 'console' }>): number {
  if (output.kind === 'packet') return output.frame.length;
  return output.kind === 'entropy' ? output.length : rangeOf(output.operation).length;
}

/** The bytes that the digest of an output is over. docs/log-format.md, section "Output digests". */
function canonical(output: Exclude<Output, { kind: 'console' }>): Uint8Array {
  if (output.kind === 'packet') return output.frame;
  if (output.kind === 'entropy') return numbers([output.request, output.length]);
  return diskBytes(output.request, output.operation);
}

const OPERATIONS: readonly DiskOperation['op'][] = ['read', 'write', 'flush', 'discard', 'writeZeroes'];

function diskBytes(request: number, operation: DiskOperation): Uint8Array {
  const op = OPERATIONS.indexOf(operation.op);
  switch (operation.op) {
    case 'read':
      return numbers([request, op, operation.offset, operation.length]);
    case 'write':
      return numbers([request, op, operation.offset], operation.data);
    case 'flush':
      return numbers([request, op]);
    default:
      return numbers([request, op, operation.offset, operation.length, operation.unmap ? 1 : 0]);
  }
}

const NOTHING = new Uint8Array(0);

/** Each, a whole number below 2^53, as 8 bytes, little endian; then `data`. */
function numbers(values: readonly number[], data: Uint8Array = NOTHING): Uint8Array {
  const bytes = new Uint8Array(8 * values.length + data.length);
  let at = 0;
  for (const value of values) {
    let rest = value;
    for (let i = 0; i < 8 && rest > 0; i++, rest = Math.floor(rest / 256)) bytes[at + i] = rest;
    at += 8;
  }
  bytes.set(data, at);
  return bytes;
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
