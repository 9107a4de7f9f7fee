/**
 * Trap entry and return, WFI, and which interrupt is taken, against models of their own.
 */
import { describe, expect, it } from 'vitest';
import { boundary, mret, sret, takeInterrupt, takeTrap, wfi } from '../../../../src/emu/cpu/priv/procs.ts';
import { Hart, ILLEGAL, INSN, RAM, random } from './hart.ts';

const [SIE, MIE, SPIE, MPIE, SPP] = [1n << 1n, 1n << 3n, 1n << 5n, 1n << 7n, 1n << 8n] as const;
const MPP = (priv: bigint): bigint => priv << 11n;
const MPRV = 1n << 17n;
const INTERRUPT = 1n << 63n;
const PRIVS = [0n, 1n, 3n] as const;
/** Bits that trap entry and return must leave alone. */
const OTHERS = (1n << 13n) | (1n << 18n) | (1n << 22n);

describe('trap entry', () => {
  it('goes to M or S as delegated, stacks privilege and interrupt enable, and vectors interrupts', () => {
    const hart = new Hart();
    for (const priv of PRIVS)
      for (const cause of [0n, 2n, 8n, 9n, 13n, 15n, INTERRUPT | 1n, INTERRUPT | 5n, INTERRUPT | 7n, INTERRUPT | 11n])
        for (const delegated of [false, true])
          for (const vectored of [0n, 1n])
            for (const enabled of [false, true]) {
              const deleg = delegated ? 1n << (cause & 63n) : 0n;
              hart.setAll({
                priv,
                pc: 0x4321n,
                mstatus: OTHERS | (enabled ? SIE | MIE : SPIE | MPIE),
                medeleg: cause < INTERRUPT ? deleg : 0n,
                mideleg: cause < INTERRUPT ? 0n : deleg,
                mtvec: 0x8000n | vectored,
                stvec: 0x9000n | vectored,
                mepc: 0n,
                sepc: 0n,
              });
              hart.call(takeTrap, cause, 0x77n);
              const toS = delegated && priv !== 3n;
              const offset = vectored === 1n && cause >= INTERRUPT ? 4n * (cause & 63n) : 0n;
              const [x, target, base] = toS ? (['s', 1n, 0x9000n] as const) : (['m', 3n, 0x8000n] as const);
              const kept = enabled ? SIE | MIE : SPIE | MPIE;
              const own = toS ? SIE | SPIE : MIE | MPIE;
              const stacked = (enabled ? (toS ? SPIE : MPIE) : 0n) | (toS ? priv * SPP : MPP(priv));
              expect([hart.get('priv'), hart.get('pc')]).toEqual([target, base + offset]);
              expect([hart.get(`${x}cause`), hart.get(`${x}tval`), hart.get(`${x}epc`)]).toEqual([
                cause,
                0x77n,
                0x4321n,
              ]);
              expect(hart.get('mstatus')).toBe(OTHERS | (kept & ~own) | stacked);
              expect(hart.get('fetchContext')).toBe(target === 3n ? 0n : 8n);
            }
  });
});

describe('trap return', () => {
  it('mret unstacks, clears MPRV when it leaves M, and is illegal below M', () => {
    const hart = new Hart();
    for (const to of PRIVS)
      for (const enabled of [0n, MPIE]) {
        hart.setAll({ priv: 3n, mepc: 0x1000n, mstatus: OTHERS | MPRV | MPP(to) | enabled | SIE });
        expect(hart.try(mret, INSN)).toBe(0x1000n);
        const mprv = to === 3n ? MPRV : 0n;
        expect([hart.get('priv'), hart.get('mstatus')]).toEqual([to, OTHERS | mprv | SIE | MPIE | (enabled >> 4n)]);
      }
    for (const priv of [0n, 1n]) {
      hart.setAll({ priv });
      expect(hart.try(mret, INSN)).toEqual(ILLEGAL);
    }
  });

  it('sret unstacks, clears MPRV, and is illegal in U and in S under TSR', () => {
    const hart = new Hart();
    for (const priv of [1n, 3n])
      for (const spp of [0n, SPP])
        for (const enabled of [0n, SPIE]) {
          const base = OTHERS & ~(1n << 22n);
          hart.setAll({ priv, sepc: 0x2000n, mstatus: base | MPRV | spp | enabled | MIE | MPP(3n) });
          expect(hart.try(sret, INSN)).toBe(0x2000n);
          expect(hart.get('priv')).toBe(spp === 0n ? 0n : 1n);
          expect(hart.get('mstatus')).toBe(base | MIE | MPP(3n) | SPIE | (enabled >> 4n));
        }
    for (const [priv, tsr, allowed] of [
      [0n, 0n, false],
      [1n, 1n, false],
      [3n, 1n, true],
    ] as const) {
      hart.setAll({ priv, mstatus: tsr << 22n });
      expect(typeof hart.try(sret, INSN) === 'bigint').toBe(allowed);
    }
  });

  it('leaves the reservation of LR alone, as trap entry does', () => {
    const hart = new Hart();
    hart.setAll({ reservation: RAM });
    hart.call(takeTrap, 2, 0);
    hart.call(mret, INSN);
    expect(hart.get('reservation')).toBe(RAM);
  });
});

