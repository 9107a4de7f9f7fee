/**
 * The registry that is etcd. Its clock alone judges leases; a record's revision is that of etcd at its last change.
 *
 *     lockstep/cluster/records/KEY  ->  text
 *     lockstep/cluster/leases/KEY   ->  text, bound to an etcd lease of its owner
 *
 * Invariant: a swap is asked once. One whose answer is lost is unknown, and the caller reads what became of it; asked
 * twice, the second time would see the change of the first and call it another's.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Lease, LeasedText, Registry, RegistryRecord, SwapResult } from '../../ft/cluster/registry.ts';
import { ExitCode, UserError } from '../../lib/errors.ts';
import { EtcdClient } from '../etcd/etcd-client.ts';
import { base64, integerAt, type Json, objectsAt, textAt } from '../etcd/etcd-json.ts';
import type { EtcdPlace } from '../etcd/etcd-place.ts';
import { reasonOf } from '../os-errors.ts';
import { EtcdLease } from './etcd-lease.ts';

/** Nobody's guest waits for the registry. */
const DEADLINE_MS = 10_000;
const WATCH_AGAIN_MS = 500;
const ALL = 'lockstep/cluster/';
const RECORDS = `${ALL}records/`;
const LEASES = `${ALL}leases/`;

export class EtcdRegistry implements Registry {
  readonly #client: EtcdClient;
  readonly #own = new Set<EtcdLease>();
  readonly #listeners = new Set<() => void>();
  readonly #closed = new AbortController();
  #isWatching = false;

  private constructor(place: EtcdPlace) {
    this.#client = new EtcdClient(place);
  }

  /** UserError when it does not answer. */
  static async open(place: EtcdPlace): Promise<EtcdRegistry> {
    const registry = new EtcdRegistry(place);
    try {
      await registry.read('-');
      return registry;
    } catch (error) {
      registry.#client.close();
      throw error;
    }
  }

  async read(key: string): Promise<RegistryRecord | undefined> {
    const found = await this.#range({ key: base64(RECORDS + key) });
    return found.map((each) => recordOf(each))[0];
  }

  async list(prefix: string): Promise<readonly RegistryRecord[]> {
    return (await this.#range(allWith(RECORDS + prefix))).map((each) => recordOf(each));
  }

  async swap(key: string, revision: number, text: string): Promise<SwapResult> {
    const name = base64(RECORDS + key);
    const body = {
      compare: [{ key: name, target: 'MOD', result: 'EQUAL', mod_revision: `${revision}` }],
      success: [{ request_put: { key: name, value: base64(text) } }],
    };
    try {
      const { succeeded } = await this.#client.once('/v3/kv/txn', body, DEADLINE_MS);
      return { kind: succeeded === true ? 'done' : 'changed' };
    } catch (error) {
      return { kind: 'unknown', reason: `etcd: ${reasonOf(error)}` };
    }
  }

  async lease(key: string, text: string): Promise<Lease> {
    const lease = await reached(() => EtcdLease.take(this.#client, LEASES + key, text));
    this.#own.add(lease);
    return lease;
  }

  async leases(prefix: string): Promise<readonly LeasedText[]> {
    const found = await this.#range(allWith(LEASES + prefix));
    return found.map((each) => {
      return { key: textAt(each, 'key').slice(LEASES.length), text: textAt(each, 'value'), proven: true };
    });
  }

  /** What etcd has is proven. */
  async settled(): Promise<void> {
    await this.read('-');
  }

  watch(changed: () => void): () => void {
    const listener = (): void => changed();
    this.#listeners.add(listener);
    if (!this.#isWatching) void this.#watch();
    this.#isWatching = true;
    return () => void this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#listeners.clear();
    this.#closed.abort(new Error('closed'));
    await Promise.all([...this.#own].map((lease) => lease.end()));
    this.#client.close();
  }

  /** What changes while there is no stream is told of by the first part of the next: that says that it has begun. */
  async #watch(): Promise<void> {
    const { signal } = this.#closed;
    while (!signal.aborted) {
      try {
        for await (const _ of this.#client.stream('/v3/watch', { create_request: allWith(ALL) }, signal)) {
          for (const listener of this.#listeners) listener();
        }
      } catch {
        // It is tried again.
      }
      await sleep(WATCH_AGAIN_MS, undefined, { ref: false });
    }
  }

  /** By key. */
  async #range(range: Json): Promise<readonly Json[]> {
    const body = { ...range, sort_order: 'ASCEND', sort_target: 'KEY' };
    return reached(async () => objectsAt(await this.#client.call('/v3/kv/range', body, DEADLINE_MS), 'kvs'));
  }
}

/** Keys that begin so. The first key after them: 0xff is no part of UTF-8. */
function allWith(prefix: string): Json {
  const end = Buffer.concat([Buffer.from(prefix), Buffer.of(0xff)]);
  return { key: base64(prefix), range_end: end.toString('base64') };
}

function recordOf(json: Json): RegistryRecord {
  const key = textAt(json, 'key').slice(RECORDS.length);
  return { key, text: textAt(json, 'value'), revision: Number(integerAt(json, 'mod_revision')) };
}

async function reached<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    const what = `the registry in etcd cannot be reached: ${reasonOf(error)}`;
    throw new UserError('no-registry', what, 'look whether etcd runs, and who may use it', ExitCode.lost, error);
  }
}
