/**
 * A timeline as the gdb side sees it: registers by group, memory through the page tables in use, names.
 *
 * In machine mode addresses are physical; one that is not in RAM is looked up in the page tables of satp instead, so
 * that a kernel can be looked at while the firmware runs.
 */

import { PAGE_BYTES } from '../../emu/cpu/memory-layout.ts';
import { Priv } from '../../emu/cpu/priv/fields.ts';
import { fNames, xNames } from '../../emu/isa/register-names.ts';
import { NS_PER_TIME_UNIT } from '../../emu/machine/memory-map.ts';
import type { Tick } from '../../lib/brands.ts';
import { readVirtual } from '../guest/memory.ts';
import { walk } from '../guest/page-walk.ts';
import { readPhysical } from '../guest/physical.ts';
import { csrNames, readRegister } from '../guest/registers.ts';
import type { SymbolTable } from '../guest/symbols.ts';
import type { Pace, Stop, StopRequests, Timeline } from '../timeline/timeline.ts';
import { InterruptEntry } from './interrupt-entry.ts';
import { count } from './monitor-text.ts';
import type { DebugTarget, Range, Register } from './target.ts';

export interface TimelineTargetParts {
  readonly timeline: Timeline;
  readonly symbols: SymbolTable;
  /** The last `count` events before a tick, a line each, oldest first. */
  readonly events: (before: Tick, count: number) => readonly string[];
  /** Whether the recording is still written. */
  readonly growing: boolean;
}

const FP_CSRS: readonly string[] = ['fflags', 'frm', 'fcsr'];
const register = (group: Register['group'], bits: Register['bits']) => (name: string) => ({ name, group, bits });

export class TimelineTarget implements DebugTarget {
  readonly registers: readonly Register[] = [
    ...[...xNames, 'pc'].map(register('cpu', 64)),
    ...fNames.map(register('fpu', 64)),
    ...FP_CSRS.map(register('fpu', 32)),
    ...csrNames.filter((name) => !FP_CSRS.includes(name)).map(register('csr', 64)),
    register('virtual', 64)('priv'),
  ];
  readonly #parts: TimelineTargetParts;
  readonly #timeline: Timeline;
  /** The last interrupt that a breakpoint stood at the handler of. */
  #entry: InterruptEntry | undefined;
  #entered = false;

  constructor(parts: TimelineTargetParts) {
    this.#parts = parts;
    this.#timeline = parts.timeline;
  }

  get now(): Tick {
    return this.#timeline.now;
  }
  get start(): Tick {
    return this.#timeline.start;
  }
  get end(): Tick {
    return this.#timeline.end;
  }
  get harts(): number {
    return this.#timeline.board.harts.length;
  }
  get elapsedNs(): bigint {
    return this.#timeline.board.time * NS_PER_TIME_UNIT;
  }

  refresh(): void {
    if (this.#parts.growing) this.#timeline.refresh();
  }

  get entered(): boolean {
    return this.#entered;
  }
  leaveEntry(): void {
    this.#entered = false;
  }

  async seek(to: Tick, pace?: Pace): Promise<void> {
    this.#entered = false;
    await this.#timeline.seek(to, pace);
  }
  async forward(stops: StopRequests, limit: Tick, pace?: Pace): Promise<Stop> {
    const { now } = this;
    const entry = this.#entry;
    const isAhead = entry !== undefined && entry.tick === now && !this.#entered;
    if (isAhead && stops.breakpoints?.has(entry.pc) === true) {
      this.#entered = true;
      return { kind: 'breakpoint', pc: entry.pc, tick: now };
    }
    this.#entered = false;
    return await this.#entering(await this.#timeline.forward(stops, limit, pace), pace);
  }
  async backward(stops: StopRequests, limit: Tick, pace?: Pace): Promise<Stop> {
    this.#entered = false;
    return await this.#entering(await this.#timeline.backward(stops, limit, pace), pace);
  }
  checkpoint(): Tick {
    return this.#timeline.checkpoint();
  }

  seekCostText(): string {
    const { ticks, ticksPerSecond, seconds } = this.#timeline.seekCost;
    const { length } = this.#timeline.checkpoints;
    return [
      `any tick in ${seconds.toFixed(2)} s at most: ${count(ticks)} ticks to replay`,
      `at ${(ticksPerSecond / 1e6).toFixed(0)} million a second, from ${length} checkpoints`,
    ].join(' ');
  }

  events(count: number): readonly string[] {
    return this.#parts.events(this.now, count);
  }

  readRegister(hart: number, name: string): bigint {
    const shown = this.#entered ? this.#entry?.register(name) : undefined;
    return shown ?? readRegister(this.#timeline.board, name, hart);
  }

  readMemory(hart: number, va: bigint, length: number): Uint8Array {
    const { board } = this.#timeline;
    if (this.#entered && this.readRegister(hart, 'priv') === Priv.M) return readPhysical(board, va, length);
    const bytes = readVirtual(board, va, length, { hart });
    return bytes.length > 0 ? bytes : readVirtual(board, va, length, { hart, through: 'satp' });
  }

  readPhysical(pa: bigint, length: number): Uint8Array {
    return readPhysical(this.#timeline.board, pa, length);
  }

  physicalRanges(hart: number, va: bigint, length: number): readonly Range[] | undefined {
    return this.#ranges(hart, va, length, 'privilege') ?? this.#ranges(hart, va, length, 'satp');
  }

  nameOf(address: bigint): string | undefined {
    return this.#parts.symbols.nameOf(address);
  }
  addressOf(symbol: string): bigint | undefined {
    return this.#parts.symbols.find(symbol)?.address;
  }

  /** A breakpoint that is not where the hart stands is met by an interrupt that comes now. */
  async #entering(stop: Stop, pace: Pace | undefined): Promise<Stop> {
    const hart = 0;
    if (stop.kind !== 'breakpoint' || stop.pc === this.readRegister(hart, 'pc')) return stop;
    this.#entry = await InterruptEntry.of(this.#timeline, stop.pc, hart, pace);
    this.#entered = true;
    return stop;
  }

  #ranges(hart: number, va: bigint, length: number, through: 'privilege' | 'satp'): readonly Range[] | undefined {
    const { board } = this.#timeline;
    const ranges: Range[] = [];
    for (let done = 0; done < length; ) {
      const at = BigInt.asUintN(64, va + BigInt(done));
      const here = Math.min(length - done, PAGE_BYTES - Number(at & BigInt(PAGE_BYTES - 1)));
      const { pa } = walk(board, at, { hart, through });
      if (pa === undefined || readPhysical(board, pa, here).length < here) return undefined;
      const last = ranges.at(-1);
      if (last !== undefined && last.pa + BigInt(last.length) === pa) {
        ranges[ranges.length - 1] = { pa: last.pa, length: last.length + here };
      } else {
        ranges.push({ pa, length: here });
      }
      done += here;
    }
    return ranges;
  }
}
