/**
 * A bare machine (interpreter/bare-machine.ts) with a bus of its own, on which engines are exchanged as the board does
 * it, RAM is written from outside as devices do it, and everything can be saved and put back.
 *
 *     0x1000_0000 + 8 i   registers; a store to the first sets the hart's interrupt lines
 *     .. + 0x100          a store copies the 64 bytes at the physical address stored over those at the register 0x108
 *     .. + 0x110          loads count up
 *     .. + 0x800          a store asks the engine to leave
 */

import type { Bus, Engine, EngineFactory, ExitReason } from '../../../../src/emu/cpu/engine.ts';
import type { Translator } from '../../../../src/emu/cpu/translator/translator.ts';
import { HartBlock } from '../../../../src/emu/machine/hart-block.ts';
import { Ram } from '../../../../src/emu/machine/ram.ts';
import { restoreHart, restorePages, saveHart, savePages } from '../../../../src/emu/machine/snapshot.ts';
import { BareMachine, DEVICE_BASE } from '../interpreter/bare-machine.ts';
import { assemble } from './assembler.ts';

export const RAM_BYTES = 0x2_0000;
export const RAM = 0x8000_0000n;
export const DEVICE = BigInt(DEVICE_BASE);
const DEVICE_BYTES = 0x1000;
const [LINES, COPY, COPY_TO, COUNT, EXIT] = [0, 0x100, 0x108, 0x110, 0x800];
const COPIED_BYTES = 64;
const DRIVEN = 0xa08n;

export interface Saved {
  readonly hart: ReturnType<typeof saveHart>;
  readonly pages: ReturnType<typeof savePages>;
  readonly device: BigUint64Array;
}

export class Guest {
  readonly machine = new BareMachine(RAM_BYTES);
  readonly ram: Ram;
  readonly #hart: HartBlock;
  readonly #device = new BigUint64Array(DEVICE_BYTES / 8);
  #engine: Engine | undefined;

  constructor() {
    const { memory, layout, hart } = this.machine;
    this.#hart = new HartBlock(memory, hart);
    this.ram = new Ram(memory, layout, {
      written: (pa, length) => this.#hart.breakReservation(BigInt(pa), BigInt(length)),
      codeWritten: (page) => this.#engine?.codeWritten(page),
    });
  }

  get tick(): bigint {
    return this.machine.get('tick');
  }
  get engine(): Engine {
    if (this.#engine === undefined) throw new Error('no engine yet');
    return this.#engine;
  }
  get translator(): Translator | undefined {
    return this.#engine?.name === 'translator' ? (this.#engine as Translator) : undefined;
  }

  /** Puts code at the beginning of RAM, and pc there; gives its labels. */
  load(text: string): Readonly<Record<string, bigint>> {
    const { pieces, labels } = assemble(text, RAM);
    for (const { offset, bytes } of pieces) this.machine.put(offset, bytes);
    this.machine.set('pc', RAM);
    return labels;
  }

  /** As Board.useEngine. */
  use(factory: EngineFactory): void {
    this.ram.forgetCode();
    this.#engine = factory(this.machine.memory, this.machine.layout, this.#bus);
    this.rederive();
  }
  /** Derived state and what hides in it is made anew, as after a change from outside. */
  rederive(): void {
    this.engine.rederive(this.machine.hart);
    this.machine.set('attention', 1n);
  }

  run(until: bigint): ExitReason {
    this.machine.set('untilTick', until);
    this.machine.set('attention', 1n);
    return this.engine.run(this.machine.hart);
  }

  /** Sets the external and software interrupt lines, by their bits in mip; those of the timers follow from time. */
  drive(lines: bigint): void {
    this.machine.set('lines', (this.machine.get('lines') & ~DRIVEN) | (lines & DRIVEN));
    this.machine.set('attention', 1n);
  }

  save(): Saved {
    return { hart: saveHart(this.#hart), pages: savePages(this.ram), device: this.#device.slice() };
  }
  restore(saved: Saved): void {
    restorePages(this.ram, saved.pages);
    restoreHart(this.#hart, saved.hart);
    this.#device.set(saved.device);
    this.rederive();
  }

  /** All that must agree between engines, by name. */
  state(): Record<string, bigint | string> {
    return { ...this.machine.state(), device: this.#device.join() };
  }

  readonly #bus: Bus = {
    has: (pa) => pa >= DEVICE_BASE && pa < DEVICE_BASE + DEVICE_BYTES,
    load: (pa, width) => {
      const at = pa - DEVICE_BASE;
      if (at === COUNT) this.#device[at >> 3]! += 1n;
      return BigInt.asUintN(8 * width, (this.#device[at >> 3] ?? 0n) >> BigInt(8 * (at & 7)));
    },
    store: (pa, width, value) => {
      const at = pa - DEVICE_BASE;
      this.#device[at >> 3] = value + BigInt(width);
      if (at === COPY) this.#copy(value, (this.#device[COPY_TO >> 3] ?? 0n) & ~63n);
      if (at === EXIT) this.#leave();
      if (at === LINES) this.drive(value);
    },
    nondet: (kind) => {
      this.#device[1] = (this.#device[1] ?? 0n) + 1n;
      return (this.#device[1] ?? 0n) * 1000n + BigInt(kind);
    },
  };

  #leave(): void {
    this.machine.set('exitRequest', 1n);
    this.machine.set('attention', 1n);
  }

  #copy(from: bigint, to: bigint): void {
    const fits = (pa: bigint): boolean => pa >= RAM && pa + BigInt(COPIED_BYTES) <= RAM + BigInt(RAM_BYTES);
    if (fits(from) && fits(to)) this.ram.write(to, this.ram.read(from, COPIED_BYTES));
  }
}
