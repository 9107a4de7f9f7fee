/**
 * A lease of this process in etcd: a key that is bound to an etcd lease, which etcd itself removes when it is not kept
 * alive. The key is changed only while it is bound to the own lease, so whoever takes it last has it.
 *
 *     taken ── kept alive ──> ... ── out of reach, run out ──> made anew, unless another has it ──> ...
 */

import { LEASE_MS } from '../../ft/cluster/registry.ts';
import type { EtcdClient } from '../etcd/etcd-client.ts';
import { base64, integerAt, type Json, objectAt } from '../etcd/etcd-json.ts';
import { RenewedLease } from './renewed-lease.ts';

/** An etcd that is slower than this is slower than the lease. */
const DEADLINE_MS = LEASE_MS;

export class EtcdLease extends RenewedLease {
  readonly #client: EtcdClient;
  readonly #key: string;
  /** As it is in etcd, when that is known. */
  #written: string | undefined;
  /** etcd's name of it, a decimal text. */
  #id: string;

  private constructor(client: EtcdClient, key: string, text: string, id: string) {
    super(text);
    this.#client = client;
    this.#key = base64(key);
    this.#written = text;
    this.#id = id;
  }

  /** `key`: as etcd has it. Rejects with what went wrong. */
  static async take(client: EtcdClient, key: string, text: string): Promise<EtcdLease> {
    const lease = new EtcdLease(client, key, text, await grant(client));
    await client.once('/v3/kv/put', lease.#put(), DEADLINE_MS);
    lease.keep();
    return lease;
  }

  /** A key that another has taken is not bound to it any more. */
  protected override async removed(): Promise<void> {
    await this.#client.call('/v3/lease/revoke', { ID: this.#id }, DEADLINE_MS);
  }

  protected override async renewed(): Promise<void> {
    const kept = await this.#client.call('/v3/lease/keepalive', { ID: this.#id }, DEADLINE_MS);
    const lives = integerAt(objectAt(kept, 'result'), 'TTL') > 0n;
    if (!lives) this.#id = await grant(this.#client);
    if (lives && this.#written === this.text) return;
    const text = this.text;
    const own = { key: this.#key, target: 'LEASE', result: 'EQUAL', lease: this.#id };
    const free = { key: this.#key, target: 'CREATE', result: 'EQUAL', create_revision: '0' };
    if ((await this.#putIf(own)) || (await this.#putIf(free))) this.#written = text;
    else this.taken();
  }

  /** Asked once: a second time would find the key of the first, and call it another's. */
  async #putIf(condition: Json): Promise<boolean> {
    const body = { compare: [condition], success: [{ request_put: this.#put() }] };
    return (await this.#client.once('/v3/kv/txn', body, DEADLINE_MS)).succeeded === true;
  }

  #put(): Json {
    return { key: this.#key, value: base64(this.text), lease: this.#id };
  }
}

async function grant(client: EtcdClient): Promise<string> {
  const granted = await client.call('/v3/lease/grant', { TTL: String(Math.ceil(LEASE_MS / 1000)) }, DEADLINE_MS);
  return String(integerAt(granted, 'ID'));
}
