/**
 * The agent of a host: tells the cluster what the host is and has, starts backups where they are promised, and takes
 * promises back when their processes are gone. Processes and agent outlive each other; an agent that is started again
 * finds what it left. What it does about its ledger is `KeptPromises`' matter. A host has one agent.
 */

import { join } from 'node:path';
import { Cluster } from '../../ft/cluster/cluster.ts';
import { KeptPromises } from '../../ft/cluster/kept-promises.ts';
import { type HostReport, hostKey, versionText } from '../../ft/cluster/records.ts';
import type { Lease, Registry } from '../../ft/cluster/registry.ts';
import { UserError } from '../../lib/errors.ts';
import { type Endpoint, endpointText, requireKey } from '../ft/endpoint.ts';
import { hostName } from '../ft/identity.ts';
import type { PairKey } from '../ft/key.ts';
import { handOver } from '../ft/moves.ts';
import { leavePair } from '../ft/nodes.ts';
import type { BackupOptions } from '../ft/pair-options.ts';
import { strangerNotice } from '../ft/strangers.ts';
import type { Listener } from '../ft/transport.ts';
import { reasonOf } from '../os-errors.ts';
import { stateFolder } from '../recordings.ts';
import { openDoor } from './agent-door.ts';
import type { AgentAnswer, AgentRequest, StartRequest } from './agent-messages.ts';
import { hostFacts } from './host-facts.ts';
import { requireOnly } from './only-agent.ts';
import { Place } from './place.ts';

const REFRESH_MS = 1000;
/** A place that nobody comes to within this time ends: who asked for it is gone. */
const PATIENCE_MS = 30_000;
/** A promise that nobody comes for within this time is taken back: who promises comes at once, or not at all. */
const CLAIM_MS = 5000;

export interface AgentOptions {
  /** As `openRegistry` takes it; the places get it too. */
  readonly registry: string;
  readonly listen: Endpoint;
  readonly key: PairKey | undefined;
  /** For guests; a share of the host's memory when left out. */
  readonly ramBytes?: number;
  readonly version: string;
}

export class Agent {
  readonly #options: AgentOptions;
  readonly #registry: Registry;
  readonly #cluster: Cluster;
  readonly #notice: (text: string) => void;
  readonly #name = hostName();
  readonly #folder = join(stateFolder(), 'hosts', encodeURIComponent(this.#name));
  readonly #places = new Map<string, Place>();
  readonly #promises = new KeptPromises(this.#name, CLAIM_MS);
  #door: Listener | undefined;
  #lease: Lease | undefined;
  #timer: NodeJS.Timeout | undefined;
  #turn: Promise<void> = Promise.resolve();
  /** Places that are being started. */
  readonly #starts = new Set<Promise<AgentAnswer>>();
  #isOut = false;
  #isOver = false;

  private constructor(options: AgentOptions, registry: Registry, notice: (text: string) => void) {
    this.#options = options;
    this.#registry = registry;
    this.#cluster = new Cluster(registry);
    this.#notice = notice;
  }

  /** Listens, and is in the registry, which is the agent's from now on. UserError when that cannot be. */
  static async begin(options: AgentOptions, registry: Registry, notice: (text: string) => void): Promise<Agent> {
    requireKey(options.listen, options.key);
    requireReachable(options.listen);
    const agent = new Agent(options, registry, notice);
    await agent.#begin();
    return agent;
  }

