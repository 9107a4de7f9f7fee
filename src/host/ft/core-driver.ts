/**
 * Runs a protocol core on the clock of this process: events in, effects carried out in order, one timer for the
 * deadline. Decides nothing. An event that comes while effects are carried out waits for its turn.
 */

import { clockMs } from './clock.ts';

/** Primary or Backup of the protocol core. */
export interface Core<Event, Effect> {
  handle(event: Event, nowMs: number): readonly Effect[];
  readonly deadline: number | undefined;
}

export class CoreDriver<Event, Effect> {
  readonly #core: Core<Event | { readonly kind: 'time' }, Effect>;
  readonly #carryOut: (effect: Effect) => void;
  readonly #handled: () => void;
  #waiting: (Event | { readonly kind: 'time' })[] = [];
  #busy = false;
  #stopped = false;
  #timer: NodeJS.Timeout | undefined;
  #timerAt = 0;

  /** `handled`: called when events, or the deadline, have had their effects. */
  constructor(
    core: Core<Event | { readonly kind: 'time' }, Effect>,
    carryOut: (effect: Effect) => void,
    handled: () => void = () => {},
  ) {
    this.#core = core;
    this.#carryOut = carryOut;
    this.#handled = handled;
  }

  /** To be called once at the start too, with nothing: the core's first deadline. */
  tell(...events: readonly (Event | { readonly kind: 'time' })[]): void {
    this.#waiting.push(...events);
    if (this.#busy) return;
    this.#busy = true;
    try {
      while (this.#waiting.length > 0 && !this.#stopped) {
        const now = this.#waiting;
        this.#waiting = [];
        for (const event of now) {
          for (const effect of this.#core.handle(event, clockMs())) this.#carryOut(effect);
        }
      }
    } finally {
      this.#busy = false;
    }
    this.#handled();
    this.#arm();
  }

  /** No event has an effect any more. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #arm(): void {
    const { deadline } = this.#core;
    if (this.#stopped || deadline === undefined) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      return;
    }
    // One that comes early finds nothing to do and is set again: most deadlines move on before they come.
    if (this.#timer !== undefined && this.#timerAt <= deadline) return;
    clearTimeout(this.#timer);
    this.#timerAt = deadline;
    this.#timer = setTimeout(() => this.#ring(), Math.max(0, Math.ceil(deadline - clockMs())));
  }

  /** A process that was held up has things to read: these come first, for silence is no silence then. */
  #ring(): void {
    this.#timer = undefined;
    setImmediate(() => {
      const { deadline } = this.#core;
      if (deadline !== undefined && clockMs() >= deadline) this.tell({ kind: 'time' });
      else this.#arm();
    });
  }
}
