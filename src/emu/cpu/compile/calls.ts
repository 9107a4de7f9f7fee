/**
 * Calls of procedures, traps, and the words that belong to the body's frame. A call that may trap is followed by the
 * question whether it did.
 */

import type { Proc, Semantics } from '../../isa/vocabulary.ts';
import { call, type I64, i64Const } from '../../wasm/expr.ts';
import { i64 } from '../../wasm/numeric.ts';
import { fieldOffset } from '../hart-layout.ts';
import { Trapped } from '../priv/alerts.ts';
import type { Frame, Linker, WasmBinding } from './binding.ts';
import { flag } from './hart-state.ts';
import { hostFirst } from './host-float.ts';
import type { Order } from './order.ts';

type Words = 'raise' | 'call' | 'ret' | 'contextChanged' | 'fp' | 'pc' | 'nextPc' | 'insn' | 'jump' | 'branch';

/** Calls a procedure of the linker in this order, and leaves the body when it trapped. */
export function callProc(order: Order, frame: Frame, linker: Linker, proc: Proc, args: readonly I64[]): I64 {
  const { func, facts } = linker.link(proc);
  const { fn } = order;
  const kept = args.map((arg) => order.keep(arg));
  order.effect();
  if (facts.syncs || facts.raises) frame.sync();
  frame.facts.raises ||= facts.raises;
  frame.facts.syncs ||= facts.syncs || facts.raises;
  frame.facts.attends ||= facts.attends;
  frame.facts.jumps ||= facts.jumps;
  const result = order.keep(call('i64', func, [frame.hart, ...kept]));
  if (facts.raises) fn.if(flag(frame.hart, 'trapped'), () => frame.abandon(), undefined, false);
  frame.returned(facts);
  return result;
}

export function calls(order: Order, frame: Frame, linker: Linker): Pick<Semantics<WasmBinding>, Words> {
  const { fn } = order;
  return {
    call: (proc, ...args) => callProc(order, frame, linker, proc, args),
    fp: (op, format, rm, ...args) =>
      callProc(order, frame, linker, hostFirst(op, format, linker.core.softFloat(op, format)), fpArgs(rm, args)),
    raise: (cause, tval) => {
      const kept = [order.keep(cause), order.keep(tval)];
      order.effect();
      frame.facts.raises = true;
      frame.facts.syncs = true;
      frame.sync();
      const refused = call('i64', linker.link(linker.core.takeTrap).func, [frame.hart, ...kept]);
      fn.store('i64.store', frame.hart, i64.add(refused, i64Const(Trapped.trap)), fieldOffset('trapped'));
      frame.abandon();
    },
    ret: (v) => frame.ret(v),
    contextChanged: () => {
      frame.facts.attends = true;
      order.effect();
      frame.contextChanged();
    },
    pc: () => frame.pc(),
    nextPc: () => frame.nextPc(),
    insn: () => frame.insn(),
    jump: (target) => frame.jump(target),
    branch: (c, target) => frame.branch(c, target),
  };
}

const fpArgs = (rm: I64, args: readonly I64[]): readonly I64[] => [rm, ...args];
