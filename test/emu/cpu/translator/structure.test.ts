/** The shape of control flow: against plain definitions on random graphs, and as guest code that takes every way. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createInterpreter } from '../../../../src/emu/cpu/interpreter/interpreter.ts';
import { type Shape, shapeOf } from '../../../../src/emu/cpu/translator/structure.ts';
import { runScenario, type Scenario, translating } from './scenario.ts';

type Graph = readonly (readonly number[])[];

const graphs = fc
  .integer({ min: 1, max: 12 })
  .chain((nodes) => fc.array(fc.array(fc.nat(nodes - 1), { maxLength: 3 }), { minLength: nodes, maxLength: nodes }));

/** Nodes reached from the entry without passing through one. */
function reached(graph: Graph, without = -1): Set<number> {
  const seen = new Set<number>();
  const waiting = without === 0 ? [] : [0];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    waiting.push(...(graph[node] as readonly number[]).filter((to) => to !== without));
  }
  return seen;
}
const dominates = (graph: Graph, a: number, b: number): boolean => a === b || !reached(graph, a).has(b);
/** The nearest of the other dominators: the one that all others dominate. */
function immediateDominator(graph: Graph, node: number): number | undefined {
  const above = [...reached(graph)].filter((a) => a !== node && dominates(graph, a, node));
  return above.find((a) => above.every((b) => dominates(graph, b, a)));
}
const edges = (graph: Graph, nodes: ReadonlySet<number>): [number, number][] =>
  graph.flatMap((targets, from) => (nodes.has(from) ? targets.map((to): [number, number] => [from, to]) : []));
const isBack = ({ position }: Shape, [from, to]: readonly [number, number]): boolean =>
  (position[to] as number) <= (position[from] as number);

const withShape = (check: (graph: Graph, shape: Shape, nodes: ReadonlySet<number>) => void): void =>
  fc.assert(
    fc.property(graphs, (graph) => check(graph, shapeOf(graph), reached(graph))),
    { numRuns: 400 },
  );

describe('of a random graph', () => {
  test('every node that is reached has its place in the order, and the entry the first', () =>
    withShape((_, { order, position }, nodes) => {
      expect(new Set(order)).toEqual(nodes);
      expect(order).toHaveLength(nodes.size);
      expect(order[0]).toBe(0);
      for (const [i, node] of order.entries()) expect(position[node]).toBe(i);
    }));

  test('exactly the edges back to nodes that do not dominate are cut, and all nodes stay reached', () =>
    withShape((graph, shape, nodes) => {
      const kept = edges(graph, nodes).filter((edge) => !isBack(shape, edge) || dominates(graph, edge[1], edge[0]));
      expect(edges(shape.successors, nodes)).toEqual(kept);
      expect(reached(shape.successors)).toEqual(nodes);
    }));

  test('edges back lead to loop heads, which dominate; predecessors are edges turned round', () =>
    withShape((_, shape, nodes) => {
      const kept = edges(shape.successors, nodes);
      const heads = kept.filter((edge) => isBack(shape, edge)).map(([, to]) => to);
      for (const [from, to] of kept.filter((edge) => isBack(shape, edge))) {
        expect(dominates(shape.successors, to, from)).toBe(true);
      }
      for (const node of nodes) {
        expect(shape.isLoopHead[node]).toBe(heads.includes(node));
        const from = kept.filter(([, to]) => to === node).map(([source]) => source);
        expect([...(shape.predecessors[node] as readonly number[])].sort()).toEqual(from.sort());
      }
    }));

  test('merges stand with their immediate dominator, the last in order first', () =>
    withShape((_, shape, nodes) => {
      const forward = edges(shape.successors, nodes).filter((edge) => !isBack(shape, edge));
      for (const node of nodes) {
        const isMerge = forward.filter(([, to]) => to === node).length > 1;
        expect(shape.isMerge[node]).toBe(isMerge);
        const owners = [...nodes].filter((owner) => shape.merges[owner]?.includes(node));
        expect(owners).toEqual(isMerge ? [immediateDominator(shape.successors, node)] : []);
        const places = (shape.merges[node] as readonly number[]).map((merge) => shape.position[merge] as number);
        expect(places).toEqual(places.toSorted((a, b) => b - a));
      }
    }));
});

test('a graph of loops within loops is left whole', () => {
  const graph = [[1], [2, 5], [3, 4], [2], [1], [0, 6], []];
  const shape = shapeOf(graph);
  expect(shape.successors).toEqual(graph);
  expect(shape.isLoopHead).toEqual([true, true, true, false, false, false, false]);
});

test('a loop that is entered in two places loses one edge', () => {
  const shape = shapeOf([[1, 2], [2], [1]]);
  expect(shape.successors.flat()).toHaveLength(3);
  expect(shape.isLoopHead).toEqual([false, false, false]);
});

/** Blocks that leave a trace in a1, and go one of two ways by what they have made of a0. */
const guestOf = (graph: Graph): Scenario => ({
  name: 'random graph',
  ticks: 1500,
  setUp: ({ machine }) => machine.setX(10, 0x1234_5678_9abc_def1n),
  code: graph
    .map((targets, node) => {
      const [taken = node, next = taken] = targets;
      return `
block${node}: slli t0, a0, 13
  xor a0, a0, t0
  srli t0, a0, 7
  xor a0, a0, t0
  slli t0, a0, 17
  xor a0, a0, t0
  sh1add a1, a1, a1
  addi a1, a1, ${node + 1}
  andi t0, a0, ${16 << (node & 3)}
  bne t0, zero, block${taken}
  j block${next}`;
    })
    .join('\n'),
});

test('guest code of any shape takes the way that the interpreter takes', () => {
  fc.assert(
    fc.property(graphs, fc.array(fc.nat(1499), { maxLength: 8 }), fc.constantFrom(1, 2, 5), (graph, stops, hot) => {
      const scenario = guestOf(graph);
      const at = stops.map(BigInt);
      const found = runScenario(scenario, { stops: at, engine: translating({ hot }) });
      const wanted = runScenario(scenario, { stops: at, engine: createInterpreter });
      expect(found.states).toEqual(wanted.states);
      expect(found.compiledTicks).toBeGreaterThan(300);
    }),
    { numRuns: 60 },
  );
});
