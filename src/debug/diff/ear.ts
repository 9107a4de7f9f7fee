/**
 * Listens to a run that goes back and forth: what it hears counts once the run is marked or over, and what came after
 * the mark that the run goes back to is forgotten.
 */

import type { Output } from '../../emu/machine/events.ts';
import type { Tick } from '../../lib/brands.ts';
import type { Listener } from './run.ts';
import { type Said, SaidReader } from './said.ts';

const LINES_KEPT = 4;

/** What an ear knows at a mark. */
interface Heard {
  readonly begun: ReadonlyMap<string, readonly number[]>;
  readonly lately: readonly Said[];
}

export class Ear implements Listener {
  #reader = new SaidReader((said) => this.#take(said));
  /** Heard since the last mark. */
  #pending: { readonly output: Output; readonly tick: Tick }[] = [];
  #lately: readonly Said[] = [];
  /** Where things said go from now on. What has gone there is not taken back. */
  sink: ((said: Said) => void) | undefined;

  /** The last things said on consoles. */
  get lately(): readonly Said[] {
    return this.#lately;
  }

  hear(output: Output, tick: Tick): void {
    const kept = output.kind === 'console' ? { ...output, bytes: output.bytes.slice() } : output;
    this.#pending.push({ output: kept, tick });
  }

  mark(): Heard {
    for (const { output, tick } of this.#pending) this.#reader.read(output, tick);
    this.#pending = [];
    return { begun: this.#reader.begun, lately: this.#lately };
  }

  back(to: unknown): void {
    const { begun, lately } = to as Heard;
    this.#pending = [];
    this.#reader = new SaidReader((said) => this.#take(said), begun);
    this.#lately = lately;
  }

  /** For `back`: nothing said lately, and these lines begun, by console. */
  having(begun: ReadonlyMap<string, readonly number[]>): unknown {
    return { begun, lately: [] } satisfies Heard;
  }

  end(): void {
    this.mark();
    this.#reader.end();
  }

  #take(said: Said): void {
    if (said.stream.startsWith('console')) this.#lately = [...this.#lately, said].slice(-LINES_KEPT);
    this.sink?.(said);
  }
}
