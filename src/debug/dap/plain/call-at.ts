/** Whether the instruction at pc is a call: a jump that links to ra or t0 (manual, "Unconditional Jumps"). */

import { decode, expandCompressed, isWide, operandsOf } from '../../../emu/isa/table.ts';
import type { GuestView } from '../../gdb/target.ts';

const LINKS: readonly number[] = [1, 5];

/** The address behind the call; undefined when it is none. */
export function callAt(view: GuestView, hart: number): bigint | undefined {
  const pc = view.readRegister(hart, 'pc');
  const bytes = view.readMemory(hart, pc, 4);
  if (bytes.length < 2) return undefined;
  const code = new DataView(bytes.buffer, bytes.byteOffset);
  const half = code.getUint16(0, true);
  if (isWide(half) && bytes.length < 4) return undefined;
  const bits = isWide(half) ? code.getUint32(0, true) : expandCompressed(half);
  const row = decode(bits);
  if (row === undefined || (row.name !== 'jal' && row.name !== 'jalr')) return undefined;
  const { rd = 0 } = operandsOf(row, bits);
  return LINKS.includes(Number(rd)) ? pc + (isWide(half) ? 4n : 2n) : undefined;
}
