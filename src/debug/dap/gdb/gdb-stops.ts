/** Why gdb says that it has stopped, in the adapter's words. gdb manual, "GDB/MI Async Records". */

import type { StopNote } from '../debugger.ts';
import type { EventTarget } from '../event-target.ts';
import { eventText, historyText } from '../history-text.ts';
import type { MiTuple } from '../mi/parse.ts';
import { numberIn, textIn, tupleIn } from '../mi/values.ts';
import type { GdbBreakpoints } from './gdb-breakpoints.ts';

/** gdb's names of a watchpoint that was hit, by what it watches. */
const WATCHES = ['wpt', 'hw-rwpt', 'hw-awpt'] as const;

export function stopNote(results: MiTuple, target: EventTarget, breakpoints: GdbBreakpoints): StopNote {
  const thread = Number(numberIn(results['thread-id']) ?? 1n);
  switch (textIn(results.reason)) {
    case 'breakpoint-hit': {
      const number = Number(numberIn(results.bkptno) ?? 0n);
      return breakpoints.has(number)
        ? { reason: 'breakpoint', thread, breakpoints: [number] }
        : { reason: 'breakpoint', thread };
    }
    case 'watchpoint-trigger':
    case 'read-watchpoint-trigger':
    case 'access-watchpoint-trigger':
      return watchNote(results, thread, breakpoints);
    case 'signal-received':
      return { reason: 'pause', thread };
    case 'end-stepping-range':
    case 'function-finished':
    case 'location-reached':
      return { reason: 'step', thread };
    default: {
      // gdb has no reason where the history ends, or where it was told so; and after some steps in code without CFI.
      if (target.met !== undefined) return { reason: 'exception', thread, text: eventText(target.met) };
      const text = historyText(target);
      return text === undefined ? { reason: 'step', thread } : { reason: 'pause', thread, text };
    }
  }
}

function watchNote(results: MiTuple, thread: number, breakpoints: GdbBreakpoints): StopNote {
  const name = WATCHES.find((word) => results[word] !== undefined);
  const watch = tupleIn(name === undefined ? undefined : results[name]);
  const value = tupleIn(results.value);
  const changed = [textIn(value.old), textIn(value.new)];
  const now = textIn(value.value);
  const what = now === undefined ? `${changed[0] ?? '?'} -> ${changed[1] ?? '?'}` : now;
  const id = Number(numberIn(watch.number) ?? 0n);
  const label = breakpoints.label(id) ?? textIn(watch.exp) ?? 'watched';
  return { reason: 'data breakpoint', thread, text: `${label}: ${what}`, breakpoints: [id] };
}
