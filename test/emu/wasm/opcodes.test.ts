/**
 * Every opcode against the engine: it must validate with the signature that its group states, and compute what its name
 * says.
 */

import { describe, expect, test } from 'vitest';
import { type Expr, f32Const, f64Const, localGet } from '../../../src/emu/wasm/expr.ts';
import type { Instr } from '../../../src/emu/wasm/instr.ts';
import { ModuleBuilder } from '../../../src/emu/wasm/module.ts';
import { f32x4, f64, f64x2 } from '../../../src/emu/wasm/numeric.ts';
import {
  accessLog2,
  binaryOps,
  compareOps,
  convertOps,
  extractOps,
  type LoadOp,
  loadOps,
  type NumericOp,
  opcode,
  relaxedOps,
  type StoreOp,
  saturateOps,
  splatOps,
  storeOps,
  testOps,
  unaryOps,
  type ValType,
} from '../../../src/emu/wasm/opcodes.ts';
import { oracle, trap, type WasmValue } from './oracle.ts';
import { toWat } from './wat.ts';

const ints = [
  0n,
  1n,
  -1n,
  2n,
  7n,
  31n,
  33n,
  63n,
  0x80n,
  0x8000n,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
  0x0123_4567_89ab_cdefn,
  1n << 63n,
  (1n << 63n) - 1n,
  0x8000_0080_0000_0001n,
];
const floats = [
  0,
  -0,
  1,
  -1,
  0.5,
  1.5,
  2.5,
  -2.5,
  0.1,
  -7.75,
  3e9,
  -3e9,
  2 ** 31,
  2 ** 32,
  2 ** 63,
  2 ** 64,
  -(2 ** 63),
  1e300,
  1e-310,
  Infinity,
  -Infinity,
  NaN,
];
const samples: Readonly<Record<ValType, readonly WasmValue[]>> = {
  i32: ints.map((v) => Number(BigInt.asIntN(32, v))),
  i64: ints.map((v) => BigInt.asIntN(64, v)),
  f32: floats.map(Math.fround),
  f64: floats,
  // Vectors do not cross to JavaScript.
  v128: [],
};

type Run = (...args: WasmValue[]) => WasmValue;
function build(params: readonly ValType[], result: ValType, emit: (args: readonly Expr[]) => Expr): Run {
  const module = new ModuleBuilder();
  const fn = module.func('f', { params, results: [result] });
  fn.emit(emit(params.map((type, i) => localGet(fn.param(i, type)))));
  module.export(fn);
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module.encode()));
  return instance.exports.f as Run;
}
function attempt(run: Run, args: readonly WasmValue[]): WasmValue | typeof trap {
  try {
    return run(...args);
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) return trap;
    throw error;
  }
}

function checkNumeric(op: NumericOp, params: readonly ValType[], result: ValType): void {
  const run = build(params, result, (args) => ({ type: result, instr: { op }, args }));
  const [first = 'i32', second] = params;
  for (const a of samples[first]) {
    for (const args of second === undefined ? [[a]] : samples[second].map((b) => [a, b])) {
      expect({ op, args, result: attempt(run, args) }).toEqual({ op, args, result: oracle(op, args) });
    }
  }
}
const typeOf = (op: string): ValType => op.slice(0, 3) as ValType;
const sourceOf = (op: string): ValType => /_(i32|i64|f32|f64)(?:_|$)/.exec(op)?.[1] as ValType;
const keys = <K extends string>(table: Readonly<Record<K, number>>): K[] => Object.keys(table) as K[];

describe('numeric instructions compute what they are named after', () => {
  test.each(keys(unaryOps))('%s', (op) => checkNumeric(op, [typeOf(op)], typeOf(op)));
  test.each(keys(binaryOps))('%s', (op) => checkNumeric(op, [typeOf(op), typeOf(op)], typeOf(op)));
  test.each(keys(testOps))('%s', (op) => checkNumeric(op, [typeOf(op)], 'i32'));
  test.each(keys(compareOps))('%s', (op) => checkNumeric(op, [typeOf(op), typeOf(op)], 'i32'));
  test.each([...keys(convertOps), ...keys(saturateOps)])('%s', (op) => checkNumeric(op, [sourceOf(op)], typeOf(op)));
});

const PATTERN = [0x81, 0xf2, 0x63, 0x84, 0xb5, 0x46, 0xa7, 0xc8];
const OFFSET = 5;
function withMemory(build: (module: ModuleBuilder) => void): {
  readonly exports: WebAssembly.Exports;
  readonly bytes: Uint8Array;
} {
  const module = new ModuleBuilder();
  module.importMemory('env', 'memory', 1);
  build(module);
  const memory = new WebAssembly.Memory({ initial: 1 });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module.encode()), { env: { memory } });
  return { exports: instance.exports, bytes: new Uint8Array(memory.buffer) };
}
const littleEndian = (bytes: readonly number[]): bigint => bytes.reduceRight((v, byte) => (v << 8n) | BigInt(byte), 0n);