describe('WFI', () => {
  it('waits until an enabled interrupt is pending, also one that is not taken', () => {
    const hart = new Hart();
    hart.setAll({ untilTick: 10n, mie: 1n << 7n, mtvec: 0x100n });
    expect(hart.try(wfi, INSN)).toBe(0n);
    expect([hart.call(boundary), hart.call(boundary)]).toEqual([2n, 2n]);
    hart.set('lines', (1n << 3n) | (1n << 11n));
    expect(hart.call(boundary)).toBe(2n);
    hart.set('lines', 1n << 7n);
    expect([hart.call(boundary), hart.get('waiting'), hart.get('pc')]).toEqual([0n, 0n, 0n]);
    hart.set('mstatus', MIE);
    hart.set('waiting', 1n);
    expect([hart.call(boundary), hart.get('waiting'), hart.get('pc')]).toEqual([0n, 0n, 0x100n]);
  });

  it('is illegal in U, and in S under TW', () => {
    const hart = new Hart();
    for (const [priv, tw, allowed] of [
      [0n, 0n, false],
      [1n, 0n, true],
      [1n, 1n, false],
      [3n, 1n, true],
    ] as const) {
      hart.setAll({ priv, mstatus: tw << 21n });
      expect(hart.try(wfi, INSN)).toEqual(allowed ? 0n : ILLEGAL);
    }
  });
});

describe('a step boundary', () => {
  it('leaves for an exit request before all, then at the limit, interrupts untouched', () => {
    const hart = new Hart();
    hart.setAll({ tick: 5n, untilTick: 5n, lines: 1n << 7n, mie: 1n << 7n, mstatus: MIE, attention: 1n });
    expect([hart.call(boundary), hart.get('priv'), hart.get('mcause'), hart.get('attention')]).toEqual([
      1n,
      3n,
      0n,
      1n,
    ]);
    hart.set('exitRequest', 1n);
    expect(hart.call(boundary)).toBe(3n);
    hart.set('exitRequest', 0n);
    hart.set('untilTick', 6n);
    expect([hart.call(boundary), hart.get('mcause'), hart.get('tick')]).toEqual([0n, INTERRUPT | 7n, 5n]);
    expect(hart.get('attention')).toBe(0n);
  });
});

describe('interrupts', () => {
  it('are taken in the order MEI MSI MTI SEI SSI STI, those for M first, when enabled where they go', () => {
    const hart = new Hart();
    const rng = random(0xabcn);
    const order = [11n, 3n, 7n, 9n, 1n, 5n];
    const taken = new Map<bigint, number>();
    for (let i = 0; i < 4000; i++) {
      const priv = PRIVS[rng.below(3)]!;
      const [mip, lines, mie, mstatus] = [
        rng.bits(12) & 0x222n,
        rng.bits(12) & 0xaaan,
        rng.bits(12) & 0xaaan,
        rng.bits(4),
      ];
      const mideleg = rng.bits(12) & 0x222n;
      hart.setAll({ priv, mip, lines, mie, mideleg, mstatus: mstatus & (MIE | SIE), mcause: 0n, scause: 0n });
      const pending = order.filter((irq) => (((mip | lines) & mie) >> irq) & 1n);
      const toS = (irq: bigint) => ((mideleg >> irq) & 1n) === 1n;
      const enabledM = priv < 3n || (mstatus & MIE) !== 0n;
      const enabledS = priv === 0n || (priv === 1n && (mstatus & SIE) !== 0n);
      const chosen = pending.find((irq) => !toS(irq) && enabledM) ?? pending.find((irq) => toS(irq) && enabledS);
      const found = { result: hart.call(takeInterrupt), mcause: hart.get('mcause'), scause: hart.get('scause') };
      const cause = (wanted: boolean) => (chosen !== undefined && toS(chosen) === wanted ? INTERRUPT | chosen : 0n);
      expect(found).toEqual({ result: chosen === undefined ? 0n : 1n, mcause: cause(false), scause: cause(true) });
      if (chosen !== undefined) taken.set(chosen, (taken.get(chosen) ?? 0) + 1);
    }
    expect(taken.size).toBe(6);
  });
});
