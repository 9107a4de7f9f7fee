/**
 * Whether this host multiplies and adds with one rounding. WebAssembly's relaxed multiply-add is one fused instruction
 * on processors that have it and two rounded ones elsewhere, the same all the time a program runs. Fused, its result is
 * the one of IEEE 754, so that whoever uses it only where this says so computes the same bits everywhere.
 *
 * The question is put to the processor: operands for which two roundings, subnormals flushed to zero, or single
 * precision by way of double, would give something else. One wrong answer in either format means no.
 */

import { type Expr, type I64, localGet } from '../../wasm/expr.ts';
import { ModuleBuilder } from '../../wasm/module.ts';
import { f32, f32x4, f64, f64x2, i32, i64 } from '../../wasm/numeric.ts';

/** Raw bits: a, b, c, and a * b + c rounded once. */
export type FmaVector = readonly [a: bigint, b: bigint, c: bigint, expected: bigint];

// biome-ignore format: a table to be audited
export const FMA_VECTORS: Readonly<Record<'S' | 'D', readonly FmaVector[]>> = {
  S: [
    // (1 + 2^-23)^2 - (1 + 2^-22): the product's last bit, far below its rounding.
    [0x3f80_0001n, 0x3f80_0001n, 0xbf80_0002n, 0x2880_0000n],
    // (1 + 2^-13)(1 - 2^-13) - 1
    [0x3f80_0400n, 0x3f7f_f800n, 0xbf80_0000n, 0xb280_0000n],
    // 2^127 * 2 - 2^127: the product alone overflows.
    [0x7f00_0000n, 0x4000_0000n, 0xff00_0000n, 0x7f00_0000n],
    // A subnormal operand: 3 * 2^-149 * (1 + 2^-23) * 2^126 - 3 * 2^-23
    [0x0000_0003n, 0x7e80_0001n, 0xb4c0_0000n, 0x2940_0000n],
    // A subnormal result: (1 + 2^-13) 2^-60 * (1 + 2^-13) 2^-60 - (1 + 2^-12) 2^-120
    [0x2180_0400n, 0x2180_0400n, 0x8380_0800n, 0x0000_0008n],
    // 2^-24 - 2^-64 above 1 + 2^-23: a tie to whoever rounds to double precision first.
    [0x3980_0008n, 0x397f_fff0n, 0x3f80_0001n, 0x3f80_0001n],
  ],
  D: [
    // (1 + 2^-52)^2 - (1 + 2^-51)
    [0x3ff0_0000_0000_0001n, 0x3ff0_0000_0000_0001n, 0xbff0_0000_0000_0002n, 0x3970_0000_0000_0000n],
    // (1 + 2^-30)(1 - 2^-30) - 1
    [0x3ff0_0000_0040_0000n, 0x3fef_ffff_ff80_0000n, 0xbff0_0000_0000_0000n, 0xbc30_0000_0000_0000n],
    // 2^1023 * 2 - 2^1023
    [0x7fe0_0000_0000_0000n, 0x4000_0000_0000_0000n, 0xffe0_0000_0000_0000n, 0x7fe0_0000_0000_0000n],
    // 3 * 2^-1074 * (1 + 2^-52) * 2^1022 - 3 * 2^-52
    [0x0000_0000_0000_0003n, 0x7fd0_0000_0000_0001n, 0xbcc8_0000_0000_0000n, 0x3988_0000_0000_0000n],
    // (1 + 2^-27) 2^-500 * (1 + 2^-27) 2^-500 - (1 + 2^-26) 2^-1000
    [0x20b0_0000_0200_0000n, 0x20b0_0000_0200_0000n, 0x8170_0000_0400_0000n, 0x0000_0000_0010_0000n],
    // 2^-53 - 2^-113 above 1 + 2^-52: a tie once the product is rounded.
    [0x3e50_0000_0040_0000n, 0x3e3f_ffff_ff80_0000n, 0x3ff0_0000_0000_0001n, 0x3ff0_0000_0000_0001n],
  ],
};

type Fma = (a: bigint, b: bigint, c: bigint) => bigint;

/** A module with the relaxed multiply-add of raw bits in both formats, S in the low half. */
function probeModule(): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder();
  const define = (name: 'S' | 'D', value: (a: I64, b: I64, c: I64) => I64): void => {
    const fn = module.func(name, { params: ['i64', 'i64', 'i64'], results: ['i64'] });
    fn.emit(value(localGet(fn.param(0, 'i64')), localGet(fn.param(1, 'i64')), localGet(fn.param(2, 'i64'))));
    module.export(fn);
  };
  const single = (v: I64): Expr<'v128'> => f32x4.splat(f32.reinterpret_i32(i32.wrap_i64(v)));
  const double = (v: I64): Expr<'v128'> => f64x2.splat(f64.reinterpret_i64(v));
  define('S', (a, b, c) => {
    const sum = f32x4.relaxed_madd(single(a), single(b), single(c));
    return i64.extend_i32_u(i32.reinterpret_f32(f32x4.extract_lane(sum, 0)));
  });
  define('D', (a, b, c) => {
    const sum = f64x2.relaxed_madd(double(a), double(b), double(c));
    return i64.reinterpret_f64(f64x2.extract_lane(sum, 0));
  });
  return module.encode();
}

/** Whether `fma`, on raw bits in both formats, rounds once wherever a vector can tell. */
export const isFused = (fma: Readonly<Record<'S' | 'D', Fma>>): boolean =>
  (['S', 'D'] as const).every((format) =>
    FMA_VECTORS[format].every(([a, b, c, expected]) => BigInt.asUintN(64, fma[format](a, b, c)) === expected),
  );

let answer: boolean | undefined;

/** Asked once. False where the engine has no relaxed SIMD at all. */
export function fusesMultiplyAdd(): boolean {
  answer ??= ask();
  return answer;
}

function ask(): boolean {
  const bytes = probeModule();
  if (!WebAssembly.validate(bytes)) return false;
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  return isFused(exports as unknown as Readonly<Record<'S' | 'D', Fma>>);
}
