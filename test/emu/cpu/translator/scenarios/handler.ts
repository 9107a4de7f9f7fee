/** A trap handler for scenarios, and what makes interrupts come. */

import { DEVICE, type Guest } from '../guest.ts';

/** Bits of mip and mie. */
export const [MTI, MEI, MSI] = [0x80n, 0x800n, 8n];

/** Counts in a5 to a7, and looks at tick and cause; t3 to t6 are the handler's. */
export const HANDLER = `
.org 0x2000
handler: csrrs t3, mcause, zero
  csrrs t4, mcycle, zero
  csrrs t5, mepc, zero
  add a5, a5, t3
  add a6, a6, t4
  add a7, a7, t5
  blt t3, zero, interrupt
  addi t5, t5, 4
  csrrw zero, mepc, t5
  mret
interrupt:`;
/** Ends the handler of `timed`. */
export const NEXT_TIMER = `
  ld t3, 0(s11)
  addi t3, t3, 37
  sd t3, 0(s11)
  csrrw zero, stimecmp, t3
  mret`;

/** M-mode with these interrupts enabled; s0 is the device. */
export function interruptible({ machine }: Guest, labels: Readonly<Record<string, bigint>>, enabled: bigint): void {
  machine.set('mtvec', labels.handler!);
  machine.set('mie', enabled);
  machine.set('mstatus', 0x6008n);
  machine.setX(8, DEVICE);
  machine.setX(27, 0x8000_8000n);
}
/** Drives the external line. */
export const line =
  (level: bigint) =>
  (guest: Guest): void =>
    guest.drive(level * MEI);
/** The timer of S, taken in M; a unit of time is two ticks. */
export function timed(guest: Guest, labels: Readonly<Record<string, bigint>>): void {
  interruptible(guest, labels, 0x20n);
  const { machine } = guest;
  machine.set('menvcfg', 1n << 63n);
  machine.set('rate', 1n << 23n);
  machine.set('stimecmp', 50n);
}
