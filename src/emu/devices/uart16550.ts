/**
 * 16550A UART (TI PC16550D data sheet, section 8 "Registers"), as on QEMU's `virt` board: byte registers, no DMA.
 *
 * It is not a line with a speed: a byte written is sent at once, so the transmitter is always empty between accesses,
 * and the character timeout interrupt comes as soon as bytes below the trigger level wait. Bytes from the host that
 * find the FIFO full wait in `waiting` and move up as the guest reads, as if the other end watched a flow control line:
 * nothing is lost. Invariant: `waiting` is empty unless the receive FIFO is full or the receiver is in loopback.
 *
 *     offset  read            write           DLAB=1
 *     0       RBR             THR             DLL
 *     1       IER             IER             DLM
 *     2       IIR             FCR
 *     3 LCR   4 MCR   5 LSR (read only)   6 MSR (read only)   7 SCR
 */

import type { Device, InterruptLine } from './device.ts';

const IER = { data: 0x01, thrEmpty: 0x02, lineStatus: 0x04, modemStatus: 0x08, writable: 0x0f } as const;
const IIR = { modemStatus: 0x00, none: 0x01, thrEmpty: 0x02, data: 0x04, lineStatus: 0x06, timeout: 0x0c } as const;
const IIR_FIFOS = 0xc0;
const FCR = { enable: 0x01, clearReceive: 0x02, clearTransmit: 0x04, trigger: 0xc0, kept: 0xc9 } as const;
const LCR_DLAB = 0x80;
const MCR = { dtr: 0x01, rts: 0x02, out1: 0x04, out2: 0x08, loop: 0x10, writable: 0x1f } as const;
const LSR = { dataReady: 0x01, overrun: 0x02, thrEmpty: 0x20, idle: 0x40 } as const;
const MSR = { cts: 0x10, dsr: 0x20, ri: 0x40, dcd: 0x80, ringEnded: 0x04, lines: 0xf0, deltas: 0x0f } as const;
/** Modem lines of a terminal that is there: carrier, ready, clear to send. */
const CONNECTED = MSR.dcd | MSR.dsr | MSR.cts;
const TRIGGER_LEVELS = [1, 4, 8, 14] as const;
const FIFO_BYTES = 16;
/** Host bytes that may wait; `room` tells how many more are taken. */
export const WAITING_BYTES_MAX = 4096;

export type UartState = {
  readonly ier: number;
  readonly fcr: number;
  readonly lcr: number;
  readonly mcr: number;
  readonly scr: number;
  readonly dll: number;
  readonly dlm: number;
  /** Latched line error bits of LSR, cleared by reading it. */
  readonly lineErrors: number;
  /** The whole of MSR: lines in the high half, their changes since the last read in the low half. */
  readonly msr: number;
  /** The transmitter-empty interrupt is pending. */
  readonly thrEmptyPending: boolean;
  readonly receiveFifo: readonly number[];
  readonly waiting: readonly number[];
};

export interface UartPorts {
  readonly interrupt: InterruptLine;
  /** A byte leaves the machine. */
  readonly transmit: (byte: number) => void;
}

const resetState = (): UartState => ({
  ier: 0,
  fcr: 0,
  lcr: 0,
  mcr: MCR.out2,
  scr: 0,
  dll: 12,
  dlm: 0,
  lineErrors: 0,
  msr: CONNECTED,
  thrEmptyPending: false,
  receiveFifo: [],
  waiting: [],
});

export class Uart16550 implements Device<UartState> {
  readonly #ports: UartPorts;
  #s: UartState = resetState();

  constructor(ports: UartPorts) {
    this.#ports = ports;
  }

  /** Host bytes that `receive` takes now. */
  get room(): number {
    return WAITING_BYTES_MAX - this.#s.waiting.length;
  }

  /** Bytes typed at the other end. At most `room` of them. */
  receive(bytes: Uint8Array): void {
    if (bytes.length > this.room) throw new RangeError(`uart: ${bytes.length} bytes where ${this.room} fit`);
    this.#set({ waiting: [...this.#s.waiting, ...bytes] });
    this.#fillFifo();
    this.#updateInterrupt();
  }

  /** Power-on values; bytes of the host that wait stay, as the other end is not reset. */
  reset(): void {
    const { waiting, receiveFifo } = this.#s;
    this.#s = { ...resetState(), waiting: [...receiveFifo, ...waiting] };
    this.#fillFifo();
    this.#updateInterrupt();
  }

  read(offset: number): number {
    const value = this.#readRegister(offset);
    this.#updateInterrupt();
    return value;
  }

  write(offset: number, _width: 1 | 2 | 4, value: number): void {
    this.#writeRegister(offset, value & 0xff);
    this.#updateInterrupt();
  }

  save(): UartState {
    return this.#s;
  }
  restore(state: UartState): void {
    this.#s = state;
  }

