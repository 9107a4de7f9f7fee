/**
 * The ledgers of a cluster's hosts, step by step. What is promised on a host changes by compare-and-set of its ledger
 * alone, and each promise is checked against the ledger that it changes: two survivors who ask at once do not promise
 * the same memory twice, nor two places of one pair on one host.
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
import { look, read, type Steps, swap } from './steps.ts';
import { type ClusterHost, type ClusterView, clusterView } from './view.ts';

/** A ledger that changes under every one of so many attempts is somebody's mistake. */
const ATTEMPTS_MAX = 50;

export function* viewed(): Steps<ClusterView> {
  const { hosts, ledgers, pairs } = yield* look();
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
export function* reserved(host: string, request: PlaceRequest, reservation: Reservation): Steps<string | undefined> {
  let refused: string | undefined;
  const added = (ledger: Ledger): Ledger | undefined => {
    refused = undefined;
    if (ledger.reservations.some(({ id }) => id === reservation.id)) return undefined;
    return { ...ledger, reservations: [...ledger.reservations, reservation] };
  };
  yield* changed(host, added, function* (ledger) {
    refused = objection(yield* hostWith(host, ledger), request);
    return refused === undefined;
  });
  return refused;
}

/**
 * Takes promises back. A ledger that says nothing of the host's enrolment is that of a registry which was made anew:
 * what is `held` is put in, and that the host is there and, when it `wasDraining`, drained.
 */
export function* settled(
  host: string,
  held: readonly Reservation[],
  freed: ReadonlySet<string>,
  wasDraining: boolean,
): Steps<void> {
  yield* changed(host, (ledger) => {
    const kept = ledger.reservations.filter(({ id }) => !freed.has(id));
    const added = held.filter((each) => !kept.some(({ id }) => id === each.id));
    if (ledger.enrolled && kept.length === ledger.reservations.length && added.length === 0) return undefined;
    const draining = ledger.draining || (!ledger.enrolled && wasDraining);
    return { enrolled: true, draining, reservations: [...kept, ...added] };
  });
}

export function* enrolled(host: string, isEnrolled: boolean): Steps<void> {
  yield* changed(host, (ledger) => (ledger.enrolled === isEnrolled ? undefined : { ...ledger, enrolled: isEnrolled }));
}

export function* drained(host: string, draining: boolean): Steps<void> {
  yield* changed(host, (ledger) => (ledger.draining === draining ? undefined : { ...ledger, draining }));
}

export function* ledgerOf(host: string): Steps<Ledger> {
  return (yield* readLedger(host)).ledger;
}

function* readLedger(host: string): Steps<{ readonly ledger: Ledger; readonly revision: number }> {
  const record = yield* read(ledgerKey(host));
  if (record === undefined) return { ledger: NO_LEDGER, revision: 0 };
  return { ledger: decodeLedger(record.text) ?? NO_LEDGER, revision: record.revision };
}

/** The host at this moment, but with this ledger: the one that is about to be changed. */
function* hostWith(name: string, ledger: Ledger): Steps<ClusterHost> {
  const { hosts, pairs } = yield* viewed();
  const report = hosts.find((host) => host.name === name)?.report;
  const reports = report === undefined ? [] : [{ report, proven: true }];
  const view = clusterView(reports, new Map([[name, { ...ledger, enrolled: true }]]), pairs);
  return view.hosts.find((host) => host.name === name)!;
}

/**
 * `change` gives the ledger as it is to be, or undefined to leave it, as it is also left when it is not allowed. Asked
 * again whenever another was first.
 */
function* changed(
  host: string,
  change: (ledger: Ledger) => Ledger | undefined,
  isAllowed?: (ledger: Ledger) => Steps<boolean>,
): Steps<void> {
  let reason = 'others change it all the time';
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const { ledger, revision } = yield* readLedger(host);
    const next = change(ledger);
    if (next === undefined) return;
    if (isAllowed !== undefined && !(yield* isAllowed(ledger))) return;
    const result = yield* swap(ledgerKey(host), revision, JSON.stringify(next));
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
