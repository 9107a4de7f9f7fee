/** Interrupts: every set of pending lines against enables, delegation and mode: which is taken, and what is left. */
import { A1, A2, A3, A4, A5, A6, A7, CSR, csrw, EBREAK, MRET, NOP, STORES, T0, T1, T2 } from '../asm.ts';
import { type Batch, batch, Flag } from '../batch.ts';
import { CODE, M_TABLE, MSTATUS, mem32, S_TABLE, TRAP, x } from '../layout.ts';
import { product, randomSource } from '../operands.ts';
import { AFTER, MPIE, mpp, SIE } from './exceptions.ts';

const T3 = 28;
const PLIC = 0xc00_0000;
const UART_SOURCE = 10;
const UART_BIT = 1n << BigInt(UART_SOURCE);

/** The UART's transmitter interrupt, by PLIC context 0 (MEIP) or 1 (SEIP), is on in cases that enable a context. */
export function interrupts(): Batch[] {
  const random = randomSource(800);
  const modes = [MPIE | mpp(3n), mpp(3n), mpp(1n) | SIE, mpp(1n), MPIE | mpp(1n) | SIE, mpp(0n)];
  const lines = product([0n, 1n], [-1n, 0n], [0n, 2n, 0x20n, 0x22n, 0x200n, 0x202n, 0x220n, 0x222n], [0n, 1n, 2n]);
  const tuples = lines.flatMap(([msip = 0n, compare = 0n, mip = 0n, external = 0n]) =>
    product([0n, 0x222n, 0x2n, 0x220n], modes, [0xaaan, random(12), random(12)]).map(
      ([mideleg = 0n, mode = 0n, mie = 0n]) => [
        external === 1n ? UART_BIT : 0n,
        external === 2n ? UART_BIT : 0n,
        1n,
        external === 0n ? 0n : 2n,
        msip,
        compare,
        mip,
        mideleg,
        mie,
        MSTATUS | mode,
        BigInt(CODE + 44),
        BigInt(M_TABLE) + random(1),
        BigInt(S_TABLE) + random(1),
        0x1000_0000n,
        0x200_0000n,
        0x200_4000n,
      ],
    ),
  );
  const setUp = [STORES.sb(A6, A5, 1), STORES.sw(A3, A1, 0), STORES.sd(A4, A2, 0), csrw(CSR.mip, A7)];
  const traps = [csrw(CSR.mideleg, T3), csrw(CSR.mie, T2), csrw(CSR.mtvec, 29), csrw(CSR.stvec, 30)];
  return [
    batch({
      name: 'interrupts',
      code: [...setUp, ...traps, csrw(CSR.mepc, T1), csrw(CSR.mstatus, T0), MRET, NOP, NOP, EBREAK],
      inputs: [
        mem32(PLIC + 0x2000, 'PLIC enable M'),
        mem32(PLIC + 0x2080, 'PLIC enable S'),
        // After the enables: QEMU's PLIC looks at its lines again at this write.
        mem32(PLIC + 4 * UART_SOURCE, 'PLIC priority'),
        x(A6, 'UART IER'),
        x(A3, 'msip'),
        x(A4, 'mtimecmp'),
        x(A7, 'mip'),
        x(T3, 'mideleg'),
        x(T2, 'mie'),
        x(T0, 'mstatus'),
        x(T1),
        x(29, 'mtvec'),
        x(30, 'stvec'),
        x(A5),
        x(A1),
        x(A2),
      ],
      outputs: [...AFTER, TRAP.mip],
      flags: Flag.resetCsrs,
      tuples: tuples.filter((_, i) => i % 2 === 0),
    }),
    batch({
      name: 'sip and sie are views',
      code: [csrw(CSR.mideleg, T3), csrw(CSR.mip, A7), csrw(CSR.mie, A6), csrw(CSR.sip, A1), csrw(CSR.sie, A2)].concat([
        0x1440_26f3,
        0x1040_2773,
        0x3440_27f3,
        0x3040_2873,
        EBREAK,
      ]),
      inputs: [x(T3, 'mideleg'), x(A7, 'mip'), x(A6, 'mie'), x(A1, 'sip'), x(A2, 'sie')],
      outputs: [x(A3, 'sip'), x(A4, 'sie'), x(A5, 'mip'), x(A6, 'mie')],
      flags: Flag.resetCsrs,
      tuples: product([0n, 0x222n, 0x2n, -1n], [0n, 0x222n, -1n], [0n, -1n, 0x5555n], [0n, -1n], [0n, -1n, 0x5555n]),
    }),
  ];
}