/** The value of `bits` as it crosses to JavaScript. */
function asValue(type: ValType, bits: bigint): WasmValue {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, bits, true);
  if (type === 'i32') return view.getInt32(0, true);
  if (type === 'i64') return view.getBigInt64(0, true);
  return type === 'f32' ? view.getFloat32(0, true) : view.getFloat64(0, true);
}

describe('memory instructions move the bytes that they are named after', () => {
  test.each(keys(loadOps))('%s', (op: LoadOp) => {
    const { exports, bytes } = withMemory((module) => {
      const fn = module.func('f', { params: ['i32'], results: [typeOf(op)] });
      fn.emit({ type: typeOf(op), instr: { op, offset: OFFSET }, args: [localGet(fn.param(0, 'i32'))] });
      module.export(fn);
    });
    bytes.set(PATTERN, 100 + OFFSET);
    const width = 2 ** accessLog2(op);
    const raw = littleEndian(PATTERN.slice(0, width));
    expect((exports.f as Run)(100)).toEqual(
      asValue(typeOf(op), op.endsWith('_s') ? BigInt.asIntN(8 * width, raw) & (2n ** 64n - 1n) : raw),
    );
  });

  test.each(keys(storeOps))('%s', (op: StoreOp) => {
    const { exports, bytes } = withMemory((module) => {
      const fn = module.func('f', { params: ['i32', typeOf(op)], results: [] });
      fn.store(op, localGet(fn.param(0, 'i32')), localGet(fn.param(1, typeOf(op))), OFFSET);
      module.export(fn);
    });
    (exports.f as Run)(100, asValue(typeOf(op), littleEndian(PATTERN)));
    const width = 2 ** accessLog2(op);
    expect([...bytes.slice(100, 100 + OFFSET + 9)]).toEqual([
      0,
      0,
      0,
      0,
      0,
      ...PATTERN.slice(0, width),
      ...Array(9 - width).fill(0),
    ]);
  });
});

describe('vector instructions', () => {
  const laneOf = (op: string): ValType => op.slice(0, 3) as ValType;
  const shapeOf = (op: string): 'f32x4' | 'f64x2' => op.slice(0, 5) as 'f32x4' | 'f64x2';
  const vector = (instr: Instr, args: readonly Expr[]): Expr<'v128'> => ({ type: 'v128', instr, args });
  const splat = (shape: 'f32x4' | 'f64x2', a: Expr): Expr<'v128'> => vector({ op: `${shape}.splat` }, [a]);
  const extract = (shape: 'f32x4' | 'f64x2', lane: number, v: Expr): Expr => ({
    type: laneOf(shape),
    instr: { op: `${shape}.extract_lane`, lane },
    args: [v],
  });

  test.each([...keys(splatOps), ...keys(extractOps)])('%s: every lane holds the value', (op) => {
    const shape = shapeOf(op);
    for (let lane = 0; lane < (shape === 'f32x4' ? 4 : 2); lane++) {
      const run = build([laneOf(op)], laneOf(op), ([a]) => extract(shape, lane, splat(shape, a as Expr)));
      for (const v of samples[laneOf(op)]) expect({ op, lane, v, result: run(v) }).toEqual({ op, lane, v, result: v });
    }
  });

  test.each(keys(relaxedOps))('%s: a * b + c, where the product needs no rounding', (op) => {
    const shape = shapeOf(op);
    const type = laneOf(op);
    const run = build([type, type, type], type, (args) =>
      extract(
        shape,
        1,
        vector(
          { op },
          args.map((a) => splat(shape, a)),
        ),
      ),
    );
    const few = [0, -0, 1, -1.5, 3, 1024, Infinity, NaN];
    for (const a of few)
      for (const b of few)
        for (const c of few) expect({ op, a, b, c, result: run(a, b, c) }).toEqual({ op, a, b, c, result: a * b + c });
  });

  test('a vector stays in a local', () => {
    const module = new ModuleBuilder();
    const fn = module.func('f', { params: ['f64'], results: ['f64'] });
    const kept = fn.keep(f64x2.splat(localGet(fn.param(0, 'f64'))));
    fn.emit(f64.add(f64x2.extract_lane(kept, 0), f64x2.extract_lane(kept, 1)));
    module.export(fn);
    const instance = new WebAssembly.Instance(new WebAssembly.Module(module.encode()));
    expect((instance.exports.f as Run)(2.5)).toBe(5);
    expect(toWat(fn)).toContain('  (local v128)\n');
    expect(toWat(fn)).toContain('f64x2.extract_lane 1\n');
  });

  test('the builders make the instructions that they are named after', () => {
    for (const [shape, builders, a] of [
      ['f32x4', f32x4, f32Const(1)],
      ['f64x2', f64x2, f64Const(1)],
    ] as const) {
      const v = builders.splat(a as never);
      expect(v).toEqual(splat(shape, a));
      expect(builders.extract_lane(v, 1)).toEqual(extract(shape, 1, v));
      expect(builders.relaxed_madd(v, v, v)).toEqual(vector({ op: `${shape}.relaxed_madd` }, [v, v, v]));
    }
  });
});

test('no two instructions share an opcode', () => {
  expect(new Set(Object.values(opcode)).size).toBe(Object.keys(opcode).length);
});
