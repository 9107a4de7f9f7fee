/**
 * What a region's blocks do to registers and to the budget, gathered before code is emitted: which registers may differ
 * from the hart's block of memory on the way into a block, and how many steps may pass before the budget is looked at
 * again.
 */

import type { Block } from './region.ts';
import type { Shape } from './structure.ts';

/** Registers by file: bit i is register i. */
export interface Registers {
  readonly x: number;
  readonly f: number;
}
export const NO_REGISTERS: Registers = { x: 0, f: 0 };
export const union = (a: Registers, b: Registers): Registers => ({ x: a.x | b.x, f: a.f | b.f });

/** What the instructions of a block read or write. */
export interface BlockRegisters {
  readonly used: Registers;
  readonly written: Registers;
}

export function blockRegisters({ insns }: Block): BlockRegisters {
  let [xUsed, xWritten, fUsed, fWritten] = [0, 0, 0, 0];
  for (const { registers } of insns) {
    xUsed |= registers.xReads | registers.xWrites;
    xWritten |= registers.xWrites;
    fUsed |= registers.fReads | registers.fWrites;
    fWritten |= registers.fWrites;
  }
  return { used: { x: xUsed, f: fUsed }, written: { x: xWritten, f: fWritten } };
}

/**
 * Registers that may have been written since they were last stored, on the way into each block; a call stores all of
 * them before it.
 */
export function dirtyOnEntry(
  blocks: readonly Block[],
  registers: readonly BlockRegisters[],
  { order, predecessors }: Shape,
): Registers[] {
  const x = new Int32Array(blocks.length);
  const f = new Int32Array(blocks.length);
  for (let changed = true; changed; ) {
    changed = false;
    for (const node of order) {
      let [xHere, fHere] = [0, 0];
      for (const p of predecessors[node] as readonly number[]) {
        if (blocks[p]?.end.kind === 'call') continue;
        const { written } = registers[p] as BlockRegisters;
        xHere |= (x[p] as number) | written.x;
        fHere |= (f[p] as number) | written.f;
      }
      if (xHere === x[node] && fHere === f[node]) continue;
      x[node] = xHere;
      f[node] = fHere;
      changed = true;
    }
  }
  return blocks.map((_, node) => ({ x: x[node] as number, f: f[node] as number }));
}

/** Blocks where the budget is looked at: the entry, loop heads, and where a call returns to. */
export function checksBudget(blocks: readonly Block[], { order, isLoopHead, predecessors }: Shape): boolean[] {
  return blocks.map(
    (_, node) =>
      node === order[0] ||
      isLoopHead[node] === true ||
      (predecessors[node] as readonly number[]).some((p) => blocks[p]?.end.kind === 'call'),
  );
}

/** Steps at most from the beginning of each block to the next place where the budget is looked at. */
export function stepsAhead(blocks: readonly Block[], checks: readonly boolean[], shape: Shape): number[] {
  const ahead = blocks.map(() => 0);
  for (const node of shape.order.toReversed()) {
    const onward = (shape.successors[node] as readonly number[]).filter((to) => checks[to] !== true);
    ahead[node] = (blocks[node]?.insns.length ?? 0) + Math.max(0, ...onward.map((to) => ahead[to] as number));
  }
  return ahead;
}
