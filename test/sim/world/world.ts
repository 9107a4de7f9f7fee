/**
 * One world: a pair, its storage, its network, its clients, what goes wrong with them, and who judges. Everything in it
 * is decided by the options, the faults and the hooks.
 */

import type { Doors } from '../../../src/session/doors.ts';
import type { Fault } from '../faults/fault.ts';
import { Faults } from '../faults/strike.ts';
import { SimMachine } from '../guest/machine.ts';
import { Op } from '../guest/packets.ts';
import { CounterServer } from '../guest/server.ts';
import { Monitor } from '../monitors/monitor.ts';
import { BackupNode } from '../node/backup-node.ts';
import type { Hooks } from '../node/hooks.ts';
import type { Node } from '../node/node.ts';
import { PrimaryNode } from '../node/primary-node.ts';
import { Client, Switch } from './clients.ts';
import { Clockwork } from './clockwork.ts';
import { Network } from './network.ts';
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
  readonly hub: Switch;
  readonly primary: PrimaryNode;
  readonly backup: BackupNode;
  readonly clients: readonly Client[];
  readonly faults: Faults;
  readonly vanished = new Set<'A' | 'B'>();
  /** What happened, how often. */
  readonly counters = new Map<string, number>();

  #decidedAt: number | undefined;

  constructor(options: WorldOptions, faults: readonly Fault[], hooks: Hooks, write?: (line: string) => void) {
    const { seed, settings, server } = options;
    const { clockwork } = this;
    const now = (): number => clockwork.now;
    const did = (what: string): void => this.did(what);
    this.options = options;
    this.hooks = hooks;
    this.random = new Random(seed, 'world');
    this.trace = new Trace(now, write);
    const limits = { send: settings.sendBufferBytes, receive: settings.receiveBufferBytes };
    this.monitor = new Monitor(now, did, { A: 'a1', B: 'b1' }, limits);
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
    this.storage.decide(settings.epoch, 'a1');
    this.hub = new Switch(this.network, {
      heard: (node, frame) => this.trace.note(`heard ${node}`, 'packet', frame.length),
    });
    const machine = (node: 'A' | 'B') => (doors: Doors) => {
      const made = new SimMachine(doors, new CounterServer(server), {
        dmaTouched: (page, tick) => this.monitor.dmaTouched(page, tick),
        counted: (count, state) => this.monitor.counted(node, count, state),
      });
      hooks.machine?.(made);
      return made;
    };
    const guest = { clockwork, sliceNs: options.sliceNs };
    this.primary = new PrimaryNode(
      {
        name: 'A',
        settings: { ...settings, who: 'a1', host: 'hostA' },
        world: this,
        drift: options.drift.A,
        clockStartMs: 5_000,
      },
      {
        ...guest,
        ticksPerUs: options.ticksPerUs,
        machine: machine('A'),
        gate: hooks.primaryGate ?? ((gate) => gate),
        random: new Random(seed, 'guest A'),
        written: (sequence, bytes) => this.monitor.logged(sequence, bytes),
      },
    );
    this.backup = new BackupNode(
      {
        name: 'B',
        settings: { ...settings, who: 'b1', host: 'hostB' },
        world: this,
        drift: options.drift.B,
        clockStartMs: 91_000,
      },
      {
        ...guest,
        ticksPerUs: options.ticksPerUs * options.backupSpeed,
        machine: machine('B'),
        gate: hooks.backupGate ?? ((gate) => gate),
        random: new Random(seed, 'guest B'),
        written: (sequence, bytes) => this.monitor.followed(sequence, bytes),
      },
    );
    this.clients = Array.from({ length: options.clients }, (_, id) => {
      const { thinkUs, retryUs } = options;
      return new Client(clockwork, new Random(seed, `client ${id}`), this.hub, id, thinkUs, retryUs);
    });
    this.faults = new Faults(this, faults);
    this.#schedule();
  }

  node(name: 'A' | 'B'): Node {
    return name === 'A' ? this.primary : this.backup;
  }

  probe(name: string): void {
    this.faults.probe(name);
  }

  did(what: string): void {
    this.counters.set(what, (this.counters.get(what) ?? 0) + 1);
  }

  /** The host is gone. */
  vanish(name: 'A' | 'B'): void {
    this.vanished.add(name);
    this.node(name).kill(true);
  }

  /** Runs until everything has come to rest. */
  run(): void {
    const { troubleUs, restUs } = this.options;
    for (let now = 0; now < troubleUs && !this.#isDecided; now = this.clockwork.now)
      this.clockwork.runUntil(Math.min(now + LOOK_US, troubleUs));
    const mended = this.clockwork.now;
    this.trace.note('world', 'mended');
    this.faults.mend();
    for (const client of this.clients) client.finish();
    const isOver = (): boolean => this.monitor.violations.length > 0;
    for (let until = mended + 2 * LOOK_US; until < mended + restUs; until += LOOK_US) {
      this.clockwork.runUntil(until - LOOK_US, isOver);
      this.monitor.noteCovered();
      this.clockwork.runUntil(until, isOver);
      if (isOver() || this.#isAtRest()) break;
    }
    this.backup.guest.flush();
  }

  /** Nothing is left to wait for: clients have their answers, and who serves is decided. */
  #isAtRest(): boolean {
    const { primary, backup } = this;
    const gone = (node: Node): boolean => !node.alive || node.final !== undefined;
    if (gone(primary) && gone(backup)) return true;
    if (this.clients.some(({ waitingFor }) => waitingFor !== undefined)) return false;
    if (primary.state === 'protected' && backup.state === 'following')
      return !gone(primary) && !gone(backup) && this.#isUnsuspected;
    if (primary.state === 'alone') return gone(backup);
    return gone(primary) && (gone(backup) || backup.state === 'live');
  }

  /** One of the pair is gone, the other has served alone for a while, and no fault is to come at a time of its own. */
  get #isDecided(): boolean {
    const { primary, backup, options, faults } = this;
    const serves = primary.state === 'alone' || backup.state === 'live';
    if (!serves || options.ending !== 'none' || faults.areDue) {
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

  #schedule(): void {
    const { clockwork, options } = this;
    for (const client of this.clients) client.start();
    const random = new Random(options.seed, 'operator');
    const ending = random.between(0.3, 0.95) * options.troubleUs;
    if (options.ending === 'guest') clockwork.at(ending, () => this.clients[0]!.last(Op.powerOff));
    if (options.ending === 'operator')
      clockwork.at(ending, () => {
        this.did('operator powers off');
        for (const node of [this.primary, this.backup])
          if (node.alive && node.state !== 'halted')
            node.main.post(() => node.give({ kind: 'control', action: 'powerOff' }));
      });
    for (let at = random.between(5_000, 60_000); at < options.troubleUs; at += random.between(20_000, 100_000)) {
      const bytes = random.bytes(1 + random.below(4));
      const port = this.hub;
      clockwork.at(at, () => {
        const node = port.port === 'B' ? this.backup : this.primary;
        if (node.alive) node.main.post(() => node.give({ kind: 'console', device: 'uart', bytes }));
      });
    }
  }
}
