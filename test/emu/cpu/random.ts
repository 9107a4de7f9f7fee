/** Pseudo-random choices as a function of a seed: tests print the seed and can be repeated. */

/** xorshift32 with a multiplied output. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = (seed | 0) === 0 ? 0x9e37_79b9 : seed | 0;
  }
  word(): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return Math.imul(this.#state, 0x2545_f491) >>> 0;
  }
  below(n: number): number {
    return this.word() % n;
  }
  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T;
  }
  /** 64 bits, small and large, of both signs. */
  wide(): bigint {
    const width = this.pick([3, 8, 31, 32, 63, 64]);
    const v = BigInt.asUintN(width, (BigInt(this.word()) << 32n) | BigInt(this.word()));
    return BigInt.asUintN(64, this.below(2) === 0 ? v : -v);
  }
}
