/** Pieces of guest code whose regions are kept as text: each one shows something that emission does. */

import { fusesMultiplyAdd } from '../../../../../src/emu/cpu/fp/host-fma.ts';

export interface GoldenProgram {
  readonly name: string;
  readonly shows: string;
  /** The region begins at `entry`. */
  readonly code: string;
  /** Labels that indirect jumps were seen to lead to, by that of the jump. */
  readonly targets?: Readonly<Record<string, readonly string[]>>;
  /** Labels whose page the fetch TLB does not hold. */
  readonly missing?: readonly string[];
  /** Only where the host fuses multiply and add. */
  readonly fused?: boolean;
}

/** Whether this host emits what the golden file shows. */
export const canRender = ({ fused = false }: GoldenProgram): boolean => !fused || fusesMultiplyAdd();

export const goldenPrograms: readonly GoldenProgram[] = [
  {
    name: 'sum',
    shows: 'a loop over memory: one block that is its own head',
    code: `
entry: ld t0, 0(a0)
  addi a0, a0, 8
  add a1, a1, t0
  bne a0, a2, entry
  ret`,
  },
  {
    name: 'copy',
    shows: 'a loop that loads and stores, behind a test',
    code: `
entry: beq a2, zero, done
copy: c.lw a5, 0(a1)
  c.sw a5, 0(a0)
  c.addi a1, 4
  c.addi a0, 4
  c.addi a2, -4
  c.bnez a2, copy
done: c.jr ra`,
  },
  {
    name: 'call',
    shows: 'a call that is a call of compiled code, and a return',
    code: `
entry: c.mv s0, a0
  call f
  c.add a0, s0
  ret
.org 0x100
f: ret`,
  },
  {
    name: 'last-call',
    shows: 'a call that nothing is known to come after',
    code: `
entry: la t0, entry
  jalr ra, 0(t0)
  .4byte 0`,
  },
  {
    name: 'diamond',
    shows: 'ways that part and meet',
    code: `
entry: blt a0, a1, less
  sub a0, a0, a1
  j meet
less: sub a0, a1, a0
meet: slli a0, a0, 1
  ret`,
  },
  {
    name: 'irreducible',
    shows: 'a loop that is entered in two places: one of the ways leaves the region',
    code: `
entry: bne a0, zero, second
first: addi a1, a1, 1
second: addi a2, a2, 1
  bne a1, a2, first
  ret`,
  },
  {
    name: 'two-pages',
    shows: 'code that runs on into another page',
    code: `
.org 0xff8
entry: addi a0, a0, 1
  addi a1, a1, 1
  addi a2, a2, 1
  j entry`,
  },
  {
    name: 'split',
    shows: 'an instruction that lies in two pages',
    code: `
.org 0xffe
entry: addi a0, a0, 1
  bne a0, a1, entry
  ret`,
  },
  {
    name: 'page-missing',
    shows: 'a region that ends where the fetch TLB holds no page',
    code: `
.org 0xff8
entry: addi a0, a0, 1
  addi a1, a1, 1
there: addi a2, a2, 1
  ret`,
    missing: ['there'],
  },
  {
    name: 'multiply-add',
    shows: 'floating point by the host in the steady state, and as it is otherwise',
    code: `
entry: fmadd.d fa0, fa1, fa2, fa0
  ret`,
    fused: true,
  },
  {
    name: 'float-sum',
    shows: 'floating point that is loaded, computed with and stored',
    code: `
entry: fld fa0, 0(a0)
  fadd.d fa1, fa1, fa0
  fsd fa1, 8(a0)
  ret`,
  },
  {
    name: 'atomic',
    shows: 'an atomic, which may write to code',
    code: `
entry: amoadd.w a0, a1, (a2)
  ret`,
  },
  {
    name: 'csr',
    shows: 'a CSR in the middle of a block, after which the engine may have to look',
    code: `
entry: addi a0, a0, 1
  csrrw a1, sscratch, a0
  addi a1, a1, 1
  ret`,
  },
  {
    name: 'jump-table',
    shows: 'an indirect jump to places that it was seen to lead to',
    code: `
entry: sh3add t1, a0, a1
  ld t1, 0(t1)
jump: jr t1
one: addi a2, a2, 1
  ret
two: addi a2, a2, 2
three: addi a2, a2, 3
  j entry`,
    targets: { jump: ['one', 'two', 'three'] },
  },
  {
    name: 'nested',
    shows: 'a loop in a loop, each with its own look at the budget',
    code: `
entry: addi t0, a0, 0
inner: addi a1, a1, 1
  addi t0, t0, -1
  bne t0, zero, inner
  addi a0, a0, -1
  bne a0, zero, entry
  ret`,
  },
  {
    name: 'rotate',
    shows: 'words of 32 bits: known as such once they have been written in the block',
    code: `
entry: srliw a1, a0, 6
  slliw a2, a0, 26
  or a1, a1, a2
  xor a0, a0, a1
  xor a2, a1, a2
  ret`,
  },
  {
    name: 'self',
    shows: 'a jump to itself',
    code: 'entry: j entry',
  },
  {
    name: 'stop',
    shows: 'an instruction after which the engine looks, always',
    code: `
entry: addi a0, a0, 1
  wfi`,
  },
];
