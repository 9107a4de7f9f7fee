/**
 * A client of etcd's JSON gateway over several endpoints of one cluster. Every call settles by its deadline; what was
 * asked may come true later all the same.
 *
 * An endpoint that does not answer in its share of the time is not given up, but the next is asked too, and the first
 * answer counts: a call may be carried out more than once, so callers ask only what can be repeated. What cannot is
 * asked once, of one endpoint.
 */

import { reasonOf } from '../os-errors.ts';
import { hostPortText } from '../ports/stream-address.ts';
import type { Json } from './etcd-json.ts';
import type { EtcdEndpoint, EtcdPlace } from './etcd-place.ts';
import { askEtcd, beginEtcd, EtcdRefusal } from './etcd-request.ts';

/** gRPC's code of a token that has run out. */
const UNAUTHENTICATED = 16;

export class EtcdClient {
  readonly #place: EtcdPlace;
  readonly #closed = new AbortController();
  #token: string | undefined;
  /** Index of the endpoint that answered last. */
  #good = 0;

  constructor(place: EtcdPlace) {
    this.#place = place;
  }

  /** Rejects with an Error that names the endpoints and says what each did. */
  async call(path: string, body: Json, deadlineMs: number): Promise<Json> {
    const deadline = new AbortController();
    const signal = AbortSignal.any([deadline.signal, this.#closed.signal]);
    const late = new Error(`no answer for ${deadlineMs / 1000} s`);
    const timer = setTimeout(() => deadline.abort(late), deadlineMs);
    try {
      return await this.#first(path, body, deadlineMs / this.#place.endpoints.length, signal);
    } finally {
      clearTimeout(timer);
      deadline.abort();
    }
  }

  /** Carried out once at most: rejects as `call` does, and then it may have been, or may yet be. */
  async once(path: string, body: Json, deadlineMs: number): Promise<Json> {
    const index = this.#good;
    const endpoint = this.#place.endpoints[index]!;
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(new Error(`no answer for ${deadlineMs / 1000} s`)), deadlineMs);
    const signal = AbortSignal.any([deadline.signal, this.#closed.signal]);
    try {
      return await this.#ask(endpoint, path, body, signal);
    } catch (error) {
      if (error instanceof EtcdRefusal) throw error;
      // The next one, for what is asked next.
      this.#good = (index + 1) % this.#place.endpoints.length;
      throw new Error(`${hostPortText(endpoint)}: ${reasonOf(signal.aborted ? signal.reason : error)}`);
    } finally {
      clearTimeout(timer);
    }
  }

  /** An answer that goes on: its parts as they come, until it ends, breaks (rejects), or `signal` ends it. */
  async *stream(path: string, body: Json, signal: AbortSignal): AsyncGenerator<Buffer> {
    const all = AbortSignal.any([signal, this.#closed.signal]);
    const index = this.#good;
    const endpoint = this.#place.endpoints[index]!;
    try {
      this.#token ??= await this.#login(endpoint, all);
      const answer = await beginEtcd(this.#place, endpoint, { path, body, token: this.#token }, all);
      if (answer.statusCode !== 200) {
        // Nobody reads what it says beside that, and it would keep the connection.
        answer.destroy();
        throw new Error(`HTTP status ${answer.statusCode}`);
      }
      for await (const part of answer as AsyncIterable<Buffer>) yield part;
    } catch (error) {
      this.#token = undefined;
      if (this.#good === index) this.#good = (index + 1) % this.#place.endpoints.length;
      throw error;
    }
  }

  /** Ends what is under way; later calls are rejected. */
  close(): void {
    this.#closed.abort(new Error('closed'));
  }

  #first(path: string, body: Json, shareMs: number, signal: AbortSignal): Promise<Json> {
    const { endpoints } = this.#place;
    const from = this.#good;
    return new Promise((done, failed) => {
      const failures: string[] = [];
      let begun = 0;
      let timer: NodeJS.Timeout | undefined;
      const next = (): void => {
        clearTimeout(timer);
        if (begun === endpoints.length || signal.aborted) return;
        const index = (from + begun++) % endpoints.length;
        timer = setTimeout(next, shareMs);
        const endpoint = endpoints[index]!;
        this.#ask(endpoint, path, body, signal).then(
          (answer) => {
            clearTimeout(timer);
            this.#good = index;
            done(answer);
          },
          (error: unknown) => {
            const reason = signal.aborted ? signal.reason : error;
            failures.push(`${hostPortText(endpoint)}: ${reasonOf(reason)}`);
            if (failures.length === begun && (begun === endpoints.length || signal.aborted)) {
              clearTimeout(timer);
              failed(new Error(failures.join(', ')));
            }
            next();
          },
        );
      };
      next();
    });
  }

  async #ask(endpoint: EtcdEndpoint, path: string, body: Json, signal: AbortSignal): Promise<Json> {
    const ask = async (): Promise<Json> => {
      this.#token ??= await this.#login(endpoint, signal);
      return askEtcd(this.#place, endpoint, { path, body, token: this.#token }, signal);
    };
    try {
      return await ask();
    } catch (error) {
      const spent = this.#token !== undefined && error instanceof EtcdRefusal && error.code === UNAUTHENTICATED;
      if (!spent) throw error;
      this.#token = undefined;
      return ask();
    }
  }

  async #login(endpoint: EtcdEndpoint, signal: AbortSignal): Promise<string | undefined> {
    const { login } = this.#place;
    if (login === undefined) return undefined;
    const question = { path: '/v3/auth/authenticate', body: { ...login } };
    const { token } = await askEtcd(this.#place, endpoint, question, signal);
    if (typeof token !== 'string') throw new Error('it gives no token for the password');
    return token;
  }
}
