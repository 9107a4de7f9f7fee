/**
 * Fields of NBD messages, put together and taken apart: big-endian integers, text with its length before it.
 */

/** A field: a number with its width in bytes, or bytes as they are. */
export type Part = readonly [value: number | bigint, width: 1 | 2 | 4 | 8] | Uint8Array;

export function bytesOf(...parts: readonly Part[]): Buffer {
  return Buffer.concat(
    parts.map((part) => {
      if (part instanceof Uint8Array) return part;
      const [value, width] = part;
      const bytes = Buffer.alloc(width);
      if (width === 8) bytes.writeBigUInt64BE(BigInt(value));
      else bytes.writeUIntBE(Number(value), 0, width);
      return bytes;
    }),
  );
}

/** A length (16 bits) and UTF-8. */
export function text16(text: string): Buffer {
  const bytes = Buffer.from(text);
  return bytesOf([bytes.length, 2], bytes);
}

/** A message does not have the shape that its kind has. */
export class MalformedError extends Error {
  override readonly name = 'MalformedError';
}

/** Takes fields off the front. Throws MalformedError when there is less than asked, or text that is no UTF-8. */
export class Fields {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  bytes(count: number): Buffer {
    if (this.#at + count > this.#bytes.length) throw new MalformedError('it is too short');
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  uint(width: 1 | 2 | 4): number {
    return this.bytes(width).readUIntBE(0, width);
  }

  /** 64 bits, exact. Throws MalformedError beyond 2^53. */
  uint64(): number {
    const value = this.bytes(8).readBigUInt64BE();
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new MalformedError('a number is too large');
    return Number(value);
  }

  text(count: number): string {
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(this.bytes(count));
    } catch (error) {
      if (error instanceof MalformedError) throw error;
      throw new MalformedError('a text is not UTF-8');
    }
  }

  text16(): string {
    return this.text(this.uint(2));
  }

  /** Nothing may be left. */
  end(): void {
    if (this.#at !== this.#bytes.length) throw new MalformedError('it is too long');
  }
}
