/** The host's floating point against exact arithmetic, and that it is the host indeed that does the ordinary work. */

import { describe, expect, it, test } from 'vitest';
import { inlineHostFloat } from '../../../../src/emu/cpu/compile/host-float.ts';
import { Order } from '../../../../src/emu/cpu/compile/order.ts';
import { NX } from '../../../../src/emu/cpu/fp/exact.ts';
import { fusesMultiplyAdd } from '../../../../src/emu/cpu/fp/host-fma.ts';
import { exactFp } from '../../../../src/emu/cpu/reference/fp.ts';
import type { FpFormat, FpOp } from '../../../../src/emu/isa/vocabulary.ts';
import { localGet } from '../../../../src/emu/wasm/expr.ts';
import { ModuleBuilder } from '../../../../src/emu/wasm/module.ts';
import { checked, checkOperation, repeat } from './host-check.ts';
import { FELL_BACK, floatProcs, formats, inlineParts, operations } from './wasm-float.ts';

const TUPLES = 400;

describe(`procedures and inline parts give exact arithmetic's bits and flags (${repeat})`, () => {
  const subjects = checked();
  for (const format of formats) {
    for (const op of operations) {
      it(`${op}.${format}`, () => {
        expect(checkOperation(subjects, op, format, TUPLES)).toBeGreaterThanOrEqual(10 * TUPLES);
      });
    }
  }
});

/** The bits of a number in a format. */
function bitsOf(format: FpFormat, v: number): bigint {
  const view = new DataView(new ArrayBuffer(8));
  if (format === 'D') {
    view.setFloat64(0, v);
    return view.getBigUint64(0);
  }
  view.setFloat32(0, v);
  return BigInt(view.getUint32(0));
}
const pair: readonly (readonly number[])[] = [
  [1.5, 0.1],
  [1e5, -3],
  [1e-9, 1e9],
  [0.3, 0.3],
  [12, 4],
];
const ordinary: Readonly<Partial<Record<FpOp, readonly (readonly number[])[]>>> = {
  add: [...pair, [1, -1], [0, 0]],
  sub: [...pair, [0, -0]],
  mul: [...pair, [0, 3]],
  div: [...pair, [0, 3]],
  sqrt: [[2], [4], [0.1], [1e-30]],
  fma: [
    [1.5, 0.1, 3],
    [2, 3, 4],
    [1e-3, 1e3, -1],
    [0, 5, 0],
  ],
  min: pair,
  max: pair,
  eq: pair,
  lt: pair,
  le: pair,
  toI32: [[0.5], [-7], [2e9], [-1.75]],
  toU32: [[0.5], [7], [4e9], [-0.25]],
  toI64: [[0.5], [-7], [2e18], [1e-300]],
  toU64: [[0.5], [7], [1e19]],
  fromI32: [[0], [7], [-1]],
  fromU32: [[0], [7], [-1]],
  fromI64: [[0], [7], [2 ** 60], [-1]],
  fromU64: [[0], [7], [2 ** 63], [-1]],
  toOther: [[0], [1.5], [0.1], [1e30]],
};
/** Tuples of raw bits of the operation's ordinary operands. */
const rawTuples = (op: FpOp, format: FpFormat): readonly (readonly bigint[])[] =>
  (ordinary[op] ?? []).map((tuple) =>
    tuple.map((v) => (op.startsWith('from') ? BigInt.asUintN(64, BigInt(v)) : bitsOf(format, v))),
  );
/** Products of long significands are not judged while NX is clear; soft float does that once, and sets it. */
const judged = (op: FpOp, format: FpFormat, hostFuses: boolean, nx: number): boolean =>
  op !== 'classify' && (op !== 'fma' || format === 'S' || (hostFuses && nx !== 0));

describe.each(fusesMultiplyAdd() ? [true, false] : [false])('a host that fuses: %s', (hostFuses) => {
  test('ordinary operands never reach soft float', () => {
    const procs = floatProcs(hostFuses, true);
    for (const format of formats) {
      for (const op of operations) {
        for (const nx of [0, NX]) {
          if (!judged(op, format, hostFuses, nx)) continue;
          for (const args of rawTuples(op, format)) {
            const call = `${op}.${format}(${args.map((a) => a.toString(16)).join(', ')}) with fflags ${nx}`;
            const bits = procs.run(op, format, 0, nx, args);
            expect(`${call} = ${bits.toString(16)}`).not.toBe(`${call} = ${FELL_BACK.toString(16)}`);
          }
        }
      }
    }
  });

  test('the inline part takes them, zeros of products and quotients set aside', () => {
    const inline = inlineParts(hostFuses);
    for (const format of formats) {
      for (const op of operations) {
        const exists = op !== 'classify' && (op !== 'fma' || format === 'S' || hostFuses);
        const isZeroHard = ['mul', 'div', 'fma', 'toOther'].includes(op);
        for (const args of rawTuples(op, format)) {
          const part = inline.run(op, format, 0, args);
          expect([op, format, part !== undefined]).toEqual([op, format, exists]);
          const isZero = exactFp(op, format, 0, args).bits === 0n;
          if (part !== undefined && !(isZero && isZeroHard)) expect([op, format, args, part.ok]).toContain(true);
        }
      }
    }
  });

  test('relaxed instructions are in the code if it fuses, and only then', () => {
    const fn = new ModuleBuilder().func('f', { params: ['i64', 'i64', 'i64'], results: [] });
    const args = [0, 1, 2].map((i) => localGet(fn.param(i, 'i64')));
    for (const format of formats) inlineHostFloat(new Order(fn), 'fma', format, 0, args, hostFuses);
    expect(fn.instrs.some(({ op }) => op.includes('relaxed'))).toBe(hostFuses);
  });
});
