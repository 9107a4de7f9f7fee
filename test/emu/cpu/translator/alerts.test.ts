/** Alerts: the engine comes back before exactly the steps that were asked about, compiled as the code around may be. */

import { describe, expect, test } from 'vitest';
import type { AlertRequests, Watched } from '../../../../src/emu/cpu/engine.ts';
import { createInterpreter } from '../../../../src/emu/cpu/interpreter/interpreter.ts';
import { PAGE_BYTES } from '../../../../src/emu/cpu/memory-layout.ts';
import { decodeGuest } from '../../../../src/emu/cpu/translator/guest-insn.ts';
import { extract } from '../../../../src/emu/isa/format.ts';
import { Random } from '../random.ts';
import { Guest, RAM } from './guest.ts';
import { translating } from './scenario.ts';

const TICKS = 3000n;
const NOTHING: AlertRequests = { breakpoints: new Set(), memory: [], traps: new Set() };

function guest(): { guest: Guest; labels: Readonly<Record<string, bigint>> } {
  const made = new Guest();
  const labels = made.load(`
loop: addi a0, a0, 1
  call f
  andi t0, a0, 15
  bne t0, zero, loop
  ecall
  andi t0, a0, 31
  bne t0, zero, loop
  .4byte 0xffffffff
  j loop
.org 0x200
f: la t1, data
  andi t2, a0, 7
  sh3add t1, t2, t1
  ld t3, 0(t1)
  add t3, t3, a0
  sd t3, 0(t1)
  lw t4, 6(t1)
  sb t4, 0x7f(t1)
  amoadd.w t5, a0, (t1)
  c.addi a1, 1
  ret
.org 0x1000
handler: csrrs t3, mepc, zero
  csrrs t4, mcause, zero
  blt t4, zero, timer
  addi t3, t3, 4
  csrrw zero, mepc, t3
  mret
timer: csrrs t3, time, zero
  addi t3, t3, 50
  csrrw zero, stimecmp, t3
  mret
.org 0x2ff0
data: .8byte 1`);
  const { machine } = made;
  machine.set('mtvec', labels.handler!);
  machine.set('menvcfg', 1n << 63n);
  machine.set('rate', 1n << 23n);
  machine.set('stimecmp', 40n);
  return { guest: made, labels };
}
function withTimer({ machine }: Guest): void {
  machine.set('mie', 0x20n);
  machine.set('mstatus', 8n);
}

/** What the interpreter's step from a tick did. */
interface Step {
  readonly tick: bigint;
  readonly pc: bigint;
  /** Registers before it. */
  readonly x: readonly bigint[];
  /** Of its loads and stores, the bytes and how. */
  readonly access:
    | { readonly pa: bigint; readonly length: number; readonly on: 'read' | 'write' | 'access' }
    | undefined;
  readonly trap: 'interrupt' | 'exception' | 'syscall' | undefined;
}

const registers = ({ machine }: Guest): bigint[] => Array.from({ length: 32 }, (_, i) => machine.x(i));

function steps(made: Guest): Step[] {
  const { machine, ram } = made;
  made.use(createInterpreter);
  const done: Step[] = [];
  while (made.tick < TICKS) {
    const tick = made.tick;
    const [pc, x] = [machine.get('pc'), registers(made)];
    made.run(tick + 1n);
    const entered = machine.get('mepc') === pc && /^8000100[04]$/.test(machine.get('pc').toString(16));
    const cause = machine.get('mcause');
    const trap = !entered ? undefined : cause >> 63n ? 'interrupt' : cause === 11n ? 'syscall' : 'exception';
    done.push({ tick, pc, x, access: trap === undefined ? accessOf(ram.read(pc, 4), x) : undefined, trap });
  }
  return done;
}

/** Opcodes of loads, stores and atomics; funct3 says the width of all of them. */
const MEMORY = new Set([0x03, 0x23, 0x2f]);

