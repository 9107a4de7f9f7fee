/**
 * Everything in a hart's block that is a function of its state: after a reset or a restore. Changes no state.
 */

import { proc } from '../../isa/vocabulary.ts';
import { updateContexts } from './contexts.ts';
import { decodePmp } from './pmp.ts';
import { updateTimerDue } from './timer.ts';
import { rederiveTlb } from './tlb.ts';

/** Recomputes every `derived` field and the fast TLB arrays. */
export const rederive = proc('rederive', [], (s) => {
  s.call(updateContexts);
  s.call(decodePmp);
  s.call(updateTimerDue);
  s.call(rederiveTlb);
  s.contextChanged();
});
