/**
 * Where the instruction at pc can lead without a trap. gdb steps RISC-V forwards by setting breakpoints there and
 * letting the guest run.
 */

import { decode, expandCompressed, isWide, operandsOf } from '../../emu/isa/table.ts';
import type { GuestView } from './target.ts';

const BRANCHES: ReadonlySet<string> = new Set(['beq', 'bne', 'blt', 'bge', 'bltu', 'bgeu']);
/** CSR that a return from a trap takes pc from. */
const RETURNS: Readonly<Record<string, string>> = { sret: 'sepc', mret: 'mepc' };

/** Virtual addresses; none when the instruction cannot be read. */
export function successors(view: GuestView, hart: number): readonly bigint[] {
  const pc = view.readRegister(hart, 'pc');
  const bytes = view.readMemory(hart, pc, 4);
  if (bytes.length < 2) return [];
  const code = new DataView(bytes.buffer, bytes.byteOffset);
  const half = code.getUint16(0, true);
  if (isWide(half) && bytes.length < 4) return [];
  const bits = isWide(half) ? code.getUint32(0, true) : expandCompressed(half);
  const after = pc + (isWide(half) ? 4n : 2n);
  const row = decode(bits);
  if (row === undefined) return [after];
  const { imm = 0n, rs1 = 0 } = operandsOf(row, bits);
  const at = (base: bigint): bigint => BigInt.asUintN(64, base + BigInt(imm)) & ~1n;
  if (row.name === 'jal') return [at(pc)];
  if (row.name === 'jalr') return [at(view.readRegister(hart, `x${rs1}`))];
  if (BRANCHES.has(row.name)) return [after, at(pc)];
  const csr = RETURNS[row.name];
  return [csr === undefined ? after : view.readRegister(hart, csr)];
}
