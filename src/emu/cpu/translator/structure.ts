/**
 * The shape of a region's control flow as WebAssembly can say it: an order of blocks, loops, and the places where paths
 * meet. A reducible graph is emitted by its dominator tree, after Ramsey, "Beyond Relooper" (ICFP 2022). Edges that
 * make a graph irreducible are cut: the region is left there.
 */

export interface Shape {
  /** Nodes in reverse postorder, the entry first; unreachable ones are left out. */
  readonly order: readonly number[];
  /** Position in `order`. */
  readonly position: readonly number[];
  /** Edges that stay inside, by node. */
  readonly successors: readonly (readonly number[])[];
  readonly predecessors: readonly (readonly number[])[];
  readonly isLoopHead: readonly boolean[];
  /** More than one forward edge leads here. */
  readonly isMerge: readonly boolean[];
  /** Children in the dominator tree that are merges, the last in `order` first. */
  readonly merges: readonly (readonly number[])[];
}

/** `successors` of node i; node 0 is the entry. */
export function shapeOf(successors: readonly (readonly number[])[]): Shape {
  const order = reversePostorder(successors);
  const position = positions(order, successors.length);
  const dominator = dominators(order, position, predecessorsOf(order, successors));
  const inside = successors.map((targets, from) =>
    targets.filter((to) => at(position, to) > at(position, from) || dominates(dominator, position, to, from)),
  );
  return inside.every((targets, node) => targets.length === at(successors, node).length)
    ? describe(order, position, inside, dominator)
    : describe(order, position, inside, dominators(order, position, predecessorsOf(order, inside)));
}

function describe(
  order: readonly number[],
  position: readonly number[],
  successors: readonly (readonly number[])[],
  dominator: readonly number[],
): Shape {
  const predecessors = predecessorsOf(order, successors);
  const isForward = (from: number, to: number): boolean => at(position, from) < at(position, to);
  const isLoopHead = predecessors.map((from, node) => from.some((p) => !isForward(p, node)));
  const isMerge = predecessors.map(
    (from, node) => from.length > 1 && from.filter((p) => isForward(p, node)).length > 1,
  );
  const merges: number[][] = successors.map(() => []);
  for (const node of order.slice(1).toReversed()) if (isMerge[node]) at(merges, at(dominator, node)).push(node);
  return { order, position, successors, predecessors, isLoopHead, isMerge, merges };
}

function at<T>(list: readonly T[], index: number): T {
  return list[index] as T;
}

function reversePostorder(successors: readonly (readonly number[])[]): number[] {
  const seen = new Set<number>([0]);
  const order: number[] = [];
  const stack: { readonly node: number; next: number }[] = [{ node: 0, next: 0 }];
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const target = at(successors, top.node)[top.next++];
    if (target === undefined) {
      order.push(top.node);
      stack.pop();
    } else if (!seen.has(target)) {
      seen.add(target);
      stack.push({ node: target, next: 0 });
    }
  }
  return order.reverse();
}

function positions(order: readonly number[], count: number): number[] {
  const position = new Array<number>(count).fill(-1);
  order.forEach((node, i) => {
    position[node] = i;
  });
  return position;
}

/** One entry for each edge: a branch whose two ways meet at once counts twice. */
function predecessorsOf(order: readonly number[], successors: readonly (readonly number[])[]): number[][] {
  const predecessors: number[][] = successors.map(() => []);
  for (const node of order) for (const to of at(successors, node)) at(predecessors, to).push(node);
  return predecessors;
}

/** Immediate dominators, after Cooper, Harvey and Kennedy, "A Simple, Fast Dominance Algorithm". */
function dominators(
  order: readonly number[],
  position: readonly number[],
  predecessors: readonly (readonly number[])[],
): number[] {
  const dominator = new Array<number>(predecessors.length).fill(-1);
  dominator[0] = 0;
  const meet = (a: number, b: number): number => {
    let x = a;
    let y = b;
    while (x !== y) {
      if (at(position, x) > at(position, y)) x = at(dominator, x);
      else y = at(dominator, y);
    }
    return x;
  };
  for (let changed = true; changed; ) {
    changed = false;
    for (let i = 1; i < order.length; i++) {
      const node = at(order, i);
      let found = -1;
      for (const p of at(predecessors, node)) {
        if (at(dominator, p) >= 0) found = found < 0 ? p : meet(p, found);
      }
      if (dominator[node] !== found) {
        dominator[node] = found;
        changed = true;
      }
    }
  }
  return dominator;
}

function dominates(dominator: readonly number[], position: readonly number[], a: number, b: number): boolean {
  let node = b;
  while (at(position, node) > at(position, a)) node = at(dominator, node);
  return node === a;
}
