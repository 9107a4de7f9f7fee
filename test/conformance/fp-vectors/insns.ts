/**
 * The F and D instructions as the vector program sees them: name, operand set, and how its kernel reads and writes.
 *
 * A kernel finds registers a, b, c as 64-bit words at 0, 8 and 16(a0), frm already set, and leaves the 64-bit result
 * at 24(a0). Instructions that do not round are run in mode 0 alone.
 */
export type SetName = 's1' | 's2' | 's3' | 'd1' | 'd2' | 'd3' | 'i1';

export interface VectorInsn {
  readonly name: string;
  readonly set: SetName;
  readonly modes: 1 | 5;
  /** Assembly of the kernel's body; may use a1, fa0 to fa3. */
  readonly body: readonly string[];
}

const FLOAT_IN = ['fld fa1, 0(a0)', 'fld fa2, 8(a0)', 'fld fa3, 16(a0)'];
const FLOAT_OUT = 'fsd fa0, 24(a0)';
const INT_OUT = 'sd a1, 24(a0)';

const floatInsn = (name: string, set: SetName, modes: 1 | 5): VectorInsn => {
  const operands = ['fa1', 'fa2', 'fa3'].slice(0, Number(set[1])).join(', ');
  return { name, set, modes, body: [...FLOAT_IN, `${name} fa0, ${operands}`, FLOAT_OUT] };
};
const toIntInsn = (name: string, set: SetName, modes: 1 | 5): VectorInsn => {
  const operands = ['fa1', 'fa2'].slice(0, Number(set[1])).join(', ');
  return { name, set, modes, body: [...FLOAT_IN, `${name} a1, ${operands}`, INT_OUT] };
};
const fromIntInsn = (name: string, modes: 1 | 5): VectorInsn => ({
  name,
  set: 'i1',
  modes,
  body: ['ld a1, 0(a0)', `${name} fa0, a1`, FLOAT_OUT],
});

function ofFormat(f: 's' | 'd'): readonly VectorInsn[] {
  const ints = ['w', 'wu', 'l', 'lu'];
  const move = f === 's' ? 'w' : 'd';
  return [
    ...['fadd', 'fsub', 'fmul', 'fdiv'].map((op) => floatInsn(`${op}.${f}`, `${f}2`, 5)),
    floatInsn(`fsqrt.${f}`, `${f}1`, 5),
    ...['fmadd', 'fmsub', 'fnmsub', 'fnmadd'].map((op) => floatInsn(`${op}.${f}`, `${f}3`, 5)),
    ...['fsgnj', 'fsgnjn', 'fsgnjx', 'fmin', 'fmax'].map((op) => floatInsn(`${op}.${f}`, `${f}2`, 1)),
    ...['feq', 'flt', 'fle'].map((op) => toIntInsn(`${op}.${f}`, `${f}2`, 1)),
    toIntInsn(`fclass.${f}`, `${f}1`, 1),
    toIntInsn(`fmv.x.${move}`, `${f}1`, 1),
    fromIntInsn(`fmv.${move}.x`, 1),
    ...ints.map((i) => toIntInsn(`fcvt.${i}.${f}`, `${f}1`, 5)),
    ...ints.map((i) => fromIntInsn(`fcvt.${f}.${i}`, 5)),
  ];
}

/** Loads: operand a is the memory doubleword at the address. Stores: the result is the doubleword, zero before. */
const MEMORY: readonly VectorInsn[] = [
  { name: 'flw', set: 'i1', modes: 1, body: ['flw fa0, 0(a0)', FLOAT_OUT] },
  { name: 'fld', set: 'i1', modes: 1, body: ['fld fa0, 0(a0)', FLOAT_OUT] },
  { name: 'fsw', set: 's1', modes: 1, body: ['fld fa1, 0(a0)', 'sd zero, 24(a0)', 'fsw fa1, 24(a0)'] },
  { name: 'fsd', set: 'd1', modes: 1, body: ['fld fa1, 0(a0)', 'sd zero, 24(a0)', 'fsd fa1, 24(a0)'] },
];

export const VECTOR_INSNS: readonly VectorInsn[] = [
  ...ofFormat('s'),
  ...ofFormat('d'),
  floatInsn('fcvt.s.d', 'd1', 5),
  floatInsn('fcvt.d.s', 's1', 5),
  ...MEMORY,
];
