/**
 * A growing byte buffer with the encodings of the WebAssembly binary format: LEB128 numbers, names, sized vectors.
 * WebAssembly core specification, section "Binary Format / Values".
 */

export class ByteSink {
  #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;
  /** Places that were marked, in order. */
  readonly marks: { readonly at: number; readonly value: number }[] = [];

  /** `bytes`: how much is likely to be written. */
  constructor(bytes = 64) {
    this.#bytes = new Uint8Array(bytes);
  }

  get length(): number {
    return this.#length;
  }

  byte(value: number): void {
    if (this.#length === this.#bytes.length) this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  /** Remembers this place: what is written next. */
  mark(value: number): void {
    this.marks.push({ at: this.#length, value });
  }

  /** A few bytes out of an array. */
  copy(bytes: Uint8Array, from: number, to: number): void {
    this.#reserve(to - from);
    const into = this.#bytes;
    let at = this.#length;
    for (let i = from; i < to; i++) into[at++] = bytes[i] as number;
    this.#length = at;
  }

  append(bytes: Uint8Array | readonly number[]): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** What was written to another sink, with its marks. */
  appendSink(other: ByteSink): void {
    for (const { at, value } of other.marks) this.marks.push({ at: this.#length + at, value });
    this.append(other.#written());
  }

  /** What was written to another sink, without its marks, as a vector: its length, then the bytes. */
  sized(other: ByteSink): void {
    this.unsigned(other.#length);
    this.append(other.#written());
  }

  /** Unsigned LEB128 of a number from 0 to 2^32 - 1. */
  unsigned(value: number): void {
    let rest = value;
    while (rest > 0x7f) {
      this.byte((rest & 0x7f) | 0x80);
      rest = Math.floor(rest / 128);
    }
    this.byte(rest);
  }

  /** Signed LEB128 of a number from -2^31 to 2^31 - 1. */
  signed(value: number): void {
    let rest = value | 0;
    while (rest < -64 || rest > 63) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>= 7;
    }
    this.byte(rest & 0x7f);
  }

  /** Signed LEB128 of a 64-bit value: a safe integer, or taken modulo 2^64. */
  signed64(value: bigint | number): void {
    const isNumber = typeof value === 'number';
    const low = isNumber ? value | 0 : Number(BigInt.asIntN(32, value));
    const high = isNumber ? Math.floor(value / 2 ** 32) : Number(BigInt.asIntN(32, value >> 32n));
    if (high === low >> 31) this.signed(low);
    else this.#signedPair(high, low);
  }

  /** Signed LEB128 of high * 2^32 + low, which needs more than 32 bits. */
  #signedPair(high: number, low: number): void {
    let [upper, lower] = [high, low >>> 0];
    for (;;) {
      const bits = lower & 0x7f;
      lower = ((lower >>> 7) | (upper << 25)) >>> 0;
      upper >>= 7;
      const done =
        (upper === 0 && lower === 0 && bits < 0x40) || (upper === -1 && lower === 0xffff_ffff && bits >= 0x40);
      this.byte(done ? bits : bits | 0x80);
      if (done) return;
    }
  }

  float32(value: number): void {
    this.append(new Uint8Array(new Float32Array([value]).buffer));
  }

  float64(value: number): void {
    this.append(new Uint8Array(new Float64Array([value]).buffer));
  }

  /** A name; printable ASCII, which is all that is used. */
  name(text: string): void {
    this.unsigned(text.length);
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code < 0x20 || code > 0x7e) throw new Error(`not an ASCII name: ${text}`);
      this.byte(code);
    }
  }

  /** A copy of what was written. */
  toBytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  #written(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #reserve(extra: number): void {
    if (this.#length + extra <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(2 * this.#bytes.length, this.#length + extra));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}
