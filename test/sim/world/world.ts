/**
 * One world: a pair, its storage, its network, its clients, what goes wrong with them, and who judges. Everything in it
 * is decided by the options, the faults and the hooks.
 */

import { SimCluster } from '../cluster/sim-cluster.ts';
import { OwnImage } from '../disk/own-image.ts';
import type { Fault } from '../faults/fault.ts';
import { Faults } from '../faults/strike.ts';
import { Op } from '../guest/packets.ts';
import { isCatchingUp } from '../monitors/at-rest.ts';
import { Monitor } from '../monitors/monitor.ts';
import type { Hooks } from '../node/hooks.ts';
import type { Node } from '../node/node.ts';
import { Client, Switch } from './clients.ts';
import { Clockwork } from './clockwork.ts';
import { Hosts } from './hosts.ts';
import { Majority } from './majority.ts';
import { type HostName, Network } from './network.ts';
import type { WorldOptions } from './options.ts';
import { Random } from './random.ts';
import { Storage } from './storage.ts';
import type { Surroundings } from './surroundings.ts';
import { Trace } from './trace.ts';

/** Between two looks whether everything is at rest, microseconds. */
const LOOK_US = 20_000;
/** So long clients see a survivor before the world is mended. */
const ALONE_US = 40_000;

export class World implements Surroundings {
  readonly clockwork = new Clockwork();
  readonly options: WorldOptions;
  readonly hooks: Hooks;
  readonly random: Random;
  readonly trace: Trace;
  readonly monitor: Monitor;
  readonly network: Network;
  readonly storage: Storage;
  readonly majority: Majority | undefined;
  readonly images: Surroundings['images'];
  readonly cluster: SimCluster | undefined;
  readonly hub: Switch;
  readonly hosts: Hosts;
  readonly clients: readonly Client[];
  readonly faults: Faults;
  /** What happened, how often. */
  readonly counters = new Map<string, number>();

  #decidedAt: number | undefined;

  constructor(options: WorldOptions, faults: readonly Fault[], hooks: Hooks, write?: (line: string) => void) {
    const { seed, settings } = options;
    const { clockwork } = this;
    const now = (): number => clockwork.now;
    const did = (what: string): void => this.did(what);
    this.options = options;
    this.hooks = hooks;
    this.random = new Random(seed, 'world');
    this.trace = new Trace(now, write);
    const limits = { send: settings.sendBufferBytes, receive: settings.receiveBufferBytes };
    this.monitor = new Monitor(now, did, 'a1', limits, options);
    this.network = new Network(clockwork, new Random(seed, 'network'));
    const watch = {
      applied: (...what: Parameters<Monitor['applied']>) => this.monitor.applied(...what),
      claimed: (...what: Parameters<Monitor['claimed']>) => {
        this.trace.note('arbiter', what[2].kind, what[0], () => what[1]);
        this.monitor.claimed(...what);
      },
      did,
    };
    this.storage = new (hooks.storage ?? Storage)(
      this.network,
      new Random(seed, 'storage'),
      watch,
      options.arbiterHost,
    );
    this.storage.latencyUs = options.diskUs;
    const image = (name: string): OwnImage =>
      new OwnImage(clockwork, new Random(seed, `image ${name}`), () => this.storage.latencyUs);
    this.images = options.own ? { A: image('A'), B: image('B') } : undefined;
    if (options.majority) {
      const isGone = (host: HostName): boolean => (host === 'A' || host === 'B') && this.vanished.has(host);
      this.majority = new Majority(this.network, new Random(seed, 'acceptors'), watch, 'a1', isGone);
    } else this.storage.decide(settings.epoch, 'a1');
    this.hub = new Switch(this.network, {
      heard: (node, frame) => this.trace.note(`heard ${node}`, 'packet', frame.length),
    });
    this.cluster = options.cluster ? this.#clustered() : undefined;
    this.hosts = new Hosts(this);
    this.clients = Array.from({ length: options.clients }, (_, id) => {
      const { thinkUs, retryUs } = options;
      return new Client(clockwork, new Random(seed, `client ${id}`), this.hub, id, thinkUs, retryUs);
    });
    this.faults = new Faults(this, faults);
    this.#schedule();
  }

  node(name: 'A' | 'B'): Node {
    return this.hosts.node(name);
  }
  get nodes(): readonly [Node, Node] {
    return [this.node('A'), this.node('B')];
  }
  get vanished(): ReadonlySet<'A' | 'B'> {
    return this.hosts.vanished;
  }
  /** The host of a node is gone. */
  crash({ name }: Node): void {
    if (this.cluster === undefined) this.hosts.vanish(name);
    else this.cluster.crash(this.cluster.at(name));
  }
  gone(node: Node): void {
    this.hosts.gone(node);
  }

  probe(name: string): void {
    this.faults.probe(name);
  }

  did(what: string): void {
    this.counters.set(what, (this.counters.get(what) ?? 0) + 1);
  }

