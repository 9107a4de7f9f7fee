/**
 * Something that faults change while they last. Several may at a time: each changes what the ones before have made of
 * it, and when the last is over it is as it was before the first.
 */
export class Lasting<T> {
  readonly #normal: T;
  readonly #set: (value: T) => void;
  readonly #changes = new Set<(value: T) => T>();

  /** `normal`: how it is now. */
  constructor(normal: T, set: (value: T) => void) {
    this.#normal = normal;
    this.#set = set;
  }

  /** Gives what ends it. `change` is told, too, how it is without any. */
  begin(change: (value: T, normal: T) => T): () => void {
    const one = (value: T): T => change(value, this.#normal);
    this.#changes.add(one);
    this.#apply();
    return () => {
      this.#changes.delete(one);
      this.#apply();
    };
  }

  #apply(): void {
    let value = this.#normal;
    for (const change of this.#changes) value = change(value);
    this.#set(value);
  }
}