  get registry(): Registry {
    return this.#registry;
  }
  get name(): string {
    return this.#name;
  }
  get endpoint(): Endpoint {
    return this.#door!.endpoint;
  }
  get places(): readonly Place[] {
    return [...this.#places.values()];
  }

  /** Its processes go on; the host takes no new ones, and one that is being started goes again. */
  async end(): Promise<void> {
    this.#isOver = true;
    clearInterval(this.#timer);
    this.#door?.close();
    await Promise.allSettled(this.#starts);
    await this.#turn;
    await this.#cluster.enrol(this.#name, false).catch(() => {});
    await this.#registry.close();
  }

  async #begin(): Promise<void> {
    const { listen, key } = this.#options;
    await requireOnly(this.#registry, this.#name, key);
    for (const place of Place.left(this.#folder)) this.#places.set(place.id, place);
    this.#door = await openDoor(listen, key, (request) => this.#answer(request), strangerNotice(this.#notice));
    await this.#cluster.enrol(this.#name, true);
    this.#lease = await this.#registry.lease(hostKey(this.#name), this.#report());
    await this.#reconcile();
    this.#timer = setInterval(() => this.#soon(), REFRESH_MS);
  }

  #report(): string {
    const { version, ramBytes } = this.#options;
    const agent = endpointText(this.endpoint);
    const report: HostReport = { name: this.#name, agent, version: versionText(version), ...hostFacts(ramBytes) };
    return JSON.stringify(report);
  }

  async #answer(request: AgentRequest): Promise<AgentAnswer> {
    switch (request.kind) {
      case 'start': {
        const start = this.#start(request);
        this.#starts.add(start);
        return start.finally(() => this.#starts.delete(start));
      }
      case 'end':
        this.#places.get(request.reservation)?.kill();
        this.#promises.free(request.reservation);
        this.#soon();
        return { kind: 'done' };
      case 'leave': {
        const refused = await leavePair(request.pair, this.#name);
        this.#soon();
        return doneUnless(refused);
      }
      case 'handOver':
        return doneUnless(await handOver(request.pair, this.#name));
      case 'who':
        return { kind: 'agent', pid: process.pid };
      case 'places':
        return { kind: 'places', places: this.places.map(({ report }) => report) };
    }
  }

  /** Asked again for what it has started, it says where that is. */
  async #start(request: StartRequest): Promise<AgentAnswer> {
    const { reservation: id, pair } = request;
    const known = this.#places.get(id);
    if (known !== undefined) return { kind: 'listening', endpoint: known.report.listens };
    const reservation = await this.#cluster.walk(this.#promises.admit(id, pair));
    if (typeof reservation === 'string') return { kind: 'refused', reason: reservation };
    try {
      const place = await Place.start(this.#folder, reservation, this.#backupOptions(request), () => this.#soon());
      this.#places.set(id, place);
      const isWanted = this.#promises.started(id);
      if (!isWanted || this.#isOver) {
        place.kill();
        const reason = isWanted ? 'this agent has ended' : 'it was given back while it was started';
        return { kind: 'refused', reason };
      }
      this.#notice(
        `a place for the pair ${pair}: process ${place.report.pid} at ${endpointText(place.report.listens)}`,
      );
      return { kind: 'listening', endpoint: place.report.listens };
    } catch (error) {
      this.#promises.free(id);
      this.#soon();
      if (!(error instanceof UserError)) throw error;
      return { kind: 'refused', reason: error.message };
    } finally {
      this.#promises.started(id);
    }
  }

  #backupOptions({ pair, arbiter, tuning }: StartRequest): BackupOptions {
    const { key, registry, version, listen } = this.#options;
    return {
      name: pair,
      arbiter,
      tuning,
      ...(key === undefined ? {} : { key }),
      cluster: { registry, version },
      listen: { host: listen.host, port: 0 },
      given: {},
      patienceMs: PATIENCE_MS,
    };
  }

  /** Tells what the host has now, and puts ledger and processes in agreement. */
  #soon(): void {
    this.#turn = this.#turn.then(async () => {
      if (this.#isOver) return;
      this.#lease?.set(this.#report());
      try {
        await this.#reconcile();
        if (this.#isOut) this.#notice('the registry can be reached again');
        this.#isOut = false;
      } catch (error) {
        if (!this.#isOut) this.#notice(reasonOf(error));
        this.#isOut = true;
      }
    });
  }

  async #reconcile(): Promise<void> {
    for (const place of this.places) {
      if (place.isAlive) continue;
      place.forget();
      this.#places.delete(place.id);
      this.#promises.free(place.id);
      this.#notice(`the place for the pair ${place.pair} is free again: process ${place.report.pid} is gone`);
    }
    const held = () => this.places.map(({ id, pair, bytes }) => ({ id, pair, bytes }));
    await this.#cluster.walk(this.#promises.reconcile(held, performance.now()));
  }
}

const doneUnless = (refused: string | undefined): AgentAnswer =>
  refused === undefined ? { kind: 'done' } : { kind: 'refused', reason: refused };

/** UserError for an address that means every address: others are told where to find this host. */
function requireReachable({ host }: Endpoint): void {
  if (host !== '0.0.0.0' && host !== '::') return;
  const what = `--listen ${host} is no address at which others find this host`;
  throw new UserError('bad-value', what, 'name one address of this host');
}
