/**
 * The reference engine: one step at a time on BigInts, everything looked at before every step. Slow, obviously right:
 * the oracle of the other engines. See engine.ts for what a step and a boundary are.
 */

import type { HostAddr } from '../../../lib/brands.ts';
import { isWide } from '../../isa/table.ts';
import type { Engine, EngineFactory, ExitReason } from '../engine.ts';
import * as procs from '../priv/procs.ts';
import type { Big } from './arithmetic.ts';
import { Reference } from './binding.ts';
import { decodeBits } from './decoded.ts';
import { Trapped } from './signals.ts';

const reasons: readonly (ExitReason | undefined)[] = [undefined, 'limit', 'idle', 'exit'];

/** The instruction's bits at pc: each halfword by its own translation, the second only where there is one. */
function fetch(s: Reference, pc: bigint): number {
  const half = (va: bigint): number => Number(s.ramLoad(s.call(procs.fetchTranslate, va), 2));
  const low = half(pc);
  return isWide(low) ? (low | (half(BigInt.asUintN(64, pc + 2n)) << 16)) >>> 0 : low;
}

function execute(s: Reference): void {
  const pc = s.get('pc');
  const bits = fetch(s, pc);
  const nextPc = BigInt.asUintN(64, pc + (isWide(bits) ? 4n : 2n));
  s.step = { pc, nextPc, raw: BigInt(bits), next: nextPc };
  const { row, operands } = decodeBits(bits);
  if (row === undefined) s.raise(2n, BigInt(bits));
  else row.body<Big>(s, operands);
  s.set('pc', s.step.next);
}

/** One step: an instruction, or the trap that it takes instead. Either way one tick. */
function makeStep(s: Reference): void {
  try {
    execute(s);
  } catch (signal) {
    if (!(signal instanceof Trapped)) throw signal;
  }
  s.set('tick', s.get('tick') + 1n);
}

export const createReference: EngineFactory = (memory, layout, bus): Engine => {
  const s = new Reference(memory, layout, bus, procs);
  const at = (hart: HostAddr): Reference => {
    s.hart = hart;
    return s;
  };
  return {
    name: 'reference',
    run(hart) {
      at(hart);
      for (;;) {
        const reason = reasons[Number(s.call(procs.boundary))];
        if (reason !== undefined) return reason;
        makeStep(s);
      }
    },
    updateTimer: (hart) => void at(hart).call(procs.updateTimer),
    rederive: (hart) => void at(hart).call(procs.rederive),
    digestRam: () => at(layout.hartAt(0)).call(procs.digestRam),
    codeWritten: () => {},
  };
};
