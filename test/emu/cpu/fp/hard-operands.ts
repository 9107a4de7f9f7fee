/**
 * Random operands of floating-point operations where they are hard: at the ends of the range, ties, exact and nearly
 * exact results, cancellation, integers, equal operands, values that are no numbers. A function of the seed.
 */

import { exactFp } from '../../../../src/emu/cpu/reference/fp.ts';
import type { FpFormat, FpOp } from '../../../../src/emu/isa/vocabulary.ts';
import { Random } from '../random.ts';
import { arity } from './wasm-float.ts';

export class HardOperands {
  readonly #random: Random;
  readonly #format: FpFormat;
  readonly #frac: number;
  readonly #bias: number;

  constructor(format: FpFormat, seed: number) {
    this.#random = new Random(seed);
    this.#format = format;
    this.#frac = format === 'S' ? 23 : 52;
    this.#bias = format === 'S' ? 127 : 1023;
  }

  /** As many operands as the operation has. */
  tuple(op: FpOp): readonly bigint[] {
    if (op.startsWith('from')) return [this.#integer()];
    const random = this.#random;
    const count = arity[op];
    const any = Array.from({ length: count }, () => this.#value());
    const [a = 0n, b = 0n] = any;
    switch (random.below(6)) {
      case 0:
        return this.#related(op, a, b);
      case 1:
        return this.#aimed(op);
      case 2:
        return this.#atTheEnds(op);
      default:
        return any;
    }
  }

  #bits(n: number): bigint {
    const wide = (BigInt(this.#random.word()) << 32n) | BigInt(this.#random.word());
    return BigInt.asUintN(n, wide);
  }
  #sign(): bigint {
    return BigInt(this.#random.below(2)) << BigInt(this.#format === 'S' ? 31 : 63);
  }
  #make(exponent: number, fraction: bigint): bigint {
    const max = 2 * this.#bias + 1;
    const field = BigInt(Math.min(Math.max(exponent, 0), max));
    return this.#sign() | (field << BigInt(this.#frac)) | BigInt.asUintN(this.#frac, fraction);
  }
  /** Few leading bits, few trailing bits, all ones, or anything. */
  #fraction(): bigint {
    const frac = this.#frac;
    switch (this.#random.below(6)) {
      case 0:
        return 0n;
      case 1:
        return this.#bits(4);
      case 2:
        return this.#bits(1 + this.#random.below(frac)) << BigInt(this.#random.below(frac));
      case 3:
        return -1n - this.#bits(3);
      case 4:
        return this.#bits(frac >> 1) << BigInt(frac - (frac >> 1));
      default:
        return this.#bits(frac);
    }
  }

  #value(): bigint {
    const random = this.#random;
    const bias = this.#bias;
    const frac = this.#frac;
    const max = 2 * bias + 1;
    const exponents = (): number =>
      random.pick([
        random.below(4),
        frac - 2 + random.below(6),
        bias - 3 + random.below(7),
        bias - frac - 3 + random.below(2 * frac + 6),
        (bias >> 1) + random.below(4),
        bias + 28 + random.below(40),
        max - 4 + random.below(4),
        random.below(max),
        bias + random.below(10),
        bias,
      ]);
    if (random.below(12) === 0) {
      const quiet = 1n << BigInt(frac - 1);
      return this.#make(max, random.pick([0n, 0n, quiet, quiet | 5n, 1n, this.#bits(frac)]));
    }
    if (random.below(12) === 0) return this.#make(0, random.pick([0n, 0n, 1n, 2n, -1n]));
    if (random.below(8) === 0) return this.#small();
    return this.#make(exponents(), this.#fraction());
  }
  /** A small integer, or a half of one. */
  #small(): bigint {
    const whole = exactFp('fromI64', this.#format, 0, [this.#random.wide() & 0x3fffn]).bits;
    const scaled = this.#random.below(2) === 0 ? whole : whole - (1n << BigInt(this.#frac));
    return whole === 0n ? this.#sign() : scaled | this.#sign();
  }
  /** A neighbour, a few units away. */
  #nudged(a: bigint): bigint {
    const width = this.#format === 'S' ? 32 : 64;
    return BigInt.asUintN(width, a + this.#random.pick([0n, 0n, 0n, 1n, -1n, 2n, -2n]));
  }
  /** `a` with another exponent close to its own, so that rests are half a unit or so. */
  #moved(a: bigint): bigint {
    const width = this.#format === 'S' ? 32 : 64;
    const steps = BigInt(this.#random.below(2 * this.#frac + 8) - this.#frac - 4);
    return BigInt.asUintN(width, a + (steps << BigInt(this.#frac)));
  }
  /** Of either sign. */
  #flipped(a: bigint): bigint {
    return a ^ this.#sign();
  }

  /** Operands made from each other. */
  #related(op: FpOp, a: bigint, b: bigint): readonly bigint[] {
    const near = (v: bigint): bigint =>
      this.#flipped(this.#random.below(2) === 0 ? this.#nudged(v) : this.#nudged(this.#moved(v)));
    if (op === 'fma') {
      const product = exactFp('mul', this.#format, 0, [a, b]).bits;
      return [a, b, near(product)];
    }
    return arity[op] === 1 ? [this.#nudged(a)] : [a, near(a)];
  }

  /** Operands of an operation whose result is exact, or a little off. */
  #aimed(op: FpOp): readonly bigint[] {
    const short = (): bigint => {
      const length = 1 + this.#random.below(this.#frac);
      const fraction = this.#bits(length) << BigInt(this.#frac - length);
      return this.#make(this.#bias - 20 + this.#random.below(40), fraction);
    };
    const [a, b] = [short(), short()];
    const product = exactFp('mul', this.#format, 0, [a, b]).bits;
    switch (op) {
      case 'div':
        return [this.#nudged(product), a];
      case 'sqrt':
        return [this.#nudged(exactFp('mul', this.#format, 0, [a, a]).bits)];
      case 'fma':
        return this.#random.below(2) === 0
          ? this.#almostTie()
          : [a, b, this.#random.below(2) === 0 ? short() : this.#flipped(this.#nudged(product))];
      case 'toOther':
        return [this.#nudged(this.#format === 'S' ? a : a & ~0x0fff_ffffn)];
      default:
        return arity[op] === 1 ? [this.#nudged(this.#small())] : [a, b];
    }
  }
  /** (1 + 2^-i)(1 - 2^-i) scaled to half a unit of the addend, or close to that. */
  #almostTie(): readonly bigint[] {
    const frac = this.#frac;
    const i = BigInt((frac >> 1) + this.#random.below((frac >> 1) + 1));
    const c = this.#make(this.#bias, this.#bits(frac));
    const down = frac + this.#random.below(3);
    const half = down >> 1;
    return [
      this.#make(this.#bias - half, 1n << (BigInt(frac) - i)),
      this.#make(this.#bias - (down - half) - 1, -(1n << (BigInt(frac) + 1n - i))),
      c,
    ];
  }
  /** Results at an end of the range: the smallest normal number, the greatest, an integer type's limit. */
  #atTheEnds(op: FpOp): readonly bigint[] {
    const format = this.#format;
    const calculate = (how: FpOp, ...args: bigint[]): bigint => exactFp(how, format, 0, args).bits;
    const end = this.#random.pick([this.#make(1, 0n), this.#make(1, 0n), this.#make(2 * this.#bias, -1n)]);
    const other = this.#make(this.#bias - 30 + this.#random.below(60), this.#fraction());
    const target = this.#nudged(end);
    switch (op) {
      case 'mul':
        return [calculate('div', target, other), other];
      case 'div':
        return [calculate('mul', target, other), other];
      case 'fma':
        // A product that brings the end a fraction of a unit nearer or further; else a product there itself.
        return this.#random.below(2) === 0
          ? [end, this.#make(this.#bias - this.#frac + 1 - this.#random.below(5), this.#fraction()), end]
          : [calculate('div', target, other), other, this.#make(this.#random.below(3), this.#bits(2))];
      case 'toOther': {
        const single = format === 'S' ? end : this.#sign() | (this.#random.pick([0x381n, 0x380n, 0x47fn]) << 52n);
        const off = this.#random.pick([0n, 1n << 27n, 1n << 28n, 1n << 29n]) + this.#random.pick([0n, 1n, -1n]);
        return [BigInt.asUintN(format === 'S' ? 32 : 64, this.#random.below(2) === 0 ? single + off : single - off)];
      }
      default:
        if (!op.startsWith('to')) return Array.from({ length: arity[op] }, () => this.#nudged(end));
        return [this.#nearInteger(this.#random.pick([0, 1, 31, 32, 63, 64]))];
    }
  }
  /** 2^n, or a neighbour, or one half or one off. */
  #nearInteger(n: number): bigint {
    const power = this.#make(this.#bias + n, 0n);
    const step = this.#random.pick([0, -1]);
    const off = this.#make(this.#bias + step, 0n);
    return this.#random.below(2) === 0 ? this.#nudged(power) : exactFp('add', this.#format, 0, [power, off]).bits;
  }

  /** A register's value: small, wide, or a run of bits with few around its rounding. */
  #integer(): bigint {
    const random = this.#random;
    if (random.below(3) === 0) return random.wide();
    const frac = this.#frac;
    const run = (this.#bits(frac + 1) | (1n << BigInt(frac))) << BigInt(random.below(64 - frac));
    const value = run + random.pick([0n, 1n, -1n, 1n << BigInt(random.below(63))]);
    return BigInt.asUintN(64, random.below(2) === 0 ? value : -value);
  }
}
