/**
 * What the FP vectors leave out: every rounding mode written in the instruction, the reserved ones there and in frm,
 * mstatus.FS off and what each instruction makes of it, for every F and D row, and the compressed loads and stores.
 */
import { A1, A2, CSR, csrr, csrw, EBREAK, iType, rType, sType } from '../asm.ts';
import { type Batch, batch, Flag } from '../batch.ts';
import { codeWord, f, MSTATUS, TRAP, WINDOW, x } from '../layout.ts';

/** rd is f4 or x4, rs1 1, rs2 2, rs3 3. */
const [RD, RS1, RS2, RS3] = [4, 1, 2, 3];
const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

const opFp = (funct7: number, rs2: number) => range(8).map((rm) => rType(0x53, rm, funct7, RD, RS1, rs2));
function words(fmt: 0 | 1): number[] {
  const plain = [0x00, 0x04, 0x08, 0x0c, 0x10, 0x14, 0x50].flatMap((funct7) => opFp(funct7 | fmt, RS2));
  const converting = [0x60, 0x68].flatMap((funct7) => range(4).flatMap((rs2) => opFp(funct7 | fmt, rs2)));
  const single = [0x2c, 0x70, 0x78].flatMap((funct7) => opFp(funct7 | fmt, 0));
  const fused = [0x43, 0x47, 0x4b, 0x4f].flatMap((op) =>
    range(8).map((rm) => rType(op, rm, (RS3 << 2) | fmt, RD, RS1, RS2)),
  );
  const memory = [iType(0x07, 2 + fmt, RD, RS1, 8), sType(0x27, 2 + fmt, RS1, RS2, 8)];
  return [...plain, ...converting, ...single, ...opFp(0x20 | fmt, 1 - fmt), ...fused, ...memory];
}
/** c.fld, c.fsd, c.fldsp, c.fsdsp, each followed by c.ebreak. */
const COMPRESSED = [0x2480, 0xa480, 0x2222, 0xa222].map((half) => 0x9002_0000 + half);
const CSRS = [1, 2, 3].flatMap((number) => [csrr(RD, number), csrw(number, 0)]);

function rows(name: string, list: readonly number[], operands: readonly bigint[]): Batch {
  const states = [...range(8).map((frm) => [frm, 1]), ...[0, 2, 3].map((fs) => [0, fs])];
  return batch({
    name,
    code: [csrw(CSR.frm, A1), csrw(CSR.fflags, 0), csrw(CSR.mstatus, A2), 0, EBREAK],
    inputs: [codeWord(3), x(A1, 'frm'), x(A2, 'mstatus'), f(RS1, 'rs1'), f(RS2, 'rs2'), f(RS3, 'rs3')],
    outputs: [TRAP.cause, TRAP.epc, TRAP.tval, TRAP.mstatus, TRAP.fcsr, f(RD, 'rd'), x(RD, 'x rd'), ...WINDOW],
    flags: Flag.resetCsrs | Flag.useF | Flag.checkWindow,
    tuples: list.flatMap((word) =>
      states.map(([frm = 0, fs = 0]) => [
        BigInt(word),
        BigInt(frm),
        (MSTATUS & ~0x6000n) | (BigInt(fs) << 13n),
        ...operands,
      ]),
    ),
  });
}

const BOX = 0xffff_ffff_0000_0000n;
export const fpExtra = (): Batch[] => [
  rows('single', words(0), [BOX | 0x3eaa_aaabn, BOX | 0xbdcc_cccdn, BOX | 0x4040_0001n]),
  rows('double', words(1), [0x3fd5_5555_5555_5555n, 0xbfb9_9999_9999_999an, 0x4008_0000_0000_0001n]),
  rows('compressed and CSRs', [...COMPRESSED, ...CSRS], [1n, 2n, 3n]),
];
