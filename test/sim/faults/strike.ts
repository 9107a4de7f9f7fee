/** Makes faults happen in a world, and ends them. */

import type { Node } from '../node/node.ts';
import type { HostName, Link, LinkState } from '../world/network.ts';
import type { Random } from '../world/random.ts';
import type { World } from '../world/world.ts';
import { describe, type Fault } from './fault.ts';
import { Lasting } from './lasting.ts';

const HOSTS: readonly HostName[] = ['A', 'B', 'S', 'R', 'C'];

export class Faults {
  readonly #world: World;
  /** By probe. */
  readonly #waiting = new Map<string, { fault: Fault; skip: number }[]>();
  /** What ends the faults that last. */
  #ends = new Set<() => void>();
  #open = true;
  #lastAt = 0;
  /** Of those with a time: yet to come. */
  #due = 0;
  readonly struck: Fault[] = [];
  /** What faults change that may come together. */
  readonly #links = new Map<Link, Lasting<LinkState>>();
  readonly #clocks = new WeakMap<Node, Lasting<number>>();
  #disk: Lasting<number> | undefined;

  constructor(world: World, faults: readonly Fault[]) {
    this.#world = world;
    for (const fault of faults) {
      const { at } = fault;
      if (typeof at === 'number') {
        this.#due++;
        world.clockwork.at(at, () => {
          this.#due--;
          this.#strike(fault);
        });
        continue;
      }
      const list = this.#waiting.get(at.probe) ?? [];
      list.push({ fault, skip: at.skip });
      this.#waiting.set(at.probe, list);
    }
  }

