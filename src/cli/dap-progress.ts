/** A long way through a recording, told to an editor: from the moment it gets long, with the part done in percent. */

import type { DebuggerPorts } from '../debug/dap/debugger.ts';
import type { Progress } from '../debug/timeline/timeline.ts';
import { count } from './text.ts';

const TOLD_AFTER_MS = 500;
const INTERVAL_MS = 250;
const HEARD_MS = 1000;

export class TravelReport {
  readonly #ports: Pick<DebuggerPorts, 'progress'>;
  #last = 0;
  #beganMs: number | undefined;
  #toldMs: number | undefined;
  #heardMs = 0;

  constructor(ports: Pick<DebuggerPorts, 'progress'>) {
    this.#ports = ports;
  }

  /** Lets other things happen. True once a second. */
  async breathe({ at, from, to }: Progress): Promise<boolean> {
    const now = performance.now();
    this.#beganMs ??= now;
    if (now - this.#beganMs > TOLD_AFTER_MS && now - (this.#toldMs ?? 0) > INTERVAL_MS) {
      const way = Number(to - from);
      const percentage = way === 0 ? 0 : Math.min(100, Math.max(0, Math.round((Number(at - from) * 100) / way)));
      const message = `at tick ${count(at)}`;
      if (this.#toldMs === undefined) this.#begin(to < from ? 'Going back' : 'Replaying', message, percentage);
      else this.#ports.progress('progressUpdate', { progressId: this.#id, message, percentage });
      this.#toldMs = now;
    }
    await new Promise(setImmediate);
    if (now - this.#heardMs < HEARD_MS) return false;
    this.#heardMs = now;
    return true;
  }

  /** There is nothing to wait for. */
  rested(): void {
    if (this.#toldMs !== undefined) this.#ports.progress('progressEnd', { progressId: this.#id });
    this.#beganMs = undefined;
    this.#toldMs = undefined;
  }

  get #id(): string {
    return `way-${this.#last}`;
  }

  #begin(title: string, message: string, percentage: number): void {
    this.#last += 1;
    this.#ports.progress('progressStart', { progressId: this.#id, title, message, percentage, cancellable: false });
  }
}
