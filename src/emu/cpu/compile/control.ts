/**
 * Bindings, cells and structured control of a body. `match` becomes a search over the values, with a jump table where
 * they are dense.
 */

import type { Semantics } from '../../isa/vocabulary.ts';
import { type I64, i64Const } from '../../wasm/expr.ts';
import type { Label } from '../../wasm/function.ts';
import { i32, i64 } from '../../wasm/numeric.ts';
import type { WasmBinding } from './binding.ts';
import { type Order, OrderedCell } from './order.ts';

type Words = 'let' | 'letCond' | 'cell' | 'if' | 'match' | 'while';
interface Target {
  readonly value: bigint;
  readonly label: Label;
}

/** Values are "dense" when at least one in this many of their span is there. */
const MAX_SPAN_PER_VALUE = 4n;

export function control(order: Order): Pick<Semantics<WasmBinding>, Words> {
  return {
    let: (v) => order.keep(v),
    letCond: (c) => order.keep(c),
    cell: (init) => new OrderedCell(order, init),
    if: (c, then, otherwise) => order.if(c, then, otherwise),
    while: (c, body) => order.while(c, body),
    match: (v, cases, otherwise) => match(order, order.keep(v), cases, otherwise),
  };
}

type Cases = readonly (readonly [readonly bigint[], () => void])[];

/** Blocks nest with the first case innermost; each arm follows the end of its block and leaves by the outermost one. */
function match(order: Order, v: I64, cases: Cases, otherwise: () => void): void {
  order.block((done) => {
    const open = (index: number, targets: readonly Target[], other: Label): void => {
      const arm = cases[index];
      if (arm === undefined) {
        search(order, v, targets, other);
      } else {
        const [values, body] = arm;
        order.block((label) => {
          const own = values.map((value) => ({ value: BigInt.asIntN(64, value), label }));
          open(index + 1, [...targets, ...own], other);
        });
        body();
        order.fn.br(done);
      }
    };
    order.block((other) => open(0, [], other));
    otherwise();
  });
}

/** Branches to the target of `v`; by halves of the sorted values until they are few or dense. */
function search(order: Order, v: I64, targets: readonly Target[], other: Label): void {
  const sorted = targets.toSorted((a, b) => (a.value < b.value ? -1 : 1));
  const { fn } = order;
  const within = (part: readonly Target[]): void => {
    const [first, last] = [part[0], part.at(-1)];
    if (first === undefined || last === undefined) return;
    const span = last.value - first.value + 1n;
    if (part.length <= 3) {
      for (const { value, label } of part) fn.brIf(label, i64.eq(v, i64Const(value)));
    } else if (span <= MAX_SPAN_PER_VALUE * BigInt(part.length)) {
      jumpTable(order, v, part, first.value, Number(span), other);
    } else {
      const middle = part.length >> 1;
      fn.if(i64.lt_s(v, i64Const((part[middle] as Target).value)), () => {
        within(part.slice(0, middle));
        fn.br(other);
      });
      within(part.slice(middle));
    }
  };
  within(sorted);
  fn.br(other);
}

function jumpTable(order: Order, v: I64, part: readonly Target[], base: bigint, span: number, other: Label): void {
  const byValue = new Map(part.map(({ value, label }) => [Number(value - base), label]));
  const labels = Array.from({ length: span }, (_, i) => byValue.get(i) ?? other);
  const index = order.keep(i64.sub(v, i64Const(base)));
  order.fn.brIf(other, i64.ge_u(index, i64Const(span)));
  order.fn.brTable(i32.wrap_i64(index), labels, other);
}
