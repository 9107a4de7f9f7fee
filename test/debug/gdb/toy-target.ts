/**
 * A recording without a machine behind it: a loop of six instructions whose every state follows from its tick. The
 * fourth of them stores a counter, the fifth reads it; nothing else touches memory.
 */

import type { DebugTarget, Range, Register } from '../../../src/debug/gdb/target.ts';
import { Interrupted, type Pace } from '../../../src/debug/timeline/pace.ts';
import type { Stop, StopReason, StopRequests } from '../../../src/debug/timeline/stops.ts';
import { xNames } from '../../../src/emu/isa/register-names.ts';
import { maxOf, minOf } from '../../../src/lib/bigint.ts';
import { type Tick, tick } from '../../../src/lib/brands.ts';

export const LOOP_AT = 0x8000_0000n;
export const COUNTER_AT = 0x8000_1000n;
export const STORE_PC = LOOP_AT + 12n;
export const LOAD_PC = LOOP_AT + 16n;
/** The toy's page table: this virtual page is the one of the counter. */
export const COUNTER_VA = 0xffff_ffff_8000_1000n;
const STEPS = 6n;
const RAM_BYTES = 0x2000;
const PAGE = 0xfffn;

export class ToyTarget implements DebugTarget {
  readonly start = tick(0);
  readonly harts: number;
  readonly registers: readonly Register[] = [
    ...[...xNames, 'pc'].map((name) => ({ name, group: 'cpu', bits: 64 }) as const),
    { name: 'ft0', group: 'fpu', bits: 64 },
    { name: 'fflags', group: 'fpu', bits: 32 },
    ...['satp', 'mstatus', 'mepc', 'mcause', 'mtvec', 'sepc', 'scause', 'stvec'].map(
      (name) => ({ name, group: 'csr', bits: 64 }) as const,
    ),
    { name: 'priv', group: 'virtual', bits: 64 },
  ];
  now = tick(0);
  end: Tick;
  satp = 0n;
  /** Ticks gone between two looks at the pace. */
  paceTicks = 50n;

  constructor(end: bigint | number = 1000, harts = 1) {
    this.end = tick(end);
    this.harts = harts;
  }

  get elapsedNs(): bigint {
    return this.now * 100n;
  }
  get counter(): bigint {
    return this.#counterAt(this.now);
  }
  #counterAt(at: bigint): bigint {
    return (at + 2n) / STEPS;
  }
  #pcAt(at: bigint): bigint {
    return LOOP_AT + 4n * (at % STEPS);
  }

  readonly entered = false;
  leaveEntry(): void {}
  refresh(): void {}
  checkpoint(): Tick {
    return this.now;
  }
  seekCostText(): string {
    return 'no time at all';
  }
  events(count: number): readonly string[] {
    return [`the last ${count} events before ${this.now}`];
  }

  async seek(to: Tick, pace?: Pace): Promise<void> {
    if (to < this.start || to > this.end) throw new RangeError(`no tick ${to}`);
    this.now = tick((this.now + to) / 2n);
    await this.#look(pace, to);
    this.now = to;
  }

  async forward(stops: StopRequests, limit: Tick, pace?: Pace): Promise<Stop> {
    const to = minOf(limit, this.end);
    for (let done = 0n; this.now < to; done++) {
      if (done % this.paceTicks === 0n) await this.#look(pace, tick(to));
      const access = this.#accessOf(this.now, stops);
      this.now = tick(this.now + 1n);
      const reason = access ?? this.#breakpoint(stops) ?? this.#line(stops);
      if (reason !== undefined) return { ...reason, tick: this.now };
    }
    return { kind: 'limit', tick: this.now };
  }

  async backward(stops: StopRequests, limit: Tick, pace?: Pace): Promise<Stop> {
    const to = maxOf(limit, this.start);
    for (let done = 0n; this.now > to; done++) {
      if (done % this.paceTicks === 0n) await this.#look(pace, tick(to));
      const line = done === 0n ? undefined : this.#line(stops);
      if (line !== undefined) return { ...line, tick: this.now };
      this.now = tick(this.now - 1n);
      const reason = this.#accessOf(this.now, stops) ?? this.#breakpoint(stops);
      if (reason !== undefined) return { ...reason, tick: this.now };
    }
    return { kind: 'limit', tick: this.now };
  }

  async #look(pace: Pace | undefined, to: Tick): Promise<void> {
    if (pace === undefined) return;
    if (!(await pace.pause({ at: this.now, from: this.now, to }))) throw new Interrupted(`at ${this.now}`);
  }
  #breakpoint({ breakpoints }: StopRequests): StopReason | undefined {
    const pc = this.#pcAt(this.now);
    return breakpoints?.has(pc) === true ? { kind: 'breakpoint', pc } : undefined;
  }
  #accessOf(at: bigint, { watchpoints = [] }: StopRequests): StopReason | undefined {
    const pc = this.#pcAt(at);
    const kind = pc === STORE_PC ? 'write' : pc === LOAD_PC ? 'read' : undefined;
    const watch = watchpoints.find(
      ({ pa, length, on }) =>
        pa < COUNTER_AT + 8n && COUNTER_AT < pa + BigInt(length) && (on === 'access' || on === kind),
    );
    return kind === undefined || watch === undefined ? undefined : { kind: 'watchpoint', watch, pc };
  }
  /** A line is printed at each tick that is a multiple of 100. */
  #line({ consoleMatch }: StopRequests): StopReason | undefined {
    const line = `line ${this.now}`;
    const matches = this.now > 0n && this.now % 100n === 0n && consoleMatch?.test(line) === true;
    return matches ? { kind: 'console', line } : undefined;
  }

  readRegister(hart: number, name: string): bigint {
    if (name === 'pc') return this.#pcAt(this.now);
    if (name === 'priv') return 3n;
    if (name === 'satp') return this.satp;
    if (name === 'a0') return this.counter;
    const x = xNames.indexOf(name);
    return x > 0 ? BigInt(hart * 100 + x) : 0n;
  }

  readMemory(_hart: number, va: bigint, length: number): Uint8Array {
    const pa = this.#translate(va);
    return pa === undefined ? new Uint8Array(0) : this.readPhysical(pa, length);
  }
  readPhysical(pa: bigint, length: number): Uint8Array {
    const at = pa - LOOP_AT;
    if (at < 0n || at >= BigInt(RAM_BYTES)) return new Uint8Array(0);
    const ram = Uint8Array.from({ length: RAM_BYTES }, (_, i) => i & 0xff);
    new DataView(ram.buffer).setBigUint64(Number(COUNTER_AT - LOOP_AT), this.counter, true);
    return ram.slice(Number(at), Number(at) + length);
  }
  physicalRanges(_hart: number, va: bigint, length: number): readonly Range[] | undefined {
    const pa = this.#translate(va);
    return pa === undefined || this.readPhysical(pa, length).length < length ? undefined : [{ pa, length }];
  }
  nameOf(address: bigint): string | undefined {
    return address >= LOOP_AT && address < LOOP_AT + 24n ? `loop+${address - LOOP_AT}` : undefined;
  }
  addressOf(symbol: string): bigint | undefined {
    return symbol === 'counter' ? COUNTER_AT : undefined;
  }

  /** Another address space maps the high page elsewhere. */
  #translate(va: bigint): bigint | undefined {
    if (va < 1n << 32n) return va;
    if ((va & ~PAGE) !== (COUNTER_VA & ~PAGE)) return undefined;
    return this.satp === 0n ? COUNTER_AT + (va & PAGE) : LOOP_AT + (va & PAGE);
  }
}
