/**
 * What a guest thread reports, in order. From the state of a copy on it waits until the images that go with the copy
 * are whole at the backup: who has the state may claim, so it must have the disks too.
 */

export class CommitLine {
  #waiting: (() => void)[] | undefined;

  /** Does it now, or behind everything that waits. */
  pass(report: () => void): void {
    if (this.#waiting === undefined) report();
    else this.#waiting.push(report);
  }

  /** Everything from now on waits for `whole`, however that ends. */
  hold(whole: Promise<void>): void {
    this.#waiting ??= [];
    const go = (): void => {
      while (this.#waiting !== undefined && this.#waiting.length > 0) this.#waiting.shift()!();
      this.#waiting = undefined;
    };
    whole.then(go, go);
  }
}
