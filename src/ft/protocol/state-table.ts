/** A state machine as a table: for each state the events that it takes, each with what is done. Others are ignored. */

export type Row<E extends { readonly kind: string }> = {
  readonly [K in E['kind']]?: (event: Extract<E, { readonly kind: K }>, now: number) => void;
};

export type StateTable<S extends string, E extends { readonly kind: string }> = { readonly [state in S]: Row<E> };

/** Does what the table has for this event in this state. */
export function dispatch<S extends string, E extends { readonly kind: string }>(
  table: StateTable<S, E>,
  state: S,
  event: E,
  now: number,
): void {
  const row: { readonly [kind: string]: ((event: never, now: number) => void) | undefined } = table[state];
  row[event.kind]?.(event as never, now);
}
