/**
 * The decode tree as code: jump tables on the instruction word, each row's body once, a place for words that no row
 * claims.
 */

import { type I32, i32Const } from '../../wasm/expr.ts';
import type { FunctionBuilder, Label } from '../../wasm/function.ts';
import { i32 } from '../../wasm/numeric.ts';
import type { DecodeTree, Encoding } from './decode-tree.ts';

/**
 * Emits the search for the row of `word` (a local) and all bodies. `body` must end by branching away, and so must
 * `illegal`.
 */
export function dispatch<E extends Encoding>(
  fn: FunctionBuilder,
  tree: DecodeTree<E>,
  rows: readonly E[],
  word: I32,
  body: (row: E) => void,
  illegal: () => void,
): void {
  const labels = new Map<E, Label>();
  const open = (index: number): void => {
    const row = rows[index];
    if (row === undefined) {
      fn.block((none) => emitTree(fn, tree, word, labels, none));
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

/** Where a subtree that needs no code of its own leads to. */
function direct<E extends Encoding>(
  tree: DecodeTree<E>,
  labels: ReadonlyMap<E, Label>,
  none: Label,
): Label | undefined {
  if (tree.kind === 'illegal') return none;
  return tree.kind === 'row' && tree.mask === 0 ? labels.get(tree.row) : undefined;
}

function emitTree<E extends Encoding>(
  fn: FunctionBuilder,
  tree: DecodeTree<E>,
  word: I32,
  labels: ReadonlyMap<E, Label>,
  none: Label,
): void {
  const target = direct(tree, labels, none);
  if (target !== undefined) {
    fn.br(target);
  } else if (tree.kind === 'row') {
    const label = labels.get(tree.row) as Label;
    fn.brIf(label, i32.eq(i32.and(word, i32Const(tree.mask)), i32Const(tree.match)));
    fn.br(none);
  } else if (tree.kind === 'switch') {
    emitSwitch(fn, tree.bits, tree.children, word, labels, none);
  }
}

function emitSwitch<E extends Encoding>(
  fn: FunctionBuilder,
  bits: readonly number[],
  children: readonly DecodeTree<E>[],
  word: I32,
  labels: ReadonlyMap<E, Label>,
  none: Label,
): void {
  const { places, further } = share(children, labels, none);
  const own: Label[] = [];
  const open = (count: number): void => {
    if (count === further.length) {
      const targets = places.map((place) => (typeof place === 'number' ? (own[place] as Label) : place));
      fn.brTable(gather(word, bits), targets, none);
      return;
    }
    fn.block((label) => {
      own.push(label);
      open(count + 1);
    });
    // Blocks close innermost first: the last opened belongs to the last subtree.
    emitTree(fn, further[count] as DecodeTree<E>, word, labels, none);
  };
  open(0);
}

/** Children that need code, each once however often it occurs, and for each index a label or a place among them. */
function share<E extends Encoding>(children: readonly DecodeTree<E>[], labels: ReadonlyMap<E, Label>, none: Label) {
  const further: DecodeTree<E>[] = [];
  const seen = new Map<DecodeTree<E>, number>();
  const places = children.map((child): Label | number => {
    const target = direct(child, labels, none);
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