  probe(name: string): void {
    if (this.#waiting.size === 0) return;
    const waiting = this.#waiting.get(name);
    if (waiting === undefined) return;
    for (const one of waiting.splice(0)) {
      if (one.skip-- > 0) waiting.push(one);
      else this.#strike(one.fault);
    }
    if (waiting.length === 0) this.#waiting.delete(name);
  }

  /** Some are yet to come at their time, or last. */
  get areDue(): boolean {
    return this.#due > 0 || this.#ends.size > 0;
  }

  /** When the last of them was over. */
  get lastAt(): number {
    return this.#lastAt;
  }

  /** No more faults; those that last are over. */
  mend(): void {
    this.#open = false;
    for (const end of [...this.#ends]) end();
  }

  #strike(fault: Fault): void {
    if (!this.#open) return;
    const world = this.#world;
    this.struck.push(fault);
    world.trace.note('fault', fault.kind, fault.us, () => describe(fault));
    world.did(`fault: ${fault.kind}`);
    if (typeof fault.at !== 'number') world.did(`at: ${fault.at.probe}`);
    const end = this.#begin(fault);
    this.#lastAt = Math.max(this.#lastAt, world.clockwork.now + (fault.kind === 'stall' ? fault.us : 0));
    if (end === undefined) return;
    const once = (): void => {
      if (!this.#ends.delete(once)) return;
      world.trace.note('fault', 'ends', 0, () => describe(fault));
      end();
      this.#lastAt = Math.max(this.#lastAt, world.clockwork.now);
    };
    this.#ends.add(once);
    world.clockwork.after(fault.us, once);
  }

  /** Gives what ends it, when it lasts. */
  #begin(fault: Fault): (() => void) | undefined {
    const { target, to, us, degree } = fault;
    const { storage, network, majority } = this.#world;
    const node = target === 'A' || target === 'B' ? this.#world.node(target) : undefined;
    switch (fault.kind) {
      case 'kill':
        node?.kill(false);
        return undefined;
      case 'crash':
        if (node === undefined || !node.alive) return undefined;
        this.#world.crash(node);
        return undefined;
      case 'stop':
        node?.stop();
        return () => node?.resume();
      case 'stall':
        node?.main.stall(us);
        return undefined;
      case 'slow': {
        const factor = 2 + degree * 10;
        node?.slow(factor);
        return () => node?.slow(1);
      }
      case 'drift': {
        const factor = degree < 0.5 ? 0.8 + 0.3 * degree : 1 + 0.5 * (degree - 0.5);
        return this.#clock(node!).begin((_, normal) => normal * factor);
      }
      case 'leap':
        node!.leap(us / 1000);
        return undefined;
      case 'full log':
        node!.logIsFull = true;
        return undefined;
      case 'full':
        storage.isFull = true;
        return () => {
          storage.isFull = false;
        };
      case 'reset': {
        for (const one of this.#world.nodes) for (const connection of one.connections()) connection.break();
        return undefined;
      }
      case 'freeze':
        storage.freeze();
        return () => storage.thaw();
      case 'restart':
        storage.restart();
        return undefined;
      case 'disk errors':
        storage.errors = 0.1 + degree * 0.6;
        return () => {
          storage.errors = 0;
        };
      case 'slow disk': {
        this.#disk ??= new Lasting(storage.latencyUs, (us) => {
          storage.latencyUs = us;
        });
        return this.#disk.begin((now, normal) => Math.max(now, normal * (2 + degree * 30)));
      }
      case 'late claims':
        storage.claimDelayUs = us;
        if (majority !== undefined) majority.delayUs = us;
        return () => {
          if (majority !== undefined) majority.delayUs = 0;
          storage.claimDelayUs = 0;
        };
      case 'lost claim replies':
        storage.losesReplies = true;
        if (majority !== undefined) majority.losesReplies = true;
        return () => {
          if (majority !== undefined) majority.losesReplies = false;
          storage.losesReplies = false;
        };
      case 'isolate':
        return this.#trouble(
          HOSTS.filter((host) => host !== target).flatMap((host) => both(network, target, host)),
          DOWN,
        );
      case 'cut':
        return this.#trouble(to === undefined ? [] : both(network, target, to), DOWN);
      case 'cut one way':
        return this.#trouble(to === undefined ? [] : [network.link(target, to)], DOWN);
      case 'cut datagrams':
        return this.#trouble(to === undefined ? [] : both(network, target, to), { datagrams: false });
      case 'cut connections':
        return this.#trouble(to === undefined ? [] : both(network, target, to), { streams: false });
      case 'swizzle':
        return this.#swizzle(us);
      case 'truncate':
        return this.#trouble(to === undefined ? [] : both(network, target, to), { truncate: 0.1 + degree * 0.9 });
      case 'lossy':
        return this.#trouble(to === undefined ? [] : both(network, target, to), {
          loss: degree * 0.5,
          duplicate: 0.1,
          reorder: 0.2,
        });
      case 'late':
        return this.#trouble(to === undefined ? [] : both(network, target, to), { delayUs: 500 + degree * 8_000 });
      case 'thin':
        return this.#trouble(to === undefined ? [] : both(network, target, to), { bytesPerUs: 0.02 + degree * 0.2 });
      case 'corrupt':
        return this.#trouble(to === undefined ? [] : both(network, target, to), { corrupt: 0.01 + degree * 0.2 });
    }
  }

  #trouble(links: readonly Link[], change: Partial<LinkState>): () => void {
    const ends = links.map((link) => this.#link(link).begin((now) => ({ ...now, ...change })));
    return () => {
      for (const end of ends) end();
    };
  }

  /** Down in the first half of the time, up again in the second. */
  #swizzle(us: number): () => void {
    const { network, clockwork } = this.#world;
    const pairs = HOSTS.flatMap((a, i) => HOSTS.slice(i + 1).map((b) => both(network, a, b)));
    const ends = new Map<Link[], () => void>();
    let isOver = false;
    const soon = (delay: number, run: () => void): void => {
      clockwork.after(delay, () => {
        if (!isOver) run();
      });
    };
    const half = us / 2;
    for (const [i, links] of shuffled(pairs, network.random).entries())
      soon((half * i) / pairs.length, () => void ends.set(links, this.#trouble(links, DOWN)));
    for (const [i, links] of shuffled(pairs, network.random).entries())
      soon(half + (half * i) / pairs.length, () => ends.get(links)?.());
    return () => {
      isOver = true;
      for (const end of ends.values()) end();
    };
  }

  #link(link: Link): Lasting<LinkState> {
    const known = this.#links.get(link) ?? new Lasting(link.state, (state) => link.become(state));
    this.#links.set(link, known);
    return known;
  }

  #clock(node: Node): Lasting<number> {
    const known = this.#clocks.get(node) ?? new Lasting(node.clock.rate, (rate) => node.pace(rate));
    this.#clocks.set(node, known);
    return known;
  }
}

const DOWN = { up: false };

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const left = [...items];
  return items.map(() => left.splice(random.below(left.length), 1)[0]!);
}

const both = (network: World['network'], a: HostName, b: HostName): Link[] => [network.link(a, b), network.link(b, a)];
