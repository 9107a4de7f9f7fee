/**
 * What happens between two steps, in the order that engine.ts states. Engines may skip it at a boundary where nothing
 * it looks at can have changed: before timerDue and untilTick, and while `attention` is clear.
 *
 * Invariant: MTIP and STIP are those of this tick whichever way it leaves, so that state does not tell where a run was
 * cut: a hart that waits at a tick at which a timer it does not wait for is due comes here with `idle` or with `limit`.
 */

import { proc } from '../../isa/vocabulary.ts';
import { Alert } from './alerts.ts';
import { has } from './fields.ts';
import { interruptDue, pendingEnabled, takeInterrupt } from './interrupts.ts';
import { updateTimer } from './timer.ts';

export const Boundary = { goOn: 0, limit: 1, idle: 2, exit: 3, alert: 4 } as const;

/** One of Boundary: make steps until min(untilTick, timerDue) or until attention is raised; or leave, and why. */
export const boundary = proc('boundary', [], (s) => {
  s.if(s.geu(s.get('tick'), s.get('timerDue')), () => s.call(updateTimer));
  s.if(s.ne(s.get('exitRequest'), s.lit(0)), () => s.ret(s.lit(Boundary.exit)));
  s.if(s.geu(s.get('tick'), s.get('untilTick')), () => s.ret(s.lit(Boundary.limit)));
  s.if(s.ne(s.get('alerted'), s.lit(0)), () => s.ret(s.lit(Boundary.alert)));
  s.if(has(s, s.get('alerts'), Alert.interrupt), () => {
    s.if(interruptDue(s), () => s.ret(s.lit(Boundary.alert)));
  });
  const pending = s.let(pendingEnabled(s));
  s.if(s.ne(s.get('waiting'), s.lit(0)), () => {
    s.if(s.eq(pending, s.lit(0)), () => s.ret(s.lit(Boundary.idle)));
    s.set('waiting', s.lit(0));
  });
  s.if(s.ne(pending, s.lit(0)), () => s.call(takeInterrupt));
  s.set('attention', s.lit(0));
  return s.lit(Boundary.goOn);
});
