/**
 * Everything there is to see of a guest at one moment, as plain data: what `inspect` shows and what its JSON holds.
 * The moment is a tick with its inputs not applied yet, so `next` is what happens if none of them interferes.
 */

import { NEVER } from '../../emu/cpu/hart-layout.ts';
import { Envcfg, Irq } from '../../emu/cpu/priv/fields.ts';
import { dueTick } from '../../emu/cpu/priv/timer.ts';
import { fNames, xNames } from '../../emu/isa/register-names.ts';
import type { Board } from '../../emu/machine/board.ts';
import type { Halt } from '../../emu/machine/events.ts';
import { NS_PER_TIME_UNIT } from '../../emu/machine/memory-map.ts';
import { backtrace } from '../guest/backtrace.ts';
import { type CodeLine, codeAround } from '../guest/code.ts';
import { HartView } from '../guest/hart-view.ts';
import { readPhysical, readVirtual } from '../guest/memory.ts';
import { nextStep } from '../guest/next-step.ts';
import { type PageWalk, walk } from '../guest/page-walk.ts';
import { csrNames, readRegisters, registerNames } from '../guest/registers.ts';
import type { SymbolTable } from '../guest/symbols.ts';
import { causeText } from '../timeline/trap-text.ts';
import { csrFields, csrText, privilegeName } from './csr-fields.ts';
import { type DeviceState, deviceStates } from './devices.ts';

export interface InspectionRequest {
  /** Virtual address to walk the page tables for. */
  readonly walk?: bigint;
  readonly memory?: { readonly address: bigint; readonly length: number; readonly physical: boolean };
}

export interface CsrValue {
  readonly value: bigint;
  /** In words; empty for a CSR that is one number. */
  readonly text: string;
  readonly fields: { readonly [name: string]: string };
}

export interface Timer {
  readonly name: 'mtimecmp' | 'stimecmp';
  /** What `time` is when it is due, 100 ns units; undefined: not armed. */
  readonly at: bigint | undefined;
  /** The tick of that, while the clock goes on as it does now; undefined: not armed, or never. */
  readonly tick: bigint | undefined;
}

export interface Inspection {
  readonly tick: bigint;
  /** Guest time since power on, 100 ns units, and the wall clock that it means, nanoseconds since 1970. */
  readonly time: bigint;
  readonly wallNs: bigint;
  readonly halt: Halt | undefined;
  readonly privilege: string;
  /** In a WFI that nothing has ended. */
  readonly waiting: boolean;
  readonly pc: bigint;
  readonly place: string | undefined;
  /** What the next step takes or raises, in words. */
  readonly next: { readonly interrupt: string | undefined; readonly exception: string | undefined };
  readonly code: readonly CodeLine[];
  /** By frame pointers, innermost first. */
  readonly calls: readonly { readonly pc: bigint; readonly place: string | undefined }[];
  readonly x: { readonly [name: string]: bigint };
  readonly f: { readonly [name: string]: bigint };
  readonly csrs: { readonly [name: string]: CsrValue };
  readonly interrupts: {
    readonly pending: readonly string[];
    readonly enabled: readonly string[];
    readonly delegated: readonly string[];
  };
  readonly timers: readonly Timer[];
  readonly devices: readonly DeviceState[];
  readonly walk: PageWalk | undefined;
  readonly memory: Memory | undefined;
}

export interface Memory {
  readonly address: bigint;
  readonly physical: boolean;
  /** Asked for; `bytes` holds less where the rest is not mapped to RAM. */
  readonly length: number;
  readonly bytes: Uint8Array;
}

export function inspect(board: Board, symbols: SymbolTable, request: InspectionRequest = {}): Inspection {
  const registers = readRegisters(board, registerNames);
  const pc = registers.get('pc')!;
  const [hart] = board.harts;
  const next = board.halt === undefined ? nextStep(board) : 'idle';
  const trap = (of: 'interrupt' | 'exception'): string | undefined =>
    next === 'idle' || next[of] === undefined ? undefined : causeText(next[of]);
  return {
    tick: board.tick,
    time: board.time,
    wallNs: board.config.epochNs + board.time * NS_PER_TIME_UNIT,
    halt: board.halt,
    privilege: privilegeName(registers.get('priv')!),
    waiting: hart!.get('waiting') !== 0n,
    pc,
    place: symbols.nameOf(pc),
    next: { interrupt: trap('interrupt'), exception: trap('exception') },
    code: codeAround(board, pc, symbols),
    calls: backtrace(board).map((call) => ({ pc: call.pc, place: symbols.nameOf(call.pc) })),
    x: pick(registers, xNames),
    f: pick(registers, fNames),
    csrs: Object.fromEntries(csrNames.map((name) => [name, csrValue(name, registers.get(name)!)])),
    interrupts: {
      pending: interruptNames(registers.get('mip')!),
      enabled: interruptNames(registers.get('mie')!),
      delegated: interruptNames(registers.get('mideleg')!),
    },
    timers: timersOf(board),
    devices: deviceStates(board),
    walk: request.walk === undefined ? undefined : walkOf(board, request.walk),
    memory: memoryOf(board, request.memory),
  };
}

function csrValue(name: string, value: bigint): CsrValue {
  const fields = csrFields(name, value).map((field) => [field.name, field.text]);
  return { value, text: csrText(name, value), fields: Object.fromEntries(fields) };
}

const pick = (registers: ReadonlyMap<string, bigint>, names: readonly string[]): { [name: string]: bigint } =>
  Object.fromEntries(names.map((name) => [name, registers.get(name)!]));

const interruptNames = (set: bigint): string[] =>
  Object.entries(Irq)
    .filter(([, bit]) => (set & (1n << bit)) !== 0n)
    .map(([name]) => name);

function timersOf(board: Board): readonly Timer[] {
  const view = new HartView(board);
  const timer = (name: Timer['name'], at: bigint): Timer => {
    const due = at >= NEVER ? NEVER : view.call(dueTick, at);
    return { name, at: at >= NEVER ? undefined : at, tick: due >= NEVER ? undefined : due };
  };
  const drives = (view.get('menvcfg') & Envcfg.STCE) !== 0n;
  return [timer('mtimecmp', view.get('mtimecmp')), timer('stimecmp', drives ? view.get('stimecmp') : NEVER)];
}

/** Machine mode does not translate: then it is told where the tables lead those below it, while they are on. */
function walkOf(board: Board, va: bigint): PageWalk {
  const here = walk(board, va);
  const below = here.mode === 'none' ? walk(board, va, { through: 'satp' }) : here;
  return below.mode === 'bare' ? here : below;
}

function memoryOf(board: Board, asked: InspectionRequest['memory']): Memory | undefined {
  if (asked === undefined) return undefined;
  const { address, length, physical } = asked;
  const bytes = physical ? readPhysical(board, address, length) : readVirtual(board, address, length);
  return { ...asked, bytes };
}
