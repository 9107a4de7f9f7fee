/**
 * The machine: harts, RAM, devices and an engine put together, with the two doors of machine.ts. It knows the rules of
 * time (when a device's timer fires, when the clock may skip) and of reset; what a device or an instruction does is
 * theirs.
 *
 * Invariant: everything that `digest` covers changes only in `run`, `apply`, `skipIdle` and `restore`, and is the same
 * however a run is cut into calls of `run`, and whichever engine makes the steps.
 */

import { maxOf, minOf } from '../../lib/bigint.ts';
import type { Tick } from '../../lib/brands.ts';
import { digest64 } from '../../lib/digest64.ts';
import type { Engine, EngineFactory } from '../cpu/engine.ts';
import { NEVER } from '../cpu/hart-layout.ts';
import { createMemory, type MemoryLayout, memoryLayout } from '../cpu/memory-layout.ts';
import type { Plain } from '../devices/device.ts';
import { VirtioBlock } from '../devices/virtio/block.ts';
import { VirtioEntropy } from '../devices/virtio/entropy.ts';
import { VirtioNet } from '../devices/virtio/net.ts';
import { Nondet } from '../isa/vocabulary.ts';
import { planBoot } from './boot.ts';
import { bootPages, type PageSpan, spanOf } from './boot-pages.ts';
import { DeviceBus } from './bus.ts';
import { canonicalBytes } from './canonical.ts';
import { Chipset } from './chipset.ts';
import { GuestClock } from './clock.ts';
import { checkConfig } from './config-check.ts';
import type { Halt, Input, Output } from './events.ts';
import { HartBlock } from './hart-block.ts';
import type { Machine, MachineConfig, MachineImages, MachinePorts, MachineState, RunResult } from './machine.ts';
import { NS_PER_TIME_UNIT } from './memory-map.ts';
import { type Operator, restoredOperator, saveOperator, UNTOUCHED, withWord } from './operator.ts';
import type { PageTable } from './page-table.ts';
import { Ram } from './ram.ts';
import { functionAt, pendingOf } from './slots.ts';
import { restoreHart, restorePages, saveHart, savePages } from './snapshot.ts';

/** Values of the hart field exitRequest. */
const Exit = { none: 0n, halt: 1n, reset: 2n } as const;

export class Board implements Machine {
  readonly config: MachineConfig;
  readonly memory: WebAssembly.Memory;
  readonly layout: MemoryLayout;
  readonly harts: readonly HartBlock[];
  readonly ram: Ram;
  readonly #ports: MachinePorts;
  readonly #images: MachineImages;
  readonly #clock: GuestClock;
  readonly #chipset: Chipset;
  readonly #bus: DeviceBus;
  readonly #loaded: readonly PageSpan[];
  #engine: Engine;
  #halt: Halt | undefined;
  #operator: Operator = UNTOUCHED;
  /** What the present call of `run` was asked for. */
  #until = 0n;

