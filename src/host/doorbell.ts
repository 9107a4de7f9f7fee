/**
 * Wakes one thread from others. Each thread that sleeps has one bell, rung for everything that may concern it: a
 * message in its ring, room in a ring it writes to, a word in the shared counters. A ring between looking and sleeping
 * is not lost: take `rings` first, look, and only then wait for it to change.
 */

export class Doorbell {
  readonly #word: Int32Array;

  /** `memory` is at least 4 bytes of shared memory at zero, the same for every thread. */
  constructor(memory: SharedArrayBuffer) {
    this.#word = new Int32Array(memory, 0, 1);
  }

  /** How often it was rung, modulo 2^32. */
  get rings(): number {
    return Atomics.load(this.#word, 0);
  }

  ring(): void {
    Atomics.add(this.#word, 0, 1);
    Atomics.notify(this.#word, 0);
  }

  /** Blocks the thread until the bell has been rung more than `seen` times, at most `timeoutMs`. */
  wait(seen: number, timeoutMs: number): void {
    Atomics.wait(this.#word, 0, seen, timeoutMs);
  }

  /** The same without blocking. Does not keep the process alive. */
  async rung(seen: number): Promise<void> {
    const wait = Atomics.waitAsync(this.#word, 0, seen);
    if (wait.async) await wait.value;
  }
}