function accessOf(bytes: Uint8Array, x: readonly bigint[]): Step['access'] {
  const halves = new Uint16Array(bytes.slice().buffer);
  const insn = decodeGuest(halves[0]!, () => halves[1]!);
  const { row, word } = insn!;
  if (!MEMORY.has(word & 0x7f)) return undefined;
  const field = (name: 'rs1' | 'imm'): number => (row.format[name] === undefined ? 0 : extract(row.format[name], word));
  const width = 1 << ((word >> 12) & 3);
  const on = row.name.startsWith('amo') ? 'access' : row.format.rd === undefined ? 'write' : 'read';
  return { pa: BigInt.asUintN(64, x[field('rs1')]! + BigInt(field('imm'))), length: width, on };
}

type Place = Pick<Step, 'tick' | 'pc' | 'x'>;
const placeOf = ({ tick, pc, x }: Step): Place => ({ tick, pc, x });

/** Where the translator came back; the step is made without alerts then. */
function alerts(made: Guest, requests: AlertRequests): Place[] {
  const places: Place[] = [];
  made.use(translating({ hot: 2 }));
  const { alerts: control } = made.engine;
  control!.ask(requests);
  control!.arm(true);
  for (let reason = made.run(TICKS); made.tick < TICKS; reason = made.run(TICKS)) {
    expect(reason).toBe('alert');
    places.push({ tick: made.tick, pc: made.machine.get('pc'), x: registers(made) });
    control!.arm(false);
    made.run(made.tick + 1n);
    control!.arm(true);
  }
  return places;
}

function check(
  requests: Partial<AlertRequests>,
  isAsked: (step: Step) => boolean,
  setUp: (made: Guest) => void = () => {},
): void {
  const [plain, asked] = [guest().guest, guest().guest];
  setUp(plain);
  setUp(asked);
  const expected = steps(plain).filter(isAsked);
  expect(alerts(asked, { ...NOTHING, ...requests })).toEqual(expected.map(placeOf));
  expect(expected.length).toBeGreaterThan(2);
  expect(asked.state()).toEqual(plain.state());
}

describe('the engine comes back before', () => {
  test('instructions at some addresses', () => {
    const { labels } = guest();
    const random = new Random(20_260_112);
    for (let i = 0; i < 8; i++) {
      const breakpoints = new Set([
        labels.loop! + 4n * BigInt(random.below(6)),
        labels.f! + 4n * BigInt(random.below(11)),
      ]);
      if (i === 7) breakpoints.add(labels.handler!);
      check({ breakpoints }, ({ pc }) => breakpoints.has(pc));
    }
  });

  test.each(['read', 'write', 'access'] as const)('a %s of watched bytes, in one page or two', (on) => {
    for (const [offset, length] of [
      [0x2ff0, 1],
      [0x2ff8, 8],
      [0x2ffc, 8],
      [0x3000, PAGE_BYTES],
      [0x3006, 2],
    ] as const) {
      const watched: Watched = { pa: RAM + BigInt(offset), length, on };
      const touches = ({ access }: Step): boolean =>
        access !== undefined &&
        access.pa < watched.pa + BigInt(length) &&
        watched.pa < access.pa + BigInt(access.length) &&
        (on === 'access' || access.on === 'access' || access.on === on);
      check({ memory: [watched] }, touches);
    }
  });

  test('calls of the environment, exceptions, interrupts', () => {
    for (const kind of ['syscall', 'exception', 'interrupt'] as const) {
      check({ traps: new Set([kind]) }, ({ trap }) => trap === kind, withTimer);
    }
  });
});

test('nothing comes of what is asked for while it is not armed, or no more', () => {
  const { guest: made, labels } = guest();
  made.use(translating({ hot: 2 }));
  const { alerts: control } = made.engine;
  control!.ask({ ...NOTHING, breakpoints: new Set([labels.f!]) });
  expect(made.run(500n)).toBe('limit');
  control!.arm(true);
  expect(made.run(TICKS)).toBe('alert');
  control!.ask(NOTHING);
  expect(made.run(TICKS)).toBe('limit');
});
