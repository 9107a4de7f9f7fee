/** The words of gdb's `monitor`, for a console without gdb. */

import { monitor } from '../../gdb/monitor.ts';
import { type Desk, WORDS } from '../../gdb/monitor-words.ts';
import type { DebugTarget } from '../../gdb/target.ts';
import type { Pace } from '../../timeline/timeline.ts';
import { Interrupted } from '../../timeline/timeline.ts';

const PREFIX = /^\s*mon(itor)?\s+/;

export class PlainConsole {
  readonly #desk: Desk;

  constructor(target: DebugTarget, pace: Pace, live: () => Promise<string>) {
    this.#desk = {
      target,
      hart: () => 0,
      pace,
      looksAgain: true,
      checkpoints: new Map(),
      intoTraps: false,
      live,
      moved: () => {},
    };
  }

  get intoTraps(): boolean {
    return this.#desk.intoTraps;
  }

  knows(line: string): boolean {
    if (PREFIX.test(line)) return true;
    const words = line.trim().split(/\s+/);
    return words[0] === 'help' || WORDS.some(({ name }) => name === words[0] || name === words.slice(0, 2).join(' '));
  }

  /** What it prints. */
  async run(line: string): Promise<string> {
    try {
      return await monitor(line.replace(PREFIX, ''), this.#desk);
    } catch (error) {
      if (error instanceof Interrupted) return 'interrupted\n';
      throw error;
    }
  }
}
