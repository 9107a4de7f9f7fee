/**
 * A protocol core where it sits in a node: its events come in jobs of the main thread, its deadline is kept, and its
 * effects are carried out one by one.
 */

import type { Actor } from '../world/actor.ts';
import type { Alarm } from '../world/clockwork.ts';
import type { Surroundings } from '../world/surroundings.ts';
import type { Core } from './core.ts';
import type { NodeClock } from './node-clock.ts';

export interface SeatParts<Effect> {
  /** For probes. */
  readonly name: 'A' | 'B';
  readonly world: Surroundings;
  readonly main: Actor;
  readonly clock: NodeClock;
  /** Carries one effect out. */
  readonly carryOut: (effect: Effect) => void;
  /** After every event, before its effects. */
  readonly handled?: () => void;
}

export class Seat<Event extends { readonly kind: string }, Effect extends { readonly kind: string }> {
  readonly #core: Core<Event, Effect>;
  readonly #parts: SeatParts<Effect>;
  #deadline: Alarm | undefined;
  #timeWanted = false;
  #left = false;

  constructor(core: Core<Event, Effect>, parts: SeatParts<Effect>) {
    this.#core = core;
    this.#parts = parts;
    this.#setDeadline();
  }

  get state(): string {
    return this.#core.state;
  }

  /** Its deadline has passed. */
  get isDue(): boolean {
    return !this.#left && this.#core.deadline !== undefined && this.#core.deadline <= this.#parts.clock.nowMs;
  }

  /** In a job of the main thread: to the core, and what comes of it. */
  handle(event: Event): void {
    const { name, world, main, clock, handled } = this.#parts;
    if (this.#left) return;
    world.probe(probesOf(name, nameOf(event)).on);
    if (main.state === 'dead') return;
    const effects = this.#core.handle(event, clock.nowMs);
    handled?.();
    for (let i = effects.length - 1; i >= 0; i--) {
      const effect = effects[i]!;
      main.again(() => this.#effect(effect));
    }
    this.#setDeadline();
  }

  post(event: Event): void {
    this.#parts.main.post(() => this.handle(event));
  }

  /** The clock goes otherwise than before. */
  clockChanged(): void {
    if (!this.#left) this.#setDeadline();
  }

  /** Nothing has an effect any more. */
  leave(): void {
    this.#left = true;
    this.#deadline?.cancel();
  }

  #effect(effect: Effect): void {
    const { name, world, main } = this.#parts;
    const what = nameOf(effect);
    world.trace.note(name, what);
    world.probe(probesOf(name, what).before);
    if (main.state === 'dead') return;
    if (main.state === 'stopped') main.again(() => this.#effectNow(effect, what));
    else this.#effectNow(effect, what);
  }

  #effectNow(effect: Effect, what: string): void {
    const { name, world, carryOut } = this.#parts;
    carryOut(effect);
    world.probe(probesOf(name, what).after);
  }

  #setDeadline(): void {
    const { world, main, clock } = this.#parts;
    const { deadline } = this.#core;
    const at = deadline === undefined ? undefined : clock.worldUs(deadline);
    if (this.#deadline?.run !== undefined && this.#deadline.time === at) return;
    this.#deadline?.cancel();
    if (at === undefined) return;
    this.#deadline = world.clockwork.at(at, () => {
      this.#deadline = undefined;
      if (this.#timeWanted) return;
      this.#timeWanted = true;
      main.post(() => {
        this.#timeWanted = false;
        this.handle({ kind: 'time' } as unknown as Event);
      });
    });
  }
}

/** For probes: the kind, and of a message its own kind too. */
export function nameOf(what: {
  readonly kind: string;
  readonly message?: { readonly kind: string };
  readonly output?: { readonly device: string };
}): string {
  const { kind, message, output } = what;
  if (message !== undefined) return joined(kind, message.kind);
  if (output !== undefined) return joined(kind, output.device);
  return kind;
}

/** There are few names, and many that ask for them: each is put together once. */
const names = new Map<string, Map<string, string>>();

function joined(first: string, second: string): string {
  const seconds = names.get(first) ?? new Map<string, string>();
  if (seconds.size === 0) names.set(first, seconds);
  const name = seconds.get(second) ?? `${first}.${second}`;
  if (!seconds.has(second)) seconds.set(second, name);
  return name;
}

interface Probes {
  readonly on: string;
  readonly before: string;
  readonly after: string;
}

const probes: { readonly [name in 'A' | 'B']: Map<string, Probes> } = { A: new Map(), B: new Map() };

function probesOf(name: 'A' | 'B', what: string): Probes {
  let found = probes[name].get(what);
  if (found === undefined) {
    found = { on: `${name}.on.${what}`, before: `${name}.before.${what}`, after: `${name}.after.${what}` };
    probes[name].set(what, found);
  }
  return found;
}
