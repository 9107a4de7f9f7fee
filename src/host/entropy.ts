/**
 * Where the guest's random bits come from: the host's generator, or a seed, for runs that are to be the same every
 * time. The seeded stream is part of the interface (the same seed gives the same bytes in every version): xoshiro256**
 * 1.0 (Blackman and Vigna), its four words the first four outputs of SplitMix64 started at the seed, its 64-bit outputs
 * laid down little endian.
 */

import { randomFillSync } from 'node:crypto';

/** Random bits on demand; never runs out. */
export interface EntropySource {
  bytes(length: number): Uint8Array;
  /** Goes on as if `length` bytes had been given already. */
  skip(length: number): void;
}

/** A guest's device tree takes the first bytes of the stream. */
export const RNG_SEED_BYTES = 32;
/** A read of the seed CSR takes this many. */
export const SEED_READ_BYTES = 2;

export type EntropySetting = { readonly kind: 'host' } | { readonly kind: 'seed'; readonly seed: bigint };

export function entropySource(setting: EntropySetting): EntropySource {
  return setting.kind === 'host'
    ? { bytes: (length) => randomFillSync(new Uint8Array(length)), skip: () => {} }
    : new SeededEntropy(setting.seed);
}

/** A source that knows how much it has given: a guest that goes on elsewhere goes on behind that. */
export class CountedEntropy {
  readonly #source: EntropySource;
  #given: bigint;

  /** `given`: bytes that the guest has been given, which `source` is behind already. */
  constructor(source: EntropySource, given = 0n) {
    this.#source = source;
    this.#given = given;
  }

  get given(): bigint {
    return this.#given;
  }

  bytes(length: number): Uint8Array {
    this.#given += BigInt(length);
    return this.#source.bytes(length);
  }
}

/** Of a live guest, which has been given `given` bytes besides the seed in its device tree. */
export function guestEntropy(setting: EntropySetting, given = 0n): CountedEntropy {
  const source = entropySource(setting);
  source.skip(RNG_SEED_BYTES + Number(given));
  return new CountedEntropy(source, given);
}

const SKIP_BYTES = 4096;
const MASK = (1n << 64n) - 1n;
const rotl = (x: bigint, k: bigint): bigint => ((x << k) | (x >> (64n - k))) & MASK;

export class SeededEntropy implements EntropySource {
  #a: bigint;
  #b: bigint;
  #c: bigint;
  #d: bigint;
  /** Bytes of the last output not given yet, the next one lowest. */
  #left = 0n;
  #leftBytes = 0;

  constructor(seed: bigint) {
    const next = splitMix64(seed & MASK);
    this.#a = next();
    this.#b = next();
    this.#c = next();
    this.#d = next();
  }

  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let i = 0; i < length; i++) {
      if (this.#leftBytes === 0) {
        this.#left = this.#next();
        this.#leftBytes = 8;
      }
      bytes[i] = Number(this.#left & 0xffn);
      this.#left >>= 8n;
      this.#leftBytes--;
    }
    return bytes;
  }

  skip(length: number): void {
    for (let left = length; left > 0; left -= SKIP_BYTES) this.bytes(Math.min(left, SKIP_BYTES));
  }

  #next(): bigint {
    const result = (rotl((this.#b * 5n) & MASK, 7n) * 9n) & MASK;
    const t = (this.#b << 17n) & MASK;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= t;
    this.#d = rotl(this.#d, 45n);
    return result;
  }
}

function splitMix64(seed: bigint): () => bigint {
  let state = seed;
  return () => {
    state = (state + 0x9e37_79b9_7f4a_7c15n) & MASK;
    let z = state;
    z = ((z ^ (z >> 30n)) * 0xbf58_476d_1ce4_e5b9n) & MASK;
    z = ((z ^ (z >> 27n)) * 0x94d0_49bb_1331_11ebn) & MASK;
    return z ^ (z >> 31n);
  };
}
