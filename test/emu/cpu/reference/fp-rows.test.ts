/**
 * The F and D rows, NaN boxing and fflags included, against what QEMU answered (test/conformance/vectors/fp.bin.gz).
 */
import { expect, test } from 'vitest';
import type { Big } from '../../../../src/emu/cpu/reference/arithmetic.ts';
import { instruction } from '../../../../src/emu/isa/table.ts';
import type { Operands } from '../../../../src/emu/isa/vocabulary.ts';
import { type FpCase, fpCases } from '../../../conformance/fp-vectors/format.ts';
import { BASE, program } from './program.ts';

const DATA = BASE + 0x1000n;
const { s } = program([]);

/** Runs one row with a, b and c in registers 1 to 3 of either file, dynamic rounding. */
function run({ name, rm, a, b, c }: FpCase): { readonly result: bigint; readonly flags: bigint } {
  const row = instruction(name);
  const operands = { rd: 4, rs1: 1, rs2: 2, rs3: 3, rm: 7n, imm: 0n } as unknown as Operands<Big>;
  s.set('mstatus', 0x6000n);
  s.set('frm', BigInt(rm));
  s.set('fflags', 0n);
  for (const [i, v] of [a, b, c].entries()) {
    s.setF(i + 1, v);
    s.setX(i + 1, v);
  }
  if (row.format.imm !== undefined) {
    s.ramStore(DATA, 8, row.format.rd === undefined ? 0n : a);
    s.setX(1, DATA);
    s.setF(2, a);
  }
  row.body<Big>(s, operands);
  const result = row.format.rd === undefined ? s.ramLoad(DATA, 8) : row.format.rd.kind === 'f' ? s.f(4) : s.x(4);
  return { result, flags: s.get('fflags') };
}

test('every F and D instruction gives the bits and the flags of the vectors', () => {
  let cases = 0;
  for (const one of fpCases(37)) {
    cases++;
    expect({ ...one, ...run(one) }).toEqual({ ...one, flags: BigInt(one.flags) });
  }
  expect(cases).toBeGreaterThan(5000);
});
