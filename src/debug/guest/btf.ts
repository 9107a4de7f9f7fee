/**
 * Where the members of a Linux kernel's structures are, from the type information that its own image carries
 * (CONFIG_DEBUG_INFO_BTF). Format: Linux, Documentation/bpf/btf.rst. Only structures and unions are kept; nothing is
 * guessed.
 */

const MAGIC = Uint8Array.of(0x9f, 0xeb, 1, 0, 24, 0, 0, 0);
const HEADER_BYTES = 24;
const TYPE_BYTES = 12;
const Kind = {
  int: 1,
  pointer: 2,
  array: 3,
  struct: 4,
  union: 5,
  typedef: 8,
  volatile: 9,
  const: 10,
  restrict: 11,
  typeTag: 18,
} as const;
/** Bytes that follow a type, besides those for each of its `vlen` parts; by kind. */
const EXTRA: Readonly<Record<number, number>> = { 1: 4, 3: 12, 14: 4, 17: 4 };
const EACH: Readonly<Record<number, number>> = { 4: 12, 5: 12, 6: 8, 13: 8, 15: 12, 19: 12 };
const KIND_MAX = 19;
const POINTER_BYTES = 8;

export interface Member {
  /** Bytes from the start of the structure. */
  readonly offset: number;
  readonly bytes: number;
}

export class Btf {
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  readonly #stringsAt: number;
  /** Byte offset of each type; type 0 is void. */
  readonly #types: readonly number[];
  readonly #structs = new Map<string, number>();

  private constructor(bytes: Uint8Array, stringsAt: number, types: readonly number[]) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#stringsAt = stringsAt;
    this.#types = types;
    for (const at of types.slice(1)) {
      const kind = this.#kind(at);
      if (kind === Kind.struct) this.#structs.set(this.#text(this.#view.getUint32(at, true)), at);
    }
  }

  /** The kernel's own, wherever in the image it lies; undefined when there is none or it does not add up. */
  static inImage(image: Uint8Array): Btf | undefined {
    for (let at = image.indexOf(MAGIC[0]!); at >= 0; at = image.indexOf(MAGIC[0]!, at + 1)) {
      if (!MAGIC.every((byte, i) => image[at + i] === byte)) continue;
      const found = Btf.#at(image, at);
      if (found?.has('task_struct')) return found;
    }
    return undefined;
  }

  static #at(image: Uint8Array, at: number): Btf | undefined {
    const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
    if (at + HEADER_BYTES > image.length) return undefined;
    const [typesAt, typesBytes, stringsAt, stringsBytes] = [8, 12, 16, 20].map((i) => view.getUint32(at + i, true));
    const start = at + HEADER_BYTES + typesAt!;
    const end = start + typesBytes!;
    const strings = at + HEADER_BYTES + stringsAt!;
    if (end > image.length || strings + stringsBytes! > image.length) return undefined;
    const types = [-1];
    let next = start;
    while (next + TYPE_BYTES <= end) {
      types.push(next);
      const info = view.getUint32(next + 4, true);
      const kind = (info >>> 24) & 0x1f;
      if (kind === 0 || kind > KIND_MAX) return undefined;
      next += TYPE_BYTES + (EXTRA[kind] ?? 0) + (EACH[kind] ?? 0) * (info & 0xffff);
    }
    return next === end ? new Btf(image, strings, types) : undefined;
  }

  has(struct: string): boolean {
    return this.#structs.has(struct);
  }

  /** A member of `struct name`, also one of an unnamed structure or union inside it; undefined when there is none. */
  member(struct: string, name: string): Member | undefined {
    const at = this.#structs.get(struct);
    return at === undefined ? undefined : this.#member(at, name);
  }

  #member(structAt: number, wanted: string): Member | undefined {
    const info = this.#view.getUint32(structAt + 4, true);
    for (let i = 0; i < (info & 0xffff); i++) {
      const at = structAt + TYPE_BYTES + 12 * i;
      const name = this.#text(this.#view.getUint32(at, true));
      const type = this.#view.getUint32(at + 4, true);
      const raw = this.#view.getUint32(at + 8, true);
      // With the kind flag the upper byte is a bit field's size.
      const bits = info >>> 31 === 1 ? raw & 0xff_ffff : raw;
      if (name === wanted) return { offset: bits >>> 3, bytes: this.#sizeOf(type) };
      const inner = name === '' ? this.#types[type] : undefined;
      const found = inner === undefined || !this.#isStructure(inner) ? undefined : this.#member(inner, wanted);
      if (found !== undefined) return { ...found, offset: found.offset + (bits >>> 3) };
    }
    return undefined;
  }

  #isStructure(at: number): boolean {
    const kind = this.#kind(at);
    return kind === Kind.struct || kind === Kind.union;
  }

  /** 0 for what has none. */
  #sizeOf(type: number): number {
    const at = this.#types[type];
    if (at === undefined || at < 0) return 0;
    switch (this.#kind(at)) {
      case Kind.pointer:
        return POINTER_BYTES;
      case Kind.array:
        return this.#sizeOf(this.#view.getUint32(at + TYPE_BYTES, true)) * this.#view.getUint32(at + 20, true);
      case Kind.typedef:
      case Kind.volatile:
      case Kind.const:
      case Kind.restrict:
      case Kind.typeTag:
        return this.#sizeOf(this.#view.getUint32(at + 8, true));
      default:
        return this.#view.getUint32(at + 8, true);
    }
  }

  #kind(at: number): number {
    return (this.#view.getUint32(at + 4, true) >>> 24) & 0x1f;
  }

  #text(offset: number): string {
    const at = this.#stringsAt + offset;
    return String.fromCharCode(...this.#bytes.subarray(at, this.#bytes.indexOf(0, at)));
  }
}
