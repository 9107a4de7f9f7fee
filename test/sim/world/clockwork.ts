/**
 * Simulated time: a queue of what happens when. Microseconds. What is due at one moment happens in the order in which
 * it was asked for.
 */

export class Alarm {
  readonly time: number;
  readonly order: number;
  run: (() => void) | undefined;

  constructor(time: number, order: number, run: () => void) {
    this.time = time;
    this.order = order;
    this.run = run;
  }

  cancel(): void {
    this.run = undefined;
  }
}

export class Clockwork {
  #now = 0;
  #order = 0;
  #steps = 0;
  /** Until when it runs at present. */
  #limit = 0;
  readonly #heap: Alarm[] = [];

  get now(): number {
    return this.#now;
  }

  /** Things that have happened. */
  get steps(): number {
    return this.#steps;
  }

  at(time: number, run: () => void): Alarm {
    const alarm = new Alarm(Math.max(time, this.#now), this.#order++, run);
    this.#push(alarm);
    return alarm;
  }

  after(delay: number, run: () => void): Alarm {
    return this.at(this.#now + delay, run);
  }

  /**
   * Goes to `time` at once, when nothing else is due until then, and says whether it did: who asks does there what it
   * would have asked for with `at`.
   */
  skipTo(time: number): boolean {
    const heap = this.#heap;
    while (heap.length > 0 && heap[0]!.run === undefined) this.#pop();
    const next = heap[0];
    if (time > this.#limit || (next !== undefined && next.time <= time)) return false;
    this.#now = Math.max(time, this.#now);
    this.#steps++;
    return true;
  }

  /** Everything that is due up to `time`, or until `done` says so after a step. */
  runUntil(time: number, done: () => boolean = () => false): void {
    this.#limit = time;
    for (let next = this.#heap[0]; next !== undefined && next.time <= time; next = this.#heap[0]) {
      this.#pop();
      const { run } = next;
      if (run === undefined) continue;
      this.#now = next.time;
      this.#steps++;
      run();
      if (done()) return;
    }
    this.#now = Math.max(this.#now, time);
  }

  #push(alarm: Alarm): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(alarm);
    while (at > 0) {
      const up = (at - 1) >> 1;
      if (!before(alarm, heap[up]!)) break;
      heap[at] = heap[up]!;
      at = up;
    }
    heap[at] = alarm;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let down = 2 * at + 1;
      if (down >= heap.length) break;
      if (down + 1 < heap.length && before(heap[down + 1]!, heap[down]!)) down++;
      if (!before(heap[down]!, last)) break;
      heap[at] = heap[down]!;
      at = down;
    }
    heap[at] = last;
  }
}

const before = (a: Alarm, b: Alarm): boolean => a.time < b.time || (a.time === b.time && a.order < b.order);
