/**
 * Whether a history could have come from one machine that does one operation after another, each between its question
 * and its answer. Keys are independent, so each is decided alone. After Wing and Gong (1993) with Lowe's memory of what
 * was tried: exact, with no heuristics.
 */
import { type Operation, operationText } from './history.ts';
import { type Model, modelOf } from './models.ts';

/** States that are tried for one key before its history counts as too hard to decide. */
const TRIED_MAX = 2_000_000;

interface Event {
  readonly operation: Operation;
  /** Position among the key's operations, by start. */
  readonly index: number;
  readonly end: number;
}

/** Undefined when the history is linearizable; otherwise one text for each key that is not. Throws for one too hard. */
export function violations(operations: readonly Operation[]): readonly string[] {
  const byKey = Map.groupBy(operations, ({ key }) => key);
  return [...byKey].flatMap(([key, ofKey]) => {
    const stuck = explain(ofKey, modelOf(key));
    return stuck === undefined ? [] : [`${key} is not linearizable:\n${stuck}`];
  });
}

/** Undefined when the operations of one key are linearizable; otherwise how far an order goes, and what is around. */
export function explain(operations: readonly Operation[], model: Model): string | undefined {
  const events = [...operations]
    .filter(({ verb, answer }) => verb !== 'get' || answer !== undefined)
    .sort((a, b) => a.start - b.start)
    .map((operation, index): Event => {
      const { answer, end = Number.POSITIVE_INFINITY } = operation;
      return { operation, index, end: answer === undefined ? Number.POSITIVE_INFINITY : end };
    });
  const furthest = search(events, model);
  if (furthest === undefined) return undefined;
  const open = events.filter(({ index }) => !furthest.done.has(index)).slice(0, 12);
  const before = events.filter(({ index }) => furthest.done.has(index)).slice(-6);
  const lines = (some: readonly Event[]): string =>
    some.map(({ operation }) => `  ${operationText(operation)}`).join('\n');
  return `in some order:\n${lines(before)}\nthen the state is ${furthest.state}, and none fits of\n${lines(open)}`;
}

interface Furthest {
  readonly done: ReadonlySet<number>;
  readonly state: string;
}

/** Depth first over sets of operations that are done; undefined when every answered one can be. */
function search(events: readonly Event[], model: Model): Furthest | undefined {
  const answered = events.filter(({ end }) => end !== Number.POSITIVE_INFINITY).length;
  const tried = new Set<string>();
  const done = new Set<number>();
  const path: { readonly index: number; readonly before: string; next: number }[] = [];
  let state = model.initial;
  let answeredDone = 0;
  let furthest: Furthest = { done: new Set(), state };
  let most = -1;
  let from = 0;
  for (;;) {
    if (answeredDone === answered) return undefined;
    if (answeredDone > most) {
      most = answeredDone;
      furthest = { done: new Set(done), state };
    }
    const next = candidate(events, done, from, (event) => {
      const after = model.step(state, event.operation);
      if (after === undefined) return undefined;
      const name = nameOf(events, done, event.index, after);
      if (tried.has(name)) return undefined;
      tried.add(name);
      if (tried.size > TRIED_MAX) throw new Error(`too hard to decide: ${events[0]!.operation.key}`);
      return after;
    });
    if (next !== undefined) {
      path.push({ index: next.event.index, before: state, next: next.event.index + 1 });
      done.add(next.event.index);
      if (next.event.end !== Number.POSITIVE_INFINITY) answeredDone++;
      state = next.after;
      from = 0;
      continue;
    }
    const last = path.pop();
    if (last === undefined) return furthest;
    done.delete(last.index);
    if (events[last.index]!.end !== Number.POSITIVE_INFINITY) answeredDone--;
    state = last.before;
    from = last.next;
  }
}

/** The first operation from `from` on that may be next (nothing open has ended before it began) and that `fits`. */
function candidate(
  events: readonly Event[],
  done: ReadonlySet<number>,
  from: number,
  fits: (event: Event) => string | undefined,
): { readonly event: Event; readonly after: string } | undefined {
  let firstEnd = Number.POSITIVE_INFINITY;
  for (const event of events) {
    if (event.operation.start > firstEnd) return undefined;
    if (done.has(event.index)) continue;
    firstEnd = Math.min(firstEnd, event.end);
    if (event.index < from) continue;
    const after = fits(event);
    if (after !== undefined) return { event, after };
  }
  return undefined;
}

/** Which operations are done and the state: all below the first open one, then those beyond it by number. */
function nameOf(events: readonly Event[], done: ReadonlySet<number>, added: number, state: string): string {
  const is = (index: number): boolean => index === added || done.has(index);
  let low = 0;
  while (low < events.length && is(low)) low++;
  const beyond: number[] = [];
  for (let index = low + 1, left = done.size + 1 - low; left > 0; index++) {
    if (!is(index)) continue;
    beyond.push(index);
    left--;
  }
  return `${low}/${beyond.join(',')}/${state}`;
}
