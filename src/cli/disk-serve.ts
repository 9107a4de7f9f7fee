/** `lockstep disk serve` behind its flags: what the words mean, and serving until the operator has had enough. */

import { resolve } from 'node:path';
import type { ExportOptions } from '../host/disk/disk-export.ts';
import { DiskServer, type DiskServerOptions, type DiskServerTotals } from '../host/disk/disk-server.ts';
import { NAME_BYTES_MAX, TEXT_BYTES_MAX } from '../host/disk/nbd.ts';
import { requireKey } from '../host/ft/endpoint.ts';
import { type PairKey, readKey } from '../host/ft/key.ts';
import { NBD_PORT, parseAddress } from '../host/ports/nbd-place.ts';
import { addressText, type StreamAddress } from '../host/ports/stream-address.ts';
import { UserError } from '../lib/errors.ts';
import { say, stopOnSignal } from './live.ts';
import { bytes, count } from './text.ts';

export interface DiskServeWords {
  readonly exports: readonly string[];
  readonly listen?: readonly string[] | undefined;
  readonly state?: string | undefined;
  readonly key?: string | undefined;
  readonly plaintext: boolean;
}

export interface DiskServed extends DiskServerTotals {
  readonly listen: readonly string[];
  readonly exports: readonly { readonly name: string; readonly path: string; readonly sizeBytes: number }[];
}

export const DEFAULT_LISTEN = `tcp:127.0.0.1:${NBD_PORT}`;

export async function serveDisks(words: DiskServeWords): Promise<DiskServed> {
  const cwd = process.cwd();
  const stop = stopOnSignal();
  const listenAt = (words.listen ?? [DEFAULT_LISTEN]).map((text) => parseListen(text, cwd));
  const options: DiskServerOptions = {
    exports: words.exports.map((text) => parseExport(text, cwd)),
    listen: listenAt,
    notice: say,
    ...keyOf(words, listenAt),
    ...(words.state === undefined ? {} : { state: resolve(cwd, words.state) }),
  };
  const server = await DiskServer.start(options);
  const exports = server.exports.map(({ options: { name, path }, sizeBytes }) => ({ name, path, sizeBytes }));
  for (const [i, { name, path, sizeBytes }] of exports.entries()) {
    const { readonly, pair } = server.exports[i]!.options;
    const kept = readonly ? ', read-only' : pair === undefined ? '' : `, written by the pair ${pair} only`;
    say(`export ${name}: ${path} (${bytes(sizeBytes)}${kept})`);
  }
  const listen = server.addresses.map(addressText);
  for (const address of listen) say(`serving NBD on ${address}`);
  await new Promise<void>((done) => {
    if (stop.aborted) done();
    else stop.addEventListener('abort', () => done());
  });
  await server.close();
  say(`served ${count(BigInt(server.totals.requests))} requests of ${server.totals.connections} connections`);
  return { listen, exports, ...server.totals };
}

/** UserError for an address that others can reach, without a key. */
function keyOf({ key: file, plaintext }: DiskServeWords, listen: readonly StreamAddress[]): { readonly key?: PairKey } {
  const key = file === undefined ? undefined : readKey(file, say);
  if (key !== undefined && plaintext) {
    throw new UserError('bad-value', '--key and --plaintext exclude each other', 'give one of them');
  }
  if (!plaintext) for (const address of listen) if (address.kind === 'tcp') requireKey(address, key, KEY_REMEDY);
  return key === undefined ? {} : { key };
}

const KEY_REMEDY =
  'make one with: lockstep ft keygen FILE, and give it with --key FILE here and to the pair; or give --plaintext if ' +
  'that network is trusted';

/** `NAME=FILE[,readonly][,pair=PAIR]`; relative paths start at `base`. */
export function parseExport(text: string, base: string): ExportOptions {
  const [head = '', ...rest] = text.split(',');
  const [, name, file] = /^([^=]+)=(.+)$/s.exec(head) ?? [];
  const pairs = rest.flatMap((word) => /^pair=(.+)$/.exec(word)?.[1] ?? []);
  const known = rest.every((word) => word === 'readonly' || /^pair=.+$/.test(word));
  const [pair] = pairs;
  const once = pairs.length <= 1 && new Set(rest).size === rest.length;
  const short = Buffer.byteLength(name ?? '') <= NAME_BYTES_MAX && Buffer.byteLength(pair ?? '') <= TEXT_BYTES_MAX;
  if (name === undefined || file === undefined || !known || !once || !short) {
    const remedy = 'give NAME=FILE, then ,readonly or ,pair=PAIR if you like';
    throw new UserError('bad-value', `the export ${text} is not understood`, remedy);
  }
  const readonly = rest.includes('readonly');
  return { name, path: resolve(base, file), readonly, ...(pair === undefined ? {} : { pair }) };
}

/** `tcp:HOST:PORT` (port 0: a free one) or `unix:PATH`. */
export function parseListen(text: string, base: string): StreamAddress {
  const address = parseAddress(text, base);
  if (address !== undefined) return address;
  throw new UserError('bad-value', `--listen ${text} is not understood`, 'give tcp:HOST:PORT or unix:PATH');
}
