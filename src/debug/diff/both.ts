/** The two sides of a comparison. */

export type Side = 'a' | 'b';

export interface Both<T> {
  readonly a: T;
  readonly b: T;
}

export const SIDES: readonly Side[] = ['a', 'b'];
export const other = (side: Side): Side => (side === 'a' ? 'b' : 'a');

/** Something for each side, made one after the other. */
export const both = <T>(make: (side: Side) => T): Both<T> => ({ a: make('a'), b: make('b') });
