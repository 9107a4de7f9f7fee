/**
 * The two hosts of a world and the nodes on them: the pair that it begins with, and where new backups are made, a new
 * node for each that has come to its end, which waits for whoever is alone.
 */

import type { Doors } from '../../../src/session/doors.ts';
import type { PairSide } from '../cluster/sim-cluster.ts';
import { SimMachine } from '../guest/machine.ts';
import { CounterServer } from '../guest/server.ts';
import { BackupNode } from '../node/backup-node.ts';
import type { GuestParts } from '../node/guest-parts.ts';
import type { Node, NodeParts } from '../node/node.ts';
import { PrimaryNode } from '../node/primary-node.ts';
import { Random } from './random.ts';
import type { Surroundings } from './surroundings.ts';

type Name = 'A' | 'B';

/** Until a process is started again, and until a host is back, microseconds. */
const RESTART_US = 12_000;
const REBOOT_US = 60_000;
/** Until a place that nobody comes to ends. */
const PATIENCE_US = 60_000;
/** A host's clock begins where it likes. */
const CLOCK_START_MS = { A: 5_000, B: 91_000 } as const;

export class Hosts {
  readonly #world: Surroundings;
  readonly #random: Random;
  readonly #nodes: { A: Node; B: Node };
  readonly #vanished = new Set<Name>();
  #made = 1;

  constructor(world: Surroundings) {
    this.#world = world;
    this.#random = new Random(world.options.seed, 'hosts');
    const A = new PrimaryNode(this.#parts('A', 'a1'), this.#guest('A', 'a1'));
    const B = new BackupNode(this.#parts('B', 'b1'), this.#guest('B', 'b1'));
    this.#nodes = { A, B };
    for (const node of [A, B]) world.cluster?.began(node.name, this.#side(node));
    if (world.cluster !== undefined) this.#endUnused(B);
  }

  /** Hosts that are gone without a word. */
  get vanished(): ReadonlySet<Name> {
    return this.#vanished;
  }

  /** The last of this host. */
  node(name: Name): Node {
    return this.#nodes[name];
  }

  /** The host is gone. */
  vanish(name: Name): void {
    this.#vanished.add(name);
    this.#nodes[name].kill(true);
    this.#world.images?.[name].powerLost();
  }

  /** A place for a backup, which ends when nobody comes to it; undefined: it cannot be. */
  begin(name: Name): PairSide | undefined {
    const node = this.#start(name);
    if (node === undefined) return undefined;
    this.#endUnused(node);
    return this.#side(node);
  }

  /** A place ends when nobody comes to it, or comes again to one that was left before the guest was there. */
  #endUnused(node: Node): void {
    let waited = true;
    const look = (): void => {
      const waits = node.standing === 'waiting';
      if (waits && waited) node.kill(false);
      waited = waits;
      if (!node.isGone) this.#world.clockwork.after(PATIENCE_US, look);
    };
    this.#world.clockwork.after(PATIENCE_US, look);
  }

  /** A node has come to its end: where new backups are made another is started there after a while. */
  gone({ name, final }: Node): void {
    const { clockwork, options, cluster } = this.#world;
    cluster?.ended(name);
    if (!options.clones || final === 'off' || cluster !== undefined) return;
    const after = this.#vanished.has(name) ? REBOOT_US : RESTART_US;
    clockwork.after(after * this.#random.between(0.5, 1.5), () => this.#start(name));
  }

  #start(name: Name): Node | undefined {
    const { monitor, did } = this.#world;
    const before = this.#nodes[name];
    if (monitor.isOff || !before.isGone) return undefined;
    before.kill(false);
    this.#world.images?.[name].left();
    this.#vanished.delete(name);
    const who = `${name.toLowerCase()}${++this.#made}`;
    did.call(this.#world, 'a node is started again');
    const node = new BackupNode(this.#parts(name, who), this.#guest(name, who));
    this.#nodes[name] = node;
    return node;
  }

  /** For the cluster. */
  #side(node: Node): PairSide {
    const kill = (vanish: boolean): void => {
      if (vanish) this.#vanished.add(node.name);
      node.kill(vanish);
    };
    const isOfPair = (): boolean => this.#world.monitor.candidates.includes(node.who);
    return { isAlive: () => !node.isGone, isOfPair, kill };
  }

  /** A process that cannot write its recording ends. */
  #written(name: Name, who: string, sequence: number, bytes: Uint8Array, waiting: number): void {
    const { monitor, clockwork } = this.#world;
    monitor.written(who, sequence, bytes, waiting);
    const node = this.#nodes[name];
    if (node.who === who && node.logIsFull && node.alive)
      clockwork.after(0, () => {
        this.#world.did('ended by a full log');
        node.kill(false);
      });
  }

  #parts(name: Name, who: string): NodeParts {
    const { options, cluster } = this.#world;
    return {
      name,
      settings: { ...options.settings, who, host: cluster?.at(name).name ?? `host${name}` },
      world: this.#world,
      drift: options.drift[name],
      clockStartMs: CLOCK_START_MS[name],
    };
  }

  #guest(name: Name, who: string): Omit<GuestParts, 'nowNs'> {
    const { clockwork, options, hooks, monitor } = this.#world;
    const { seed, sliceNs, ticksPerUs, backupSpeed, server, reads, own } = options;
    const isFirst = who === 'a1';
    return {
      clockwork,
      sliceNs,
      ticksPerUs: name === 'A' ? ticksPerUs : ticksPerUs * backupSpeed,
      machine: (doors: Doors) => {
        const machine = new SimMachine(
          doors,
          new CounterServer(server),
          {
            dmaTouched: (page, tick) => monitor.dmaTouched(page, tick),
            raced: () => this.#world.did('race serialised'),
            counted: (count, state) => monitor.counted(who, count, state),
          },
          hooks.racesFree,
        );
        hooks.machine?.(machine);
        return machine;
      },
      gate: (isFirst ? hooks.primaryGate : hooks.backupGate) ?? ((gate) => gate),
      random: new Random(seed, `guest ${who}`),
      written: (sequence, bytes, waiting) => this.#written(name, who, sequence, bytes, waiting),
      branched: (copy, bytes, before, waiting) => monitor.branched({ primary: who, copy }, bytes, before, waiting),
      reads,
      own,
      did: (what) => this.#world.did(what),
      probe: (what) => this.#world.probe(`${name}.${what}`),
    };
  }
}
