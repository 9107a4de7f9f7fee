/**
 * Guest time and what it drives: MTIP from mtimecmp, STIP from stimecmp while menvcfg.STCE is set (Sstc).
 *
 *     time = anchorTime + floor((tick - anchorTick) * rate / 2^24), in units of 100 ns; rate is less than 2^39
 *
 * timerDue is a function of state: the first tick at which a line that is low must rise, NEVER when there is none.
 * So lines change at step boundaries only, and the engine does not look at the clock between them.
 */

import { type Binding, Nondet, proc, type Semantics } from '../../isa/vocabulary.ts';
import { NEVER } from '../hart-layout.ts';
import { Envcfg, has, Irq, irqMask, merge } from './fields.ts';

const FRACTION_BITS = 24n;
const MTIP = irqMask(Irq.MTI);
const STIP = irqMask(Irq.STI);

/** Guest time at the present tick. */
export const timeNow = proc('timeNow', [], (s) => {
  const ticks = s.let(s.sub(s.get('tick'), s.get('anchorTick')));
  const rate = s.let(s.get('rate'));
  const high = s.sll(s.mulhu(ticks, rate), s.lit(64n - FRACTION_BITS));
  return s.add(s.get('anchorTime'), s.or(high, s.srl(s.mul(ticks, rate), s.lit(FRACTION_BITS))));
});

/**
 * The first tick from the anchor on at which time >= cmp, exactly; NEVER when the rate is 0 or the tick beyond reach.
 */
export const dueTick = proc('dueTick', ['cmp'], (s, cmp) => {
  const anchorTick = s.let(s.get('anchorTick'));
  const anchorTime = s.let(s.get('anchorTime'));
  const rate = s.let(s.get('rate'));
  s.if(s.geu(anchorTime, cmp), () => s.ret(anchorTick));
  s.if(s.eq(rate, s.lit(0)), () => s.ret(s.lit(NEVER)));
  // distance = whole * rate + rest, so ceil(distance * 2^24 / rate) needs no more than 64 bits.
  const distance = s.let(s.sub(cmp, anchorTime));
  const whole = s.let(s.divu(distance, rate));
  s.if(s.geu(whole, s.lit(1n << (62n - FRACTION_BITS))), () => s.ret(s.lit(NEVER)));
  const rest = s.sll(s.remu(distance, rate), s.lit(FRACTION_BITS));
  const part = s.divu(s.add(rest, s.sub(rate, s.lit(1))), rate);
  const due = s.let(s.add(anchorTick, s.add(s.sll(whole, s.lit(FRACTION_BITS)), part)));
  return s.select(s.ltu(due, s.lit(NEVER)), due, s.lit(NEVER));
});

const stimecmpDrives = <B extends Binding>(s: Semantics<B>): B['cond'] => has(s, s.get('menvcfg'), Envcfg.STCE);

/** Recomputes timerDue, leaving the lines as they are. */
export const updateTimerDue = proc('updateTimerDue', [], (s) => {
  const due = s.cell(s.lit(NEVER));
  const arm = (line: bigint, field: 'mtimecmp' | 'stimecmp') =>
    s.if(s.not(has(s, s.get('lines'), line)), () => {
      const tick = s.let(s.call(dueTick, s.get(field)));
      s.if(s.ltu(tick, due.get()), () => due.set(tick));
    });
  arm(MTIP, 'mtimecmp');
  s.if(stimecmpDrives(s), () => arm(STIP, 'stimecmp'));
  s.set('timerDue', due.get());
});

/**
 * Sets MTIP and STIP as the time of the present tick wants them, and timerDue. After any change of what these depend
 * on.
 */
export const updateTimer = proc('updateTimer', [], (s) => {
  const now = s.let(s.call(timeNow));
  const mtip = s.select(s.geu(now, s.get('mtimecmp')), s.lit(MTIP), s.lit(0));
  const stip = s.select(s.both(stimecmpDrives(s), s.geu(now, s.get('stimecmp'))), s.lit(STIP), s.lit(0));
  s.set('lines', merge(s, s.get('lines'), s.or(mtip, stip), MTIP | STIP));
  s.call(updateTimerDue);
  s.contextChanged();
});

/**
 * The time CSR. Under the exact clock each read is asked of the host and moves the anchor to (this tick, its answer);
 * time never goes back.
 */
export const readTime = proc('readTime', [], (s) => {
  s.if(s.eq(s.get('exactClock'), s.lit(0)), () => s.ret(s.call(timeNow)));
  const now = s.let(s.call(timeNow));
  const asked = s.let(s.nondet(Nondet.time));
  const time = s.let(s.select(s.ltu(asked, now), now, asked));
  s.set('anchorTick', s.get('tick'));
  s.set('anchorTime', time);
  s.call(updateTimer);
  return time;
});
