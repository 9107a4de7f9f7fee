/**
 * Values of etcd's JSON gateway: bytes are base64, 64-bit integers are decimal texts, and what has its default value
 * is left out (the mapping of Protocol Buffers to JSON).
 */

export type Json = Readonly<Record<string, unknown>>;

/** Keys and values of etcd are bytes; ours are UTF-8. */
export const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** An object, empty when it was left out. Throws for anything else. */
export function objectAt(json: Json, name: string): Json {
  return asObject(json[name] ?? {});
}

export function objectsAt(json: Json, name: string): readonly Json[] {
  const value = json[name] ?? [];
  if (!Array.isArray(value)) throw unexpected();
  return value.map(asObject);
}

/** 64 bits, exact; as text, as revisions and names of clusters are only compared or handed back. */
export function integerAt(json: Json, name: string): bigint {
  const value = json[name] ?? '0';
  if ((typeof value !== 'string' && typeof value !== 'number') || !/^-?\d+$/.test(`${value}`)) throw unexpected();
  return BigInt(value);
}

/** Bytes that are UTF-8. */
export function textAt(json: Json, name: string): string {
  const value = json[name] ?? '';
  if (typeof value !== 'string') throw unexpected();
  return Buffer.from(value, 'base64').toString();
}

export function asObject(value: unknown): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unexpected();
  return value as Json;
}

const unexpected = (): Error => new Error('what answers there is no etcd');
