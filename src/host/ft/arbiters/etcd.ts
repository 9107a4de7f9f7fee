/**
 * The arbiter that is etcd: each epoch of a pair is a key of its own, made once, never changed or removed, and bound to
 * no lease or lock.
 *
 *     lockstep/epochs/PAIR/0000000000000007  ->  the winner's name
 *
 * A claim is one transaction: if neither this epoch's key nor a later one of the pair is there, make it; else give the
 * latest. etcd decides it by its members' consensus, and keeps it before it answers. Reads are linearizable.
 *
 * Invariant: etcd's revision, which only grows, is never seen to go back, nor another cluster in the place of the
 * first: an etcd that has forgotten what it kept decides nothing.
 */

import type { Arbiter, ClaimResult, Holding } from '../../../ft/arbiter.ts';
import { EtcdClient } from '../../etcd/etcd-client.ts';
import { base64, integerAt, type Json, objectAt, objectsAt, textAt } from '../../etcd/etcd-json.ts';
import type { EtcdPlace } from '../../etcd/etcd-place.ts';
import { reasonOf } from '../../os-errors.ts';
import { DEADLINE_MS } from './deadline.ts';

const EPOCH_DIGITS = 16;

interface Held {
  readonly epoch: number;
  readonly holder: string;
}

export class EtcdArbiter implements Arbiter {
  readonly #client: EtcdClient;
  readonly #deadlineMs: number;
  #cluster: bigint | undefined;
  #revision = 0n;

  constructor(place: EtcdPlace, deadlineMs: number = DEADLINE_MS) {
    this.#client = new EtcdClient(place);
    this.#deadlineMs = deadlineMs;
  }

  async claim(pair: string, epoch: number, who: string): Promise<ClaimResult> {
    try {
      const from = epochKey(pair, epoch);
      const taken = { key: base64(from), range_end: base64(endOf(pair)) };
      const answer = await this.#ask('/v3/kv/txn', {
        compare: [{ ...taken, target: 'CREATE', result: 'EQUAL', create_revision: '0' }],
        success: [{ request_put: { key: taken.key, value: base64(who) } }],
        failure: [{ request_range: latestOf(taken) }],
      });
      if (answer.succeeded === true) return { kind: 'won' };
      const [response = {}] = objectsAt(answer, 'responses');
      const latest = heldIn(objectAt(response, 'response_range'));
      if (latest === undefined) throw new Error('etcd contradicts itself');
      return latest.epoch === epoch && latest.holder === who
        ? { kind: 'won' }
        : { kind: 'lost', holder: latest.holder };
    } catch (error) {
      return unknown(error);
    }
  }

  async read(pair: string): Promise<Holding> {
    try {
      const all = { key: base64(prefixOf(pair)), range_end: base64(endOf(pair)) };
      const latest = heldIn(await this.#ask('/v3/kv/range', latestOf(all)));
      return latest === undefined ? { kind: 'free' } : { kind: 'held', ...latest };
    } catch (error) {
      return unknown(error);
    }
  }

  async close(): Promise<void> {
    this.#client.close();
  }

  async #ask(path: string, body: Json): Promise<Json> {
    const before = this.#revision;
    const answer = await this.#client.call(path, body, this.#deadlineMs);
    const header = objectAt(answer, 'header');
    const [cluster, revision] = [integerAt(header, 'cluster_id'), integerAt(header, 'revision')];
    this.#cluster ??= cluster;
    if (this.#cluster !== cluster) throw new Error('another etcd cluster is there than before');
    if (revision < before) throw new Error('etcd has forgotten what it kept before');
    if (revision > this.#revision) this.#revision = revision;
    return answer;
  }
}

const latestOf = (range: Json): Json => ({ ...range, limit: '1', sort_order: 'DESCEND', sort_target: 'KEY' });

const unknown = (error: unknown) => ({ kind: 'unknown', reason: `etcd: ${reasonOf(error)}` }) as const;

const folderOf = (pair: string): string => `lockstep/epochs/${encodeURIComponent(pair)}`;
const prefixOf = (pair: string): string => `${folderOf(pair)}/`;
/** The first key after all that have the prefix: '0' follows '/'. */
const endOf = (pair: string): string => `${folderOf(pair)}0`;
const epochKey = (pair: string, epoch: number): string => `${prefixOf(pair)}${`${epoch}`.padStart(EPOCH_DIGITS, '0')}`;

function heldIn(range: Json): Held | undefined {
  const [first] = objectsAt(range, 'kvs');
  if (first === undefined) return undefined;
  const digits = textAt(first, 'key').slice(-EPOCH_DIGITS);
  if (!/^\d+$/.test(digits)) throw new Error('a key that is no epoch is among the epochs');
  return { epoch: Number(digits), holder: textAt(first, 'value') };
}