  /** Runs until everything has come to rest. */
  run(): void {
    const { troubleUs, restUs } = this.options;
    for (let now = 0; now < troubleUs && !this.#isDecided; now = this.clockwork.now)
      this.clockwork.runUntil(Math.min(now + LOOK_US, troubleUs));
    const mended = this.clockwork.now;
    this.trace.note('world', 'mended');
    this.faults.mend();
    this.cluster?.mend();
    for (const client of this.clients) client.finish();
    const isOver = (): boolean => this.monitor.violations.length > 0;
    for (let until = mended + 2 * LOOK_US; until < mended + restUs; until += LOOK_US) {
      this.clockwork.runUntil(until - LOOK_US, isOver);
      this.monitor.noteCovered();
      this.clockwork.runUntil(until, isOver);
      if (isOver() || (this.#isAtRest() && this.cluster?.unrest === undefined)) break;
    }
    for (const node of this.nodes) node.guest?.flush();
  }

  /** Nothing is left to wait for: clients have their answers, and who serves is decided. */
  #isAtRest(): boolean {
    const { nodes, options, monitor } = this;
    const standings = nodes.map(({ standing }) => standing);
    const isOver = !nodes.some(({ who, isGone }) => !isGone && monitor.candidates.includes(who));
    if (isOver) return standings.every((standing) => standing === 'gone' || standing === 'waiting');
    if (this.clients.some(({ waitingFor }) => waitingFor !== undefined)) return false;
    if (nodes.some(({ main }) => main.isHeldUp)) return false;
    // The state of a copy may just have been sent.
    const isWhole = nodes.every(({ machine }) => machine !== undefined);
    if (standings.includes('protected') && standings.includes('following')) {
      const [serving, backup] = standings[0] === 'protected' ? nodes : [nodes[1], nodes[0]];
      return isWhole && this.#isUnsuspected && !isCatchingUp(this, serving, backup);
    }
    const mayHaveBackup = this.cluster?.hasRoomFor(nodes) ?? options.clones;
    return !mayHaveBackup && standings.includes('alone') && standings.includes('gone');
  }

  /** One of the pair is gone, the other has served alone for a while, and no fault is to come at a time of its own. */
  get #isDecided(): boolean {
    const { nodes, options, faults } = this;
    const serves = nodes.some(({ standing }) => standing === 'alone');
    if (!serves || options.clones || options.ending !== 'none' || faults.areDue) {
      this.#decidedAt = undefined;
      return false;
    }
    this.#decidedAt ??= this.clockwork.now;
    return this.clockwork.now >= this.#decidedAt + ALONE_US;
  }

  /** What went wrong last was long enough ago to be noticed. */
  get #isUnsuspected(): boolean {
    return this.clockwork.now >= this.faults.lastAt + 2_500 * this.options.settings.detectMs;
  }

  #clustered(): SimCluster {
    const { clockwork, options, monitor, network } = this;
    return new SimCluster({
      clockwork,
      seed: options.seed,
      troubleUs: options.troubleUs,
      did: (what) => this.did(what),
      fail: (invariant, what) => monitor.fail(invariant, what),
      isCut: (end) => !network.link(end, 'S').up,
      begin: (end) => this.hosts.begin(end),
      leave: (end) => this.#leave(this.node(end)),
      handOver: () => this.#order('switch'),
      report: (end) => this.node(end).living,
    });
  }

  /** The backup there is to be elsewhere. False: there is none that could be let go. */
  #leave(node: Node): boolean {
    if (node.isGone) return true;
    const leaves = node.leave();
    if (leaves) this.did('a backup is to leave');
    return leaves;
  }

  #schedule(): void {
    const { clockwork, options } = this;
    for (const client of this.clients) client.start();
    const random = new Random(options.seed, 'operator');
    const ending = random.between(0.3, 0.95) * options.troubleUs;
    if (options.ending === 'guest') clockwork.at(ending, () => this.clients[0]!.last(Op.powerOff));
    if (options.ending === 'operator')
      clockwork.at(ending, () => {
        this.did('operator powers off');
        for (const node of this.nodes)
          if (node.alive && node.state !== 'halted')
            node.main.post(() => node.give({ kind: 'control', action: 'powerOff' }));
      });
    for (let left = options.switches; left > 0; left--)
      clockwork.at(random.between(2_000, options.troubleUs), () => this.#order('switch'));
    if (options.clones && random.chance(0.1))
      clockwork.at(random.between(2_000, options.troubleUs), () => this.#order('letGo'));
    if (options.clones) this.#scheduleLeave(new Random(options.seed, 'leave'));
    for (let at = random.between(5_000, 60_000); at < options.troubleUs; at += random.between(20_000, 100_000)) {
      const bytes = random.bytes(1 + random.below(4));
      const port = this.hub;
      clockwork.at(at, () => {
        const node = this.node(port.port === 'B' ? 'B' : 'A');
        if (node.alive) node.main.post(() => node.give({ kind: 'console', device: 'uart', bytes }));
      });
    }
  }

  /** From a stream of its own. */
  #scheduleLeave(random: Random): void {
    if (!random.chance(0.2)) return;
    this.clockwork.at(random.between(2_000, this.options.troubleUs), () => {
      const follower = this.nodes.find((node) => node.standing === 'following');
      if (follower !== undefined) this.#leave(follower);
    });
  }

  /** To whoever serves with a backup. */
  #order(what: 'switch' | 'letGo'): void {
    for (const node of this.nodes) if (node.standing === 'protected') node.main.post(() => node.shield.ordered(what));
  }
}
