/**
 * The devices of the board, wired to each other, to the harts and to the outside. Which device does what when is
 * theirs; time and reset are the board's, which is reached by `ChipsetPorts`.
 */

import { Irq as HartIrq } from '../cpu/priv/fields.ts';
import { Clint } from '../devices/clint.ts';
import type { GuestMemory, InterruptLine, Plain } from '../devices/device.ts';
import { GoldfishRtc } from '../devices/goldfish-rtc.ts';
import { Plic } from '../devices/plic.ts';
import { TestFinisher } from '../devices/test-finisher.ts';
import { Uart16550 } from '../devices/uart16550.ts';
import { VirtioConsole } from '../devices/virtio/console.ts';
import type { Mapping } from './bus.ts';
import type { Output } from './events.ts';
import type { HartBlock } from './hart-block.ts';
import type { VirtioConfig } from './machine.ts';
import { CLINT, FINISHER, Irq, PLIC, RTC, UART, virtioWindow } from './memory-map.ts';
import { functionAt, makeSlots, type Slot, slotName } from './slots.ts';

const UART_NAME = 'uart';
const MSIP = 1n << HartIrq.MSI;

export interface ChipsetPorts {
  readonly emit: (output: Output) => void;
  /** Hart time for the guest's reading, and the guest's setting it. */
  readonly readTime: () => bigint;
  readonly setTime: (time: bigint) => void;
  /** Wall clock for the guest's reading, nanoseconds since 1970. */
  readonly readWallNs: () => bigint;
  /** A hart's mtimecmp changed. */
  readonly compareChanged: (hart: number) => void;
  readonly alarmChanged: () => void;
  readonly finish: (code: number) => void;
  readonly reset: () => void;
}

/** Something that is saved under a name. */
interface Kept {
  save(): Plain;
  restore(state: Plain): void;
}

export class Chipset {
  readonly rtc: GoldfishRtc;
  readonly slots: readonly Slot[];
  readonly mappings: readonly Mapping[];
  readonly #harts: readonly HartBlock[];
  readonly #uart: Uart16550;
  readonly #plic: Plic;

  constructor(harts: readonly HartBlock[], memory: GuestMemory, virtio: readonly VirtioConfig[], ports: ChipsetPorts) {
    this.#harts = harts;
    const { emit } = ports;
    const plic = new Plic({
      contexts: 2 * harts.length,
      notify: (context, level) => harts[context >> 1]!.drive(externalLine(context), level),
    });
    const interrupt =
      (source: number): InterruptLine =>
      (level) =>
        plic.setLevel(source, level);
    this.#plic = plic;
    this.#uart = new Uart16550({
      interrupt: interrupt(Irq.uart),
      transmit: (byte) => emit({ kind: 'console', device: UART_NAME, bytes: Uint8Array.of(byte) }),
    });
    this.rtc = new GoldfishRtc({
      interrupt: interrupt(Irq.rtc),
      now: ports.readWallNs,
      alarmChanged: ports.alarmChanged,
    });
    this.slots = makeSlots(virtio, memory, (slot) => interrupt(Irq.virtio(slot)), emit);
    this.mappings = [
      { ...FINISHER, device: new TestFinisher({ finish: ports.finish, reset: ports.reset }) },
      { ...RTC, device: this.rtc },
      { ...CLINT, device: clintOf(harts, ports) },
      { ...PLIC, device: plic },
      { ...UART, device: this.#uart },
      ...this.slots.map((device, slot) => ({ ...virtioWindow(slot), device })),
    ];
  }

  /** The console device of this name; RangeError when there is none. */
  console(name: string): Uart16550 | VirtioConsole {
    return name === UART_NAME ? this.#uart : functionAt(this.slots, name, VirtioConsole);
  }

  /** The alarm's interrupt would reach a hart that has it enabled in mie. */
  get alarmWakes(): boolean {
    if (!this.rtc.alarmInterrupts) return false;
    return this.#plic
      .contextsOf(Irq.rtc)
      .some((context) => (this.#harts[context >> 1]!.get('mie') & (1n << externalLine(context))) !== 0n);
  }

  /** Before the harts are reset: devices let go of their lines. */
  reset(): void {
    this.#uart.reset();
    this.rtc.reset();
    for (const slot of this.slots) slot.reset();
    this.#plic.reset();
  }

  save(): { [name: string]: Plain } {
    return Object.fromEntries([...this.#kept()].map(([name, device]) => [name, device.save()]));
  }
  restore(states: { readonly [name: string]: Plain }): void {
    for (const [name, device] of this.#kept()) {
      const state = states[name];
      if (state === undefined) throw new TypeError(`snapshot: device ${name} is missing`);
      device.restore(state);
    }
  }

  /** CLINT and finisher keep nothing. */
  *#kept(): Generator<readonly [name: string, device: Kept]> {
    yield [UART_NAME, this.#uart as Kept];
    yield ['plic', this.#plic as Kept];
    yield ['rtc', this.rtc as Kept];
    for (const [slot, device] of this.slots.entries()) yield [slotName(slot), device as Kept];
  }
}

/** The line of a PLIC context at its hart: M, S, M, S, … */
const externalLine = (context: number): bigint => (context % 2 === 0 ? HartIrq.MEI : HartIrq.SEI);

const clintOf = (harts: readonly HartBlock[], ports: ChipsetPorts): Clint =>
  new Clint({
    harts: harts.length,
    softwareInterrupt: (hart) => (harts[hart]!.get('lines') & MSIP) !== 0n,
    setSoftwareInterrupt: (hart, level) => harts[hart]!.drive(HartIrq.MSI, level),
    compare: (hart) => harts[hart]!.get('mtimecmp'),
    setCompare: (hart, time) => {
      harts[hart]!.set('mtimecmp', time);
      ports.compareChanged(hart);
    },
    time: ports.readTime,
    setTime: ports.setTime,
  });
