/**
 * The cluster as its hosts see it through the registry. What is promised on a host changes by compare-and-set of its
 * ledger alone, and each promise is checked against the ledger that it changes: two survivors who ask at once do not
 * promise the same memory twice, nor two places of one pair on one host.
 */

import { ExitCode, UserError } from '../../lib/errors.ts';
import { objection, type PlaceRequest } from './placement.ts';
import {
  decodeHost,
  decodeLedger,
  decodePair,
  type Ledger,
  ledgerKey,
  NO_LEDGER,
  PREFIX,
  type Reservation,
} from './records.ts';
import type { Registry } from './registry.ts';
import { type ClusterHost, type ClusterView, clusterView } from './view.ts';

/** A ledger that changes under every one of so many attempts is somebody's mistake. */
const ATTEMPTS_MAX = 50;

export class Cluster {
  readonly registry: Registry;

  constructor(registry: Registry) {
    this.registry = registry;
  }

  async view(): Promise<ClusterView> {
    const [hosts, ledgers, pairs] = await Promise.all([
      this.registry.leases(PREFIX.hosts),
      this.registry.list(PREFIX.ledgers),
      this.registry.leases(PREFIX.pairs),
    ]);
    return clusterView(
      hosts.flatMap(({ text, proven }) => {
        const report = decodeHost(text);
        return report === undefined ? [] : [{ report, proven }];
      }),
      new Map(ledgers.map(({ key, text }) => [key.slice(PREFIX.ledgers.length), decodeLedger(text) ?? NO_LEDGER])),
      pairs.flatMap(({ text }) => decodePair(text) ?? []),
    );
  }

  /** Promises `reservation` on a host. Why not; or nothing when it is promised. */
  async reserve(host: string, request: PlaceRequest, reservation: Reservation): Promise<string | undefined> {
    let refused: string | undefined;
    await this.#change(host, async (ledger) => {
      refused = undefined;
      if (ledger.reservations.some(({ id }) => id === reservation.id)) return undefined;
      refused = objection(await this.#hostWith(host, ledger), request);
      return refused === undefined ? { ...ledger, reservations: [...ledger.reservations, reservation] } : undefined;
    });
    return refused;
  }

  /** Takes promises back, and puts in those that are kept without being there: the registry was made anew. */
  async settle(host: string, held: readonly Reservation[], freed: ReadonlySet<string>): Promise<void> {
    await this.#change(host, (ledger) => {
      const kept = ledger.reservations.filter(({ id }) => !freed.has(id));
      const added = held.filter((each) => !kept.some(({ id }) => id === each.id));
      if (kept.length === ledger.reservations.length && added.length === 0) return undefined;
      return { ...ledger, reservations: [...kept, ...added] };
    });
  }

  async enrol(host: string, enrolled: boolean): Promise<void> {
    await this.#change(host, (ledger) => (ledger.enrolled === enrolled ? undefined : { ...ledger, enrolled }));
  }

  async drain(host: string, draining: boolean): Promise<void> {
    await this.#change(host, (ledger) => (ledger.draining === draining ? undefined : { ...ledger, draining }));
  }

  async ledger(host: string): Promise<Ledger> {
    return (await this.#read(host)).ledger;
  }

  async #read(host: string): Promise<{ readonly ledger: Ledger; readonly revision: number }> {
    const record = await this.registry.read(ledgerKey(host));
    if (record === undefined) return { ledger: NO_LEDGER, revision: 0 };
    return { ledger: decodeLedger(record.text) ?? NO_LEDGER, revision: record.revision };
  }

  /** The host at this moment, but with this ledger: the one that is about to be changed. */
  async #hostWith(name: string, ledger: Ledger): Promise<ClusterHost> {
    const { hosts, pairs } = await this.view();
    const report = hosts.find((host) => host.name === name)?.report;
    const reports = report === undefined ? [] : [{ report, proven: true }];
    const view = clusterView(reports, new Map([[name, { ...ledger, enrolled: true }]]), pairs);
    return view.hosts.find((host) => host.name === name)!;
  }

  /** `change` gives the ledger as it is to be, or undefined to leave it; asked again whenever another was first. */
  async #change(
    host: string,
    change: (ledger: Ledger) => Ledger | undefined | Promise<Ledger | undefined>,
  ): Promise<void> {
    let reason = 'others change it all the time';
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const { ledger, revision } = await this.#read(host);
      const next = await change(ledger);
      if (next === undefined) return;
      const result = await this.registry.swap(ledgerKey(host), revision, JSON.stringify(next));
      if (result.kind === 'done') return;
      if (result.kind === 'unknown') reason = result.reason;
    }
    throw new UserError(
      'no-registry',
      `the ledger of ${host} cannot be changed: ${reason}`,
      'look whether the registry can be reached',
      ExitCode.lost,
    );
  }
}
