/**
 * How a step gets to its row's body: by jump tables on the instruction word, the decode tree as code, or by the row's
 * number where that is known. Each body is there once, and a place for words that no row claims.
 */

import { type I32, i32Const } from '../../wasm/expr.ts';
import type { FunctionBuilder, Label } from '../../wasm/function.ts';
import { i32 } from '../../wasm/numeric.ts';
import type { DecodeTree, Encoding } from './decode-tree.ts';

/** Where each row's body begins, and what comes for no row. */
export interface Arms<E> {
  readonly rows: ReadonlyMap<E, Label>;
  readonly none: Label;
}

/** Emits `search`, which goes to one of the arms, and all bodies. All three must end by branching away. */
export function dispatch<E>(
  fn: FunctionBuilder,
  rows: readonly E[],
  search: (arms: Arms<E>) => void,
  body: (row: E) => void,
  illegal: () => void,
): void {
  const labels = new Map<E, Label>();
  const open = (index: number): void => {
    const row = rows[index];
    if (row === undefined) {
      fn.block((none) => search({ rows: labels, none }));
      fn.scope(illegal);
      return;
    }
    fn.block((label) => {
      labels.set(row, label);
      open(index + 1);
    });
    fn.scope(() => body(row));
  };
  open(0);
}

/** To the arm of the row with this number among all of them. */
export function toNumbered<E>(fn: FunctionBuilder, number: I32, arms: Arms<E>): void {
  fn.brTable(number, [...arms.rows.values()], arms.none);
}

/** Where a subtree that needs no code of its own leads to. */
function direct<E extends Encoding>(tree: DecodeTree<E>, arms: Arms<E>): Label | undefined {
  if (tree.kind === 'illegal') return arms.none;
  return tree.kind === 'row' && tree.mask === 0 ? arms.rows.get(tree.row) : undefined;
}

/** To the arm of the row that claims `word` (a local). */
export function toClaiming<E extends Encoding>(
  fn: FunctionBuilder,
  tree: DecodeTree<E>,
  word: I32,
  arms: Arms<E>,
): void {
  const target = direct(tree, arms);
  if (target !== undefined) {
    fn.br(target);
  } else if (tree.kind === 'row') {
    const label = arms.rows.get(tree.row) as Label;
    fn.brIf(label, i32.eq(i32.and(word, i32Const(tree.mask)), i32Const(tree.match)));
    fn.br(arms.none);
  } else if (tree.kind === 'switch') {
    emitSwitch(fn, tree.bits, tree.children, word, arms);
  }
}

function emitSwitch<E extends Encoding>(
  fn: FunctionBuilder,
  bits: readonly number[],
  children: readonly DecodeTree<E>[],
  word: I32,
  arms: Arms<E>,
): void {
  const { places, further } = share(children, arms);
  const own: Label[] = [];
  const open = (count: number): void => {
    if (count === further.length) {
      const targets = places.map((place) => (typeof place === 'number' ? (own[place] as Label) : place));
      fn.brTable(gather(word, bits), targets, arms.none);
      return;
    }
    fn.block((label) => {
      own.push(label);
      open(count + 1);
    });
    // Blocks close innermost first: the last opened belongs to the last subtree.
    toClaiming(fn, further[count] as DecodeTree<E>, word, arms);
  };
  open(0);
}

/** Children that need code, each once however often it occurs, and for each index a label or a place among them. */
function share<E extends Encoding>(children: readonly DecodeTree<E>[], arms: Arms<E>) {
  const further: DecodeTree<E>[] = [];
  const seen = new Map<DecodeTree<E>, number>();
  const places = children.map((child): Label | number => {
    const target = direct(child, arms);
    if (target !== undefined) return target;
    const place = seen.get(child) ?? further.push(child) - 1;
    seen.set(child, place);
    return place;
  });
  return { places, further };
}

/** The bits of `word` side by side, the first listed being the least significant; runs of neighbours move together. */
export function gather(word: I32, bits: readonly number[]): I32 {
  const runs: { from: number; to: number; length: number }[] = [];
  bits.forEach((bit, to) => {
    const last = runs.at(-1);
    if (last !== undefined && bit === last.from + last.length) last.length += 1;
    else runs.push({ from: bit, to, length: 1 });
  });
  const moved = runs.map(({ from, to, length }) =>
    i32.and(i32.shr_u(word, i32Const(from - to)), i32Const((2 ** length - 1) << to)),
  );
  return moved.reduce((a, b) => i32.or(a, b));
}
