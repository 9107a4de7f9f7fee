/**
 * A machine's state besides RAM as the log's checkpoints carry it, and back. CBOR has one kind of integer, the state
 * has two, and digests tell them apart: a 64-bit quantity goes as a map of the one key `wide`.
 */

import type { Plain } from '../emu/devices/device.ts';
import type { MachineState } from '../emu/machine/machine.ts';
import type { CborMap, CborValue } from '../logformat/cbor.ts';
import { asMap, list, wide } from '../logformat/cbor-get.ts';

export type SmallState = Omit<MachineState, 'pages'>;

const WIDE = 'wide';

export function stateToCbor({ harts, devices, halt, operator }: SmallState): CborMap {
  // Every number of a hart is a 64-bit quantity.
  const bare = (fields: { readonly [field: string]: Plain }): CborValue =>
    Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [name, typeof value === 'bigint' ? value : toCbor(value)]),
    );
  const rest = operator === undefined ? {} : { operator: toCbor(operator) };
  return { harts: harts.map(bare), devices: toCbor(devices), halt: toCbor(halt), ...rest };
}

/** FormatError when the map is not a machine's state. Whether it is of this machine shows when it is restored. */
export function stateFromCbor(map: CborMap): SmallState {
  return {
    harts: list(map.harts).map((hart) => asMap(hart)),
    devices: fromCbor(asMap(map.devices)) as SmallState['devices'],
    halt: fromCbor(map.halt ?? null),
    ...(map.operator === undefined ? {} : { operator: fromCbor(map.operator) }),
  };
}

function toCbor(value: Plain): CborValue {
  if (typeof value === 'bigint') return { [WIDE]: value };
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return value;
  if (isList(value)) return value.map(toCbor);
  if (Object.keys(value).length === 1 && WIDE in value) throw new Error(`a state has no other key than ${WIDE}`);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, toCbor(inner)]));
}

/** Integers that are not `wide` are numbers, whatever the decoder gives. */
function fromCbor(value: CborValue): Plain {
  if (typeof value === 'bigint') return Number(value);
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return value;
  if (isList(value)) return value.map(fromCbor);
  const entries = Object.entries(value);
  if (entries.length === 1 && entries[0]![0] === WIDE) return wide(entries[0]![1]);
  return Object.fromEntries(entries.map(([key, inner]) => [key, fromCbor(inner)]));
}

const isList = <T>(value: T | readonly T[] | { readonly [key: string]: T }): value is readonly T[] =>
  Array.isArray(value);
