/** Floating-point values and a sequence of instructions on them, for scenarios. */

import type { Guest } from '../guest.ts';

/** mstatus.FS. */
export const FS = { off: 0n, initial: 0x2000n, clean: 0x4000n, dirty: 0x6000n } as const;
const double = (value: number): bigint => new BigUint64Array(Float64Array.of(value).buffer)[0]!;
const single = (value: number): bigint =>
  0xffff_ffff_0000_0000n | BigInt(new Uint32Array(Float32Array.of(value).buffer)[0]!);

/** fa0 to fa7: doubles; fs0 to fs7: singles; s1: data in RAM. */
export function withValues(
  { machine, ram }: Guest,
  labels: Readonly<Record<string, bigint>>,
  fs: bigint = FS.dirty,
): void {
  const values = [1.5, -2.25, 1e-310, 3.3e300, 0.1, -0, Number.POSITIVE_INFINITY, Number.NaN];
  const f = new BigUint64Array(machine.memory.buffer, machine.hart + 0x100, 32);
  for (const [i, value] of values.entries()) {
    f[10 + i] = double(value);
    f[8 + (i < 2 ? i : i + 8)] = single(value);
  }
  ram.write(0x8000_8000n, new Uint8Array(BigUint64Array.from([...values, 1 / 3, 7, 1e16, 5e-324], double).buffer));
  machine.setX(9, 0x8000_8000n);
  machine.set('mstatus', fs);
  machine.set('mtvec', labels.handler ?? 0n);
}
export const ARITHMETIC = `
  fadd.d ft0, fa0, fa4
  fsub.d ft1, ft0, fa1
  fmul.d ft2, ft1, ft0
  fdiv.d ft3, ft2, fa0
  fsqrt.d ft4, fa4
  fmadd.d ft5, ft0, ft1, ft2
  fnmsub.d ft6, ft0, fa4, ft3
  fadd.s ft8, fs0, fs4
  fmul.s ft9, ft8, fs1
  fdiv.s ft10, ft9, fs4
  fsqrt.s ft11, fs4
  fmsub.s ft8, ft8, ft9, ft10`;
/** Adds up flags and results. */
export const LOOK = `
  csrrs t0, fcsr, zero
  add a1, a1, t0
  fmv.x.d t0, ft5
  add a2, a2, t0
  fmv.x.w t0, ft8
  add a3, a3, t0`;
