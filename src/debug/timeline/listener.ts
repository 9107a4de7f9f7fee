/**
 * Hears a replay: what the guest's console says and what the log gives the machine. Both come at ticks that the session
 * knows, so these stops need no look at single steps.
 */

import type { Output } from '../../emu/machine/events.ts';
import { type Tick, tick } from '../../lib/brands.ts';
import { ConsoleLines, DEFAULT_CONSOLE } from '../../session/console-lines.ts';
import type { InputRecord } from '../../session/translate.ts';
import type { ReplayEars } from './replay.ts';
import type { Hit, StopRequests } from './stops.ts';

interface Listening {
  readonly line: RegExp | undefined;
  readonly inputs: boolean;
  readonly after: Tick;
}

export class Listener implements ReplayEars {
  readonly lines = new ConsoleLines();
  readonly #console: string;
  #listening: Listening | undefined;
  #hits: Hit[] = [];
  #toldInput: InputRecord | undefined;

  /** `terminal`: the console whose lines are matched. */
  constructor(terminal: string | undefined) {
    this.#console = terminal ?? DEFAULT_CONSOLE;
  }

  /** From now on, hits that end forwards after `after` are kept. */
  listen({ consoleMatch, events }: StopRequests, after: Tick): void {
    // Without the flags by which an expression remembers where it was.
    const line = consoleMatch && new RegExp(consoleMatch.source, consoleMatch.flags.replaceAll(/[gy]/g, ''));
    this.#listening = { line, inputs: events?.has('input') === true, after };
    this.#hits = [];
    this.#toldInput = undefined;
  }

  rest(): void {
    this.#listening = undefined;
  }

  /** Hits since the last call, in order. */
  take(): readonly Hit[] {
    const hits = this.#hits;
    this.#hits = [];
    return hits;
  }

  output(output: Output, at: Tick): void {
    if (output.kind !== 'console' || output.device !== this.#console) return;
    for (const line of this.lines.add(output.bytes)) {
      const listening = this.#listening;
      if (listening?.line?.test(line) !== true || at <= listening.after) continue;
      this.#hits.push({ reason: { kind: 'console', line }, forwards: at, backwards: at });
    }
  }

  input(record: InputRecord): boolean {
    const listening = this.#listening;
    if (listening === undefined || !listening.inputs || record.kind === 'clock') return false;
    if (record.tick <= listening.after || record === this.#toldInput) return false;
    this.#toldInput = record;
    const at = tick(record.tick);
    const reason = { kind: 'event', event: 'input', detail: inputText(record) } as const;
    this.#hits.push({ reason, forwards: at, backwards: at });
    return true;
  }
}

function inputText(record: InputRecord): string {
  switch (record.kind) {
    case 'clock':
      return 'clock';
    case 'console':
      return `console ${record.device}, ${record.bytes.length} bytes`;
    case 'packet':
      return `packet ${record.device}, ${record.frame.length} bytes`;
    case 'disk':
      return `disk ${record.device}, request ${record.request}, ${record.data.length} bytes`;
    case 'entropy':
      return `entropy ${record.device}, ${record.bytes.length} bytes`;
    case 'control':
      return `control ${record.action}`;
    case 'share':
      return `share ${record.percent} %`;
    default:
      return record.kind;
  }
}