  /** Throws UserError for a configuration or images that cannot be. */
  constructor(config: MachineConfig, images: MachineImages, ports: MachinePorts, factory: EngineFactory) {
    checkConfig(config);
    this.config = config;
    this.#ports = ports;
    this.#images = images;
    const boot = planBoot(config, images);
    this.#loaded = boot.pieces.map(spanOf);
    this.layout = memoryLayout(config.memoryBytes, config.harts);
    this.memory = createMemory(this.layout);
    this.harts = Array.from({ length: config.harts }, (_, i) => new HartBlock(this.memory, this.layout.hartAt(i)));
    this.ram = new Ram(this.memory, this.layout, {
      written: (pa, length) => {
        for (const hart of this.harts) hart.breakReservation(BigInt(pa), BigInt(length));
      },
      codeWritten: (page) => this.#engine.codeWritten(page),
    });
    this.#clock = new GuestClock(this.harts, config.clock, {
      ask: () => ports.nondet(Nondet.time),
      moved: () => this.#clockMoved(),
    });
    this.#chipset = new Chipset(this.harts, this.ram, config.devices, {
      emit: (output) => ports.emit(output),
      readTime: () => this.#clock.read(),
      setTime: (time) => this.#clock.setHartTime(time),
      readWallNs: () => {
        this.#clock.read();
        return this.#wallNs;
      },
      compareChanged: (hart) => this.#engine.updateTimer(this.harts[hart]!.at),
      alarmChanged: () => this.#limitRun(),
      finish: (code) => {
        this.#halt = { reason: 'finisher', code };
        this.#leave(Exit.halt);
      },
      reset: () => this.#leave(Exit.reset),
    });
    this.#bus = new DeviceBus(this.#chipset.mappings, (kind) => this.#nondet(kind));
    this.ram.markAllChanged();
    this.#engine = factory(this.memory, this.layout, this.#bus);
    this.#reset(boot);
  }

  get tick(): Tick {
    return this.harts[0]!.get('tick') as Tick;
  }
  get time(): bigint {
    return this.#clock.time;
  }
  get pc(): bigint {
    return this.harts[0]!.get('pc');
  }
  get engineTicks(): { readonly [engine: string]: bigint } {
    const { name } = this.#engine;
    if (name !== 'translator') return { [name]: this.tick };
    const translated = this.harts.reduce((sum, hart) => sum + hart.get('compiledTicks'), 0n);
    return { translator: translated, interpreter: this.tick - translated };
  }
  get halt(): Halt | undefined {
    return this.#halt;
  }
  get operator(): Operator {
    return this.#operator;
  }
  get engine(): Engine {
    return this.#engine;
  }

  run(until: Tick): RunResult {
    this.#until = until;
    for (;;) {
      if (this.#halt !== undefined) return 'halted';
      if (this.#operator.suspended) return 'idle';
      this.#chipset.rtc.expire(this.#wallNs);
      if (this.tick >= until) return 'limit';
      this.#limitRun();
      const [hart] = this.harts;
      const reason = this.#engine.run(hart!.at);
      const exit = hart!.get('exitRequest');
      for (const each of this.harts) each.set('exitRequest', Exit.none);
      if (exit === Exit.reset) this.#reset();
      else if (exit === Exit.none && (reason === 'idle' || reason === 'alert')) return reason;
    }
  }

  /** A machine that has halted takes no notice. */
  apply(input: Input): void {
    if (this.#halt !== undefined) return;
    const { slots } = this.#chipset;
    switch (input.kind) {
      case 'clock':
        this.#clock.moveTo(input.time, input.rate);
        break;
      case 'console':
        this.#chipset.console(input.device).receive(input.bytes);
        break;
      case 'packet':
        functionAt(slots, input.device, VirtioNet).receive(input.frame);
        break;
      case 'disk':
        functionAt(slots, input.device, VirtioBlock).completed(input.request, input.status, input.data);
        break;
      case 'entropy':
        functionAt(slots, input.device, VirtioEntropy).completed(input.request, input.bytes);
        break;
      case 'control':
        if (input.action === 'reset') this.#reset();
        else this.#halt = { reason: 'powerOff', code: 0 };
        break;
      default:
        this.#operator = withWord(this.#operator, input);
    }
  }

  consoleRoom(device: string): number {
    return this.#chipset.console(device).room;
  }

  packetRoom(device: string): number | undefined {
    return functionAt(this.#chipset.slots, device, VirtioNet).room;
  }

  get nextTimer(): bigint | undefined {
    if (this.#operator.suspended || this.harts.some((hart) => hart.get('waiting') === 0n)) return undefined;
    const times = this.harts.flatMap((hart) => hart.wakingTimes()).map((time) => time - this.#clock.offset);
    const alarm = this.#chipset.rtc.alarmAt;
    if (alarm !== undefined && this.#chipset.alarmWakes) times.push(this.#machineTime(alarm));
    const now = this.time;
    return times.length === 0 ? undefined : times.map((time) => maxOf(time, now)).reduce(minOf);
  }

  skipIdle(): boolean {
    const { nextTimer } = this;
    if (this.config.clock !== 'ticks' || this.#halt !== undefined || nextTimer === undefined) return false;
    if (this.pendingRequests().length > 0) return false;
    this.#clock.moveTo(nextTimer);
    return true;
  }

  pendingRequests(): readonly Output[] {
    return pendingOf(this.#chipset.slots);
  }

  digest(scope: 'all' | 'small'): string {
    const small = digest64(canonicalBytes({ ...this.saveSmall() }));
    const whole = scope === 'small' ? small : digest64(canonicalBytes([small, this.#engine.digestRam()]));
    return whole.toString(16).padStart(16, '0');
  }

  /** All state but RAM. */
  saveSmall(): Omit<MachineState, 'pages'> {
    return {
      harts: this.harts.map(saveHart),
      devices: { ...this.#chipset.save(), clock: this.#clock.save() },
      halt: this.#halt === undefined ? null : { ...this.#halt },
      ...saveOperator(this.#operator),
    };
  }

  /** Whether no image had bytes in this page of RAM at power on. */
  wasBlank(page: number): boolean {
    return this.#loaded.every(({ first, last }) => page < first || page > last);
  }

  /** RAM as it was at power on, whatever it is now; shares bytes with the images. */
  powerOnPages(): PageTable {
    return bootPages(planBoot(this.config, this.#images).pieces, this.ram.pages);
  }

  save(): MachineState {
    return { ...this.saveSmall(), pages: savePages(this.ram) };
  }

  /** `state` is of a machine with the same configuration. */
  restore(state: MachineState): void {
    if (state.harts.length !== this.harts.length) throw new RangeError(`snapshot of ${state.harts.length} harts`);
    restorePages(this.ram, state.pages);
    this.restoreSmall(state);
  }

  /** The same with RAM as it is, whose pages somebody has put there by `ram.write` and `ram.fill`. */
  restoreSmall(state: Omit<MachineState, 'pages'>): void {
    if (state.harts.length !== this.harts.length) throw new RangeError(`snapshot of ${state.harts.length} harts`);
    for (const [i, hart] of this.harts.entries()) restoreHart(hart, state.harts[i]!);
    const { clock, ...devices } = state.devices;
    if (clock === undefined) throw new TypeError('snapshot: clock is missing');
    this.#clock.restore(clock);
    this.#chipset.restore(devices);
    this.#halt = restoredHalt(state.halt);
    this.#operator = restoredOperator(state.operator);
    this.#rederive();
  }

  /** Goes on with another engine from the present tick. */
  useEngine(factory: EngineFactory): void {
    this.ram.forgetCode();
    this.#engine = factory(this.memory, this.layout, this.#bus);
    this.#rederive();
  }

  /** Wall clock by machine time, nanoseconds since 1970. */
  get #wallNs(): bigint {
    return this.config.epochNs + this.#clock.time * NS_PER_TIME_UNIT;
  }
  /** First machine time at which the wall clock reaches `wallNs`. */
  #machineTime(wallNs: bigint): bigint {
    const ns = wallNs - this.config.epochNs;
    return ns <= 0n ? 0n : (ns + NS_PER_TIME_UNIT - 1n) / NS_PER_TIME_UNIT;
  }

  /** The engine is to stop at the caller's tick, or earlier where the RTC's alarm is due. */
  #limitRun(): void {
    const alarm = this.#chipset.rtc.alarmAt;
    const due = alarm === undefined ? NEVER : this.#clock.dueTick(this.#machineTime(alarm));
    for (const hart of this.harts) {
      hart.set('untilTick', minOf(due, this.#until));
      hart.set('attention', 1n);
    }
  }

  #clockMoved(): void {
    for (const hart of this.harts) this.#engine.updateTimer(hart.at);
    this.#chipset.rtc.expire(this.#wallNs);
    this.#limitRun();
  }

  /** The engine asks for time in hart time, and moves the anchor to the answer itself. */
  #nondet(kind: number): bigint {
    const answer = this.#ports.nondet(kind);
    if (kind !== Nondet.time) return answer;
    this.#chipset.rtc.expire(this.config.epochNs + maxOf(answer, this.time) * NS_PER_TIME_UNIT);
    return BigInt.asUintN(64, answer + this.#clock.offset);
  }

  /** The harts leave the engine after this step. */
  #leave(why: bigint): void {
    for (const hart of this.harts) {
      hart.set('exitRequest', why);
      hart.set('attention', 1n);
    }
  }

  /**
   * As at power on, except that time and ticks go on, RAM outside the images keeps its bytes, requests outside stay
   * out, and what the operator has set stays.
   */
  #reset(boot = planBoot(this.config, this.#images)): void {
    this.#chipset.reset();
    for (const { pa, bytes, memoryBytes } of boot.pieces) {
      this.ram.write(pa, bytes);
      this.ram.fill(pa + BigInt(bytes.length), Number(memoryBytes) - bytes.length);
    }
    for (const [id, hart] of this.harts.entries()) {
      hart.reset(id);
      hart.set('pc', boot.entry);
      hart.setX(10, BigInt(id));
      hart.setX(11, boot.deviceTree);
      hart.setX(12, boot.firmwareInfo);
    }
    this.#rederive();
  }

  #rederive(): void {
    for (const hart of this.harts) {
      this.#engine.rederive(hart.at);
      hart.set('attention', 1n);
    }
  }
}

function restoredHalt(state: Plain): Halt | undefined {
  if (state === null) return undefined;
  const { reason, code } = state as { readonly [field: string]: Plain };
  if ((reason !== 'powerOff' && reason !== 'finisher') || typeof code !== 'number')
    throw new TypeError('snapshot: halt');
  return { reason, code };
}
