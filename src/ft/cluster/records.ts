/**
 * What hosts and pairs write into the registry, and the keys that they write it under.
 *
 *     host/NAME        lease of the host's agent: what the host is and has
 *     ledger/NAME      record of what is promised on a host; changed by whoever promises, freed by the host's agent
 *     pair/NAME/WHO    lease of the node where the pair's guest lives, or that asks the arbiter for it; the highest
 *                      epoch is the present one
 *
 * Text from another version that is not understood is as if it were not there.
 */

import { PROTOCOL_VERSION } from '../protocol/message.ts';

/** Sizes in bytes. */
export interface HostReport {
  /** The physical host's name, as nodes tell it to each other. */
  readonly name: string;
  /** Where its agent listens: `tcp:HOST:PORT`. */
  readonly agent: string;
  /** As `versionText` gives it. */
  readonly version: string;
  readonly cpus: number;
  /** Processes that want a processor: the average over a minute. */
  readonly load: number;
  /** What it has for guests. */
  readonly ramBytes: number;
  /** What of its memory is not in use at present. */
  readonly freeBytes: number;
}

/** A place for one side of a pair. */
export interface Reservation {
  /** Unique for ever. */
  readonly id: string;
  readonly pair: string;
  readonly bytes: number;
}

export interface Ledger {
  /** Its agent has not taken leave: without a lease the host is lost. */
  readonly enrolled: boolean;
  /** No new guests; those that are there are to leave. */
  readonly draining: boolean;
  readonly reservations: readonly Reservation[];
}

export interface PairReport {
  readonly name: string;
  readonly epoch: number;
  /** As the node says it: 'protected', 'alone', 'copying' and so on. */
  readonly state: string;
  readonly primary: string;
  readonly backup?: string;
  readonly memoryBytes: number;
}

/** What two hosts must have in common to be sides of one pair. `release`: of lockstep. */
export const versionText = (release: string): string => `${release}, protocol ${PROTOCOL_VERSION}`;

export const NO_LEDGER: Ledger = { enrolled: false, draining: false, reservations: [] };

export const PREFIX = { hosts: 'host/', ledgers: 'ledger/', pairs: 'pair/' } as const;
export const hostKey = (name: string): string => `${PREFIX.hosts}${name}`;
export const ledgerKey = (name: string): string => `${PREFIX.ledgers}${name}`;
export const pairKeyOf = (name: string, who: string): string => `${PREFIX.pairs}${name}/${who}`;

export function decodeHost(text: string): HostReport | undefined {
  return decoded<HostReport>(
    text,
    (value) => areTexts(value.name, value.agent, value.version) && areNumbers(...numbersOf(value)),
  );
}

export function decodeLedger(text: string): Ledger | undefined {
  return decoded<Ledger>(
    text,
    ({ enrolled, draining, reservations }) =>
      typeof enrolled === 'boolean' && typeof draining === 'boolean' && areReservations(reservations),
  );
}

export function decodePair(text: string): PairReport | undefined {
  return decoded<PairReport>(
    text,
    ({ name, state, primary, backup, epoch, memoryBytes }) =>
      areTexts(name, state, primary) && areNumbers(epoch, memoryBytes) && (backup === undefined || areTexts(backup)),
  );
}

function decoded<T>(text: string, is: (value: Record<string, unknown>) => boolean): T | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return undefined;
    return is(value as Record<string, unknown>) ? (value as T) : undefined;
  } catch {
    return undefined;
  }
}

function numbersOf({ cpus, load, ramBytes, freeBytes }: Record<string, unknown>): readonly unknown[] {
  return [cpus, load, ramBytes, freeBytes];
}

function areReservations(value: unknown): boolean {
  return Array.isArray(value) && value.every((each) => areTexts(each?.id, each?.pair) && areNumbers(each?.bytes));
}

const areTexts = (...values: readonly unknown[]): boolean => values.every((value) => typeof value === 'string');
const areNumbers = (...values: readonly unknown[]): boolean => values.every((value) => Number.isFinite(value));
