/**
 * Whether what clients were told could have come from one machine that does one thing after another. For a counter that
 * only goes up this is decided exactly: operations are ordered by the number they were given (adding before reading
 * it), and that order must not go against the clock.
 */

import { Op } from '../guest/packets.ts';
import type { Operation } from '../world/clients.ts';

/** The first contradiction, or undefined. */
export function contradiction(history: readonly Operation[]): string | undefined {
  const groups = new Map<string, Operation[]>();
  for (const operation of history) {
    const { op, key } = operation.request;
    if (op !== Op.add && op !== Op.durable && op !== Op.read) continue;
    const name = `${op === Op.add ? 'memory' : 'disk'} ${key}`;
    groups.set(name, [...(groups.get(name) ?? []), operation]);
  }
  for (const [name, operations] of groups) {
    const found = counterContradiction(operations);
    if (found !== undefined) return `counter ${name}: ${found}`;
  }
  return undefined;
}

function counterContradiction(operations: readonly Operation[]): string | undefined {
  const done = operations.filter(({ completed }) => completed !== undefined);
  const adds = done.filter(({ request }) => request.op !== Op.read);
  const given = new Set<number>();
  for (const { value } of adds) {
    if (given.has(value)) return `${value} was given twice`;
    given.add(value);
  }
  const open = operations.length - done.length;
  const highest = done.reduce((most, { value }) => Math.max(most, value), 0);
  if (highest > adds.length + open) return `${highest} after ${adds.length} answers and ${open} without`;
  // By completion: the highest number answered before each moment.
  const byEnd = [...done].sort((a, b) => a.completed! - b.completed!);
  const byStart = [...done].sort((a, b) => a.invoked - b.invoked);
  let seen = 0;
  let at = 0;
  for (const operation of byStart) {
    for (; at < byEnd.length && byEnd[at]!.completed! < operation.invoked; at++)
      seen = Math.max(seen, byEnd[at]!.value);
    const least = operation.request.op === Op.read ? seen : seen + 1;
    if (operation.value < least)
      return `${operation.value} was answered to a question asked after ${seen} had been answered`;
  }
  return undefined;
}