  get #dlab(): boolean {
    return (this.#s.lcr & LCR_DLAB) !== 0;
  }
  get #loop(): boolean {
    return (this.#s.mcr & MCR.loop) !== 0;
  }
  get #capacity(): number {
    return this.#s.fcr & FCR.enable ? FIFO_BYTES : 1;
  }
  get #lsr(): number {
    const data = this.#s.receiveFifo.length > 0 ? LSR.dataReady : 0;
    return LSR.thrEmpty | LSR.idle | this.#s.lineErrors | data;
  }

  #set(change: Partial<UartState>): void {
    this.#s = { ...this.#s, ...change };
  }

  #readRegister(offset: number): number {
    const s = this.#s;
    switch (offset) {
      case 0:
        return this.#dlab ? s.dll : this.#takeByte();
      case 1:
        return this.#dlab ? s.dlm : s.ier;
      case 2: {
        const cause = this.#pendingCause();
        if (cause === IIR.thrEmpty) this.#set({ thrEmptyPending: false });
        return cause | (s.fcr & FCR.enable ? IIR_FIFOS : 0);
      }
      case 3:
        return s.lcr;
      case 4:
        return s.mcr;
      case 5: {
        const lsr = this.#lsr;
        this.#set({ lineErrors: 0 });
        return lsr;
      }
      case 6:
        this.#set({ msr: s.msr & MSR.lines });
        return s.msr;
      case 7:
        return s.scr;
      default:
        return 0;
    }
  }

  #writeRegister(offset: number, value: number): void {
    switch (offset) {
      case 0:
        if (this.#dlab) this.#set({ dll: value });
        else this.#transmit(value);
        break;
      case 1:
        if (this.#dlab) this.#set({ dlm: value });
        else this.#enableInterrupts(value & IER.writable);
        break;
      case 2:
        this.#controlFifos(value);
        break;
      case 3:
        this.#set({ lcr: value });
        break;
      case 4:
        this.#set({ mcr: value & MCR.writable });
        this.#updateModemLines();
        this.#fillFifo();
        break;
      case 7:
        this.#set({ scr: value });
        break;
    }
  }

  #takeByte(): number {
    const [byte = 0, ...rest] = this.#s.receiveFifo;
    this.#set({ receiveFifo: rest });
    this.#fillFifo();
    return byte;
  }

  /** The byte passes through the transmitter at once: writing clears the interrupt, being empty again raises it. */
  #transmit(byte: number): void {
    if (!this.#loop) this.#ports.transmit(byte);
    else if (this.#s.receiveFifo.length < this.#capacity) this.#set({ receiveFifo: [...this.#s.receiveFifo, byte] });
    else this.#set({ lineErrors: this.#s.lineErrors | LSR.overrun });
    this.#set({ thrEmptyPending: true });
  }

  /** Enabling the transmitter interrupt while the transmitter is empty, which it is, makes it pending. */
  #enableInterrupts(ier: number): void {
    const wasEnabled = (this.#s.ier & IER.thrEmpty) !== 0;
    const enabled = (ier & IER.thrEmpty) !== 0;
    this.#set({ ier, thrEmptyPending: wasEnabled === enabled ? this.#s.thrEmptyPending : enabled });
  }

  #controlFifos(value: number): void {
    const enable = value & FCR.enable;
    const clear = FCR.clearReceive | FCR.clearTransmit;
    const changed = ((this.#s.fcr ^ value) & FCR.enable) !== 0;
    const effect = changed ? clear : enable ? value & clear : 0;
    this.#set({ fcr: enable ? value & FCR.kept : 0 });
    if (effect & FCR.clearReceive) this.#set({ receiveFifo: [] });
    if (effect & FCR.clearTransmit) this.#set({ thrEmptyPending: true });
    this.#fillFifo();
  }

  /** In loopback the four outputs are wired to the four inputs and the receiver is cut off from the outside. */
  #updateModemLines(): void {
    const { mcr, msr } = this.#s;
    const looped =
      (mcr & MCR.rts ? MSR.cts : 0) |
      (mcr & MCR.dtr ? MSR.dsr : 0) |
      (mcr & MCR.out1 ? MSR.ri : 0) |
      (mcr & MCR.out2 ? MSR.dcd : 0);
    const lines = this.#loop ? looped : CONNECTED;
    const changed = (msr ^ lines) & MSR.lines;
    // The ring indicator reports its trailing edge only.
    const ringEnded = changed & msr & MSR.ri ? MSR.ringEnded : 0;
    const deltas = ((changed & ~MSR.ri) >> 4) | ringEnded;
    this.#set({ msr: lines | (msr & MSR.deltas) | deltas });
  }

  #fillFifo(): void {
    const { receiveFifo, waiting } = this.#s;
    const free = this.#capacity - receiveFifo.length;
    if (this.#loop || free <= 0 || waiting.length === 0) return;
    this.#set({ receiveFifo: [...receiveFifo, ...waiting.slice(0, free)], waiting: waiting.slice(free) });
  }

  /** Interrupt identification, highest priority first. */
  #pendingCause(): number {
    const { ier, fcr, lineErrors, receiveFifo, thrEmptyPending, msr } = this.#s;
    if (ier & IER.lineStatus && lineErrors !== 0) return IIR.lineStatus;
    if (ier & IER.data && receiveFifo.length > 0) {
      const trigger = fcr & FCR.enable ? TRIGGER_LEVELS[(fcr & FCR.trigger) >> 6]! : 1;
      return receiveFifo.length >= trigger ? IIR.data : IIR.timeout;
    }
    if (ier & IER.thrEmpty && thrEmptyPending) return IIR.thrEmpty;
    if (ier & IER.modemStatus && msr & MSR.deltas) return IIR.modemStatus;
    return IIR.none;
  }

  #updateInterrupt(): void {
    this.#ports.interrupt(this.#pendingCause() !== IIR.none);
  }
}
