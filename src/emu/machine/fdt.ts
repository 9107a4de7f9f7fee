/**
 * Flattened device tree writer (Devicetree Specification 0.4, chapter 5, version 17). Knows the format, no board.
 *
 *     header (40 bytes) | memory reservation block (one empty entry) | structure block | strings block
 */

const MAGIC = 0xd00d_feed;
const VERSION = 17;
const LAST_COMPATIBLE_VERSION = 16;
const HEADER_BYTES = 40;
const RESERVATION_BYTES = 16;
const Token = { beginNode: 1, endNode: 2, property: 3, end: 9 } as const;

export interface FdtNode {
  /** Node name with unit address; empty for the root. */
  readonly name: string;
  readonly properties: readonly FdtProperty[];
  readonly children: readonly FdtNode[];
}
export type FdtProperty = readonly [name: string, value: Uint8Array];

export const node = (name: string, properties: readonly FdtProperty[], children: readonly FdtNode[] = []): FdtNode => ({
  name,
  properties,
  children,
});
/** A property without a value: it is there. */
export const flag = (): Uint8Array => new Uint8Array(0);
/** 32-bit cells, big-endian. */
export function cells(...values: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  for (const [i, value] of values.entries()) view.setUint32(4 * i, value);
  return new Uint8Array(view.buffer);
}
/** A number in two cells. */
export const cells64 = (...values: readonly (number | bigint)[]): Uint8Array =>
  cells(...values.flatMap((v) => [Number(BigInt(v) >> 32n), Number(BigInt.asUintN(32, BigInt(v)))]));
/** Strings, each ended by a zero byte. */
export const strings = (...values: readonly string[]): Uint8Array =>
  new TextEncoder().encode(values.map((value) => `${value}\0`).join(''));

/** The tree as a blob, of a length that is a multiple of 8. */
export function encodeFdt(root: FdtNode, bootHart = 0): Uint8Array {
  const names = new Map<string, number>();
  let namesBytes = 0;
  const nameOffset = (name: string): number => {
    const known = names.get(name);
    if (known !== undefined) return known;
    const offset = namesBytes;
    names.set(name, offset);
    namesBytes += strings(name).length;
    return offset;
  };
  const structure = concat([...structureOf(root, nameOffset), cells(Token.end)]);
  const stringBlock = concat([...names.keys()].map((name) => strings(name)));
  const structureAt = HEADER_BYTES + RESERVATION_BYTES;
  const stringsAt = structureAt + structure.length;
  const total = Math.ceil((stringsAt + stringBlock.length) / 8) * 8;
  const blob = new Uint8Array(total);
  blob.set(
    cells(
      MAGIC,
      total,
      structureAt,
      stringsAt,
      HEADER_BYTES,
      VERSION,
      LAST_COMPATIBLE_VERSION,
      bootHart,
      stringBlock.length,
      structure.length,
    ),
  );
  blob.set(structure, structureAt);
  blob.set(stringBlock, stringsAt);
  return blob;
}

function* structureOf(tree: FdtNode, nameOffset: (name: string) => number): Generator<Uint8Array> {
  yield cells(Token.beginNode);
  yield padded(strings(tree.name));
  for (const [name, value] of tree.properties) {
    yield cells(Token.property, value.length, nameOffset(name));
    yield padded(value);
  }
  for (const child of tree.children) yield* structureOf(child, nameOffset);
  yield cells(Token.endNode);
}

function padded(bytes: Uint8Array): Uint8Array {
  const result = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
  result.set(bytes);
  return result;
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}
