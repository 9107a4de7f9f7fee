/**
 * One request to one endpoint of etcd's JSON gateway, on a connection of its own, which ends with the signal: what
 * hangs does not outlive its deadline. Spec: etcd's "gRPC gateway" (HTTP POST of JSON under /v3).
 */

import { type ClientRequest, type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import { hostPortText } from '../ports/stream-address.ts';
import { asObject, type Json } from './etcd-json.ts';
import type { EtcdEndpoint, EtcdPlace } from './etcd-place.ts';

const ANSWER_BYTES_MAX = 16 << 20;

/** etcd answered, and refuses. `code` is gRPC's. */
export class EtcdRefusal extends Error {
  override readonly name = 'EtcdRefusal';
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

export interface EtcdQuestion {
  /** `/v3/kv/txn`. */
  readonly path: string;
  readonly body: Json;
  readonly token?: string | undefined;
}

/** The answer's object. Rejects with EtcdRefusal, or with what went wrong on the way. */
export async function askEtcd(
  place: EtcdPlace,
  endpoint: EtcdEndpoint,
  question: EtcdQuestion,
  signal: AbortSignal,
): Promise<Json> {
  const answer = await beginEtcd(place, endpoint, question, signal);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > ANSWER_BYTES_MAX) throw new Error('the answer is too long');
    chunks.push(chunk);
  }
  const json = parse(Buffer.concat(chunks).toString());
  if (answer.statusCode === 200) return json;
  const { code, message, error } = json;
  const text = [message, error].find((one) => typeof one === 'string') ?? `HTTP status ${answer.statusCode}`;
  throw new EtcdRefusal(typeof code === 'number' ? code : -1, String(text));
}

/** The answer's head has come; its body is the caller's to read or to destroy: until then it keeps the connection. */
export function beginEtcd(
  place: EtcdPlace,
  { host, port }: EtcdEndpoint,
  { path, body, token }: EtcdQuestion,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const text = JSON.stringify(body);
  const headers = {
    host: hostPortText({ host, port }),
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    ...(token === undefined ? {} : { authorization: token }),
  };
  const options = { host, port, path, method: 'POST', headers, agent: false, signal };
  return new Promise((done, failed) => {
    const { tls } = place;
    const request: ClientRequest = tls === undefined ? requestPlain(options) : requestTls({ ...options, ...tls });
    request.on('error', failed);
    // Also after what is no answer: another protocol, for instance.
    request.on('close', () => failed(new Error('the connection ended without an answer')));
    request.on('response', done);
    request.end(text);
  });
}

function parse(text: string): Json {
  try {
    return asObject(JSON.parse(text));
  } catch {
    throw new Error('what answers there is no etcd');
  }
}
