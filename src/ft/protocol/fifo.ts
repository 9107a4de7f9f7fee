/** A queue: in at the back, out at the front, both in constant time on the whole. */

const COMPACT_AT = 1024;

export class Fifo<T> {
  #items: T[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  get first(): T | undefined {
    return this.#items[this.#head];
  }

  get last(): T | undefined {
    return this.length === 0 ? undefined : this.#items.at(-1);
  }

  push(item: T): void {
    this.#items.push(item);
  }

  /** Takes the first items for as long as `wanted` holds. */
  takeWhile(wanted: (item: T) => boolean): T[] {
    const from = this.#head;
    while (this.#head < this.#items.length && wanted(this.#items[this.#head]!)) this.#head++;
    const taken = this.#items.slice(from, this.#head);
    if (this.#head >= COMPACT_AT && this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return taken;
  }

  takeAll(): T[] {
    const taken = this.#items.slice(this.#head);
    this.#items = [];
    this.#head = 0;
    return taken;
  }

  /** The item at `index` from the front. */
  at(index: number): T | undefined {
    return this.#items[this.#head + index];
  }
}
