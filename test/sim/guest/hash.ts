/** A running 64-bit hash in two numbers: order and every bit of what goes in decide it. */

export class Hash {
  #low = 0x9e3779b9;
  #high = 0x85ebca6b;

  add(value: number): void {
    const low = value | 0;
    const high = Math.floor(value / 2 ** 32) | 0;
    this.#low = Math.imul(this.#low ^ low, 0x01000193);
    this.#low ^= this.#low >>> 15;
    this.#high = Math.imul(this.#high ^ high ^ this.#low, 0xc2b2ae35);
    this.#high ^= this.#high >>> 13;
  }

  addBytes(bytes: Uint8Array): void {
    this.add(bytes.length);
    for (let i = 0; i < bytes.length; i++) this.add(bytes[i]!);
  }

  /** 32 bits of it. */
  get word(): number {
    return (this.#low ^ this.#high) >>> 0;
  }

  copy(): Hash {
    const copy = new Hash();
    copy.words = this.words;
    return copy;
  }

  /** All of it. */
  get words(): readonly [low: number, high: number] {
    return [this.#low, this.#high];
  }
  set words([low, high]: readonly [low: number, high: number]) {
    this.#low = low;
    this.#high = high;
  }

  get text(): string {
    return (this.#high >>> 0).toString(16).padStart(8, '0') + (this.#low >>> 0).toString(16).padStart(8, '0');
  }
}
