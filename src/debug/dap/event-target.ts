/**
 * A timeline that stops at events too while it is continued: inputs, interrupts, exceptions, system calls. The gdb
 * protocol has no word for them. gdb is told that the history goes no further, and here is why it really stopped.
 *
 * Giving up lasts until something new is begun: a debugger that looks at each stop whether a condition holds goes on by
 * many short movements, and one of them alone would end in no time.
 */

import type { Tick } from '../../lib/brands.ts';
import { TimelineTarget } from '../gdb/timeline-target.ts';
import { Interrupted, type Pace, type Stop, type StopEvent, type StopRequests } from '../timeline/timeline.ts';

export class EventTarget extends TimelineTarget {
  /** Asked for. */
  wanted: ReadonlySet<StopEvent> = new Set();
  #armed = false;
  #givenUp = false;
  #met: (Stop & { kind: 'event' }) | undefined;

  /** What is begun now stops at events, or not. */
  begin(armed: boolean): void {
    this.#armed = armed;
    this.#givenUp = false;
    this.#met = undefined;
  }

  /** What goes on by movements forwards or backwards is to end. */
  giveUp(): void {
    this.#givenUp = true;
  }

  /** The event that the last movement ended at. */
  get met(): (Stop & { kind: 'event' }) | undefined {
    return this.#met?.tick === this.now ? this.#met : undefined;
  }

  override async forward(stops: StopRequests, limit: Tick, pace?: Pace): Promise<Stop> {
    this.#mayGo();
    return this.#noted(await super.forward(this.#with(stops), limit, pace));
  }
  override async backward(stops: StopRequests, limit: Tick, pace?: Pace): Promise<Stop> {
    this.#mayGo();
    return this.#noted(await super.backward(this.#with(stops), limit, pace));
  }

  #mayGo(): void {
    if (this.#givenUp) throw new Interrupted(`interrupted at tick ${this.now}`);
  }
  #with(stops: StopRequests): StopRequests {
    return this.#armed && this.wanted.size > 0 ? { ...stops, events: this.wanted } : stops;
  }
  #noted(stop: Stop): Stop {
    this.#met = stop.kind === 'event' ? stop : undefined;
    return stop;
  }
}
