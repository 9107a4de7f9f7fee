/**
 * How inputs and outputs look in the rings between the threads: a few bytes of head, then the payload as it is. An
 * encoding of this program run alone, never stored; the log has its own.
 *
 *     u8 kind | u8 length of the device's name | name, ASCII | fields of the kind, little endian | payload
 */

import type { DiskOperation, Input, Output } from '../emu/machine/events.ts';

/** A message in two parts, so that a long payload is copied once, into the ring. */
export interface Message {
  readonly head: Uint8Array;
  readonly body: Uint8Array;
}

/** Longest head of any message, for the size of rings. */
export const HEAD_BYTES_MAX = 2 + 255 + 32;

const KINDS = ['clock', 'console', 'packet', 'disk', 'entropy', 'control', 'suspend', 'resume', 'share'] as const;
const ACTIONS = ['powerOff', 'reset'] as const;
const OPS = ['read', 'write', 'flush', 'discard', 'writeZeroes'] as const;
const EMPTY = new Uint8Array(0);

export function encodeInput(input: Input): Message {
  switch (input.kind) {
    case 'clock': {
      const fields = new DataView(new ArrayBuffer(16));
      fields.setBigInt64(0, input.time, true);
      fields.setBigInt64(8, input.rate, true);
      return message('clock', '', fields);
    }
    case 'console':
      return message('console', input.device, NONE, input.bytes);
    case 'packet':
      return message('packet', input.device, NONE, input.frame);
    case 'disk': {
      const fields = new DataView(new ArrayBuffer(9));
      fields.setFloat64(0, input.request, true);
      fields.setUint8(8, input.status);
      return message('disk', input.device, fields, input.data);
    }
    case 'entropy':
      return message('entropy', input.device, number(input.request), input.bytes);
    case 'control':
      return message('control', '', new DataView(Uint8Array.of(ACTIONS.indexOf(input.action)).buffer));
    case 'share':
      return message('share', '', new DataView(Uint8Array.of(input.percent).buffer));
    default:
      return message(input.kind, '', NONE);
  }
}

/** Whether a message in the ring to the guest is one of these: other users of the ring have kinds above them. */
export const isInput = (message: Uint8Array): boolean => message[0]! < KINDS.length;

export function decodeInput(bytes: Uint8Array): Input {
  const { kind, device, fields, rest } = open(bytes);
  switch (kind) {
    case 'clock':
      return { kind, time: fields.getBigInt64(0, true), rate: fields.getBigInt64(8, true) };
    case 'console':
      return { kind, device, bytes: rest };
    case 'packet':
      return { kind, device, frame: rest };
    case 'disk': {
      const request = fields.getFloat64(0, true);
      return { kind, device, request, status: fields.getUint8(8), data: rest.subarray(9) };
    }
    case 'entropy':
      return { kind, device, request: fields.getFloat64(0, true), bytes: rest.subarray(8) };
    case 'control':
      return { kind, action: ACTIONS[fields.getUint8(0)]! };
    case 'share':
      return { kind, percent: fields.getUint8(0) };
    default:
      return { kind };
  }
}

export function encodeOutput(output: Output): Message {
  switch (output.kind) {
    case 'console':
      return message('console', output.device, NONE, output.bytes);
    case 'packet':
      return message('packet', output.device, NONE, output.frame);
    case 'entropy': {
      const fields = new DataView(new ArrayBuffer(16));
      fields.setFloat64(0, output.request, true);
      fields.setFloat64(8, output.length, true);
      return message('entropy', output.device, fields);
    }
    case 'disk': {
      const { operation } = output;
      const fields = new DataView(new ArrayBuffer(26));
      fields.setFloat64(0, output.request, true);
      fields.setUint8(8, OPS.indexOf(operation.op));
      fields.setUint8(9, 'unmap' in operation && operation.unmap ? 1 : 0);
      fields.setFloat64(10, 'offset' in operation ? operation.offset : 0, true);
      fields.setFloat64(18, 'length' in operation ? operation.length : 0, true);
      return message('disk', output.device, fields, operation.op === 'write' ? operation.data : EMPTY);
    }
  }
}

export function decodeOutput(bytes: Uint8Array): Output {
  const { kind, device, fields, rest } = open(bytes);
  switch (kind) {
    case 'console':
      return { kind, device, bytes: rest };
    case 'packet':
      return { kind, device, frame: rest };
    case 'entropy':
      return { kind, device, request: fields.getFloat64(0, true), length: fields.getFloat64(8, true) };
    case 'disk':
      return { kind, device, request: fields.getFloat64(0, true), operation: operationOf(fields, rest.subarray(26)) };
    default:
      throw new Error(`a message of kind ${kind} is not an output`);
  }
}

function operationOf(fields: DataView, data: Uint8Array): DiskOperation {
  const op = OPS[fields.getUint8(8)]!;
  const offset = fields.getFloat64(10, true);
  const length = fields.getFloat64(18, true);
  switch (op) {
    case 'read':
      return { op, offset, length };
    case 'write':
      return { op, offset, data };
    case 'flush':
      return { op };
    default:
      return { op, offset, length, unmap: fields.getUint8(9) === 1 };
  }
}

const NONE = new DataView(new ArrayBuffer(0));

function number(value: number): DataView {
  const fields = new DataView(new ArrayBuffer(8));
  fields.setFloat64(0, value, true);
  return fields;
}

function message(kind: (typeof KINDS)[number], device: string, fields: DataView, body: Uint8Array = EMPTY): Message {
  const head = new Uint8Array(2 + device.length + fields.byteLength);
  head[0] = KINDS.indexOf(kind);
  head[1] = device.length;
  for (let i = 0; i < device.length; i++) head[2 + i] = device.charCodeAt(i);
  head.set(new Uint8Array(fields.buffer, fields.byteOffset, fields.byteLength), 2 + device.length);
  return { head, body };
}

function open(bytes: Uint8Array) {
  const kind = KINDS[bytes[0]!];
  if (kind === undefined) throw new Error(`message of unknown kind ${bytes[0]}`);
  const restAt = 2 + bytes[1]!;
  const device = String.fromCharCode(...bytes.subarray(2, restAt));
  const rest = bytes.subarray(restAt);
  return { kind, device, fields: new DataView(rest.buffer, rest.byteOffset, rest.byteLength), rest };
}
