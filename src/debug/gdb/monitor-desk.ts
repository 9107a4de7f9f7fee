/**
 * What `monitor` works at for one debugger: its lines in, text out in packets, and what is to be told when gdb next
 * takes text. gdb manual, "General Query Packets" (qRcmd) and "Stop Reply Packets" (O).
 */

import type { Tick } from '../../lib/brands.ts';
import { Interrupted, type Pace } from '../timeline/pace.ts';
import { hexOfText, textOfHex } from './hex.ts';
import { monitor } from './monitor.ts';
import type { Desk } from './monitor-words.ts';
import type { DebugTarget } from './target.ts';

export interface DeskPorts extends Pace {
  /** Sends a packet ahead of the answer. */
  print(body: string): void;
  live(at: Tick): Promise<string>;
  readonly ownGdb: boolean;
}

const PRINT_MAX = 1024;

export class MonitorDesk {
  readonly #ports: DeskPorts;
  readonly #desk: Desk;
  #toTell: string | undefined;

  /** `hart`: the one that gdb looks at; `moved`: the guest stands elsewhere in time. */
  constructor(target: DebugTarget, ports: DeskPorts, hart: () => number, moved: () => void) {
    this.#ports = ports;
    this.#desk = {
      target,
      hart,
      moved,
      pace: ports,
      looksAgain: ports.ownGdb,
      checkpoints: new Map(),
      intoTraps: false,
      live: (at) => ports.live(at),
    };
  }

  /** Whether steps go into traps. */
  get intoTraps(): boolean {
    return this.#desk.intoTraps;
  }

  /** The answer to qRcmd; what the line gives is printed before. */
  async run(hexLine: string): Promise<string> {
    const line = textOfHex(hexLine);
    if (line === undefined) return 'E.malformed packet';
    this.tellNow();
    try {
      this.print(await monitor(line, this.#desk));
    } catch (error) {
      // gdb has told its user. It takes one packet more, and must not find another one lying there later.
      if (!(error instanceof Interrupted)) throw error;
    }
    return 'OK';
  }

  /** For gdb's user, when gdb next takes text; one of our own has read it on the terminal. */
  tellLater(text: string): void {
    if (!this.#ports.ownGdb) this.#toTell = text;
  }

  /** gdb takes text now. */
  tellNow(): void {
    if (this.#toTell !== undefined) this.print(`lockstep: ${this.#toTell}\n`);
    this.#toTell = undefined;
  }

  print(text: string): void {
    for (let at = 0; at < text.length; at += PRINT_MAX) {
      this.#ports.print(`O${hexOfText(text.slice(at, at + PRINT_MAX))}`);
    }
  }
}
