/**
 * An export of an NBD server, as users write it: `nbd:HOST:PORT[/EXPORT]`, `nbd:unix:PATH/EXPORT`, and the URIs
 * `nbd://HOST[:PORT][/EXPORT]` and `nbd+unix:///EXPORT?socket=PATH` that other tools take. Without an export the
 * server's default one is meant, whose name is empty. Spec: doc/uri.md of NetworkBlockDevice/nbd.
 */

import { resolve } from 'node:path';
import { UserError } from '../../lib/errors.ts';
import { addressText, type StreamAddress } from './stream-address.ts';

export interface NbdPlace {
  readonly address: StreamAddress;
  readonly export: string;
  /** File of the key that the server is shown; in a pair that of the pair when left out. */
  readonly key?: string;
  /** The operator trusts the network on the way. */
  readonly plaintext?: true;
  /** Sides of a pair share it though the server cannot refuse what the side before wrote late. */
  readonly unfenced?: true;
}

/** The IANA's port for NBD. */
export const NBD_PORT = 10809;

export function placeText({ address, export: name }: NbdPlace): string {
  return `nbd:${addressText(address).replace(/^tcp:/, '')}${name === '' && address.kind === 'tcp' ? '' : `/${name}`}`;
}

/** Whether a text means an export rather than a file. */
export const isNbd = (text: string): boolean => /^nbd(\+\w+)?:/.test(text);

/** Relative socket paths start at `base`. Throws UserError. */
export function parseNbd(text: string, base: string): NbdPlace {
  const place = text.startsWith('nbd://') || text.startsWith('nbd+') ? ofUri(text, base) : ofWords(text, base);
  if (place !== undefined) return place;
  const remedy =
    'write nbd:HOST:PORT/EXPORT, nbd:unix:PATH/EXPORT, nbd://HOST:PORT/EXPORT or nbd+unix:///EXPORT?socket=…';
  throw new UserError('bad-value', `${text} names no NBD export`, remedy);
}

/** `tcp:HOST:PORT`, `HOST:PORT` or `unix:PATH`; undefined for anything else. */
export function parseAddress(text: string, base: string): StreamAddress | undefined {
  const unix = /^unix:(.+)$/.exec(text)?.[1];
  if (unix !== undefined) return { kind: 'unix', path: resolve(base, unix) };
  const [, bracketed, plain, digits] = /^(?:tcp:)?(?:\[([^\]]+)\]|([^:[\]/]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  return host !== undefined && port < 65536 ? { kind: 'tcp', host, port } : undefined;
}

/** A socket's path ends at the last `/` before the export: an export there has no `/` in its name. */
function ofWords(text: string, base: string): NbdPlace | undefined {
  const rest = text.slice('nbd:'.length);
  if (rest.startsWith('unix:')) {
    const slash = rest.lastIndexOf('/');
    const address = parseAddress(slash < 0 ? rest : rest.slice(0, slash), base);
    return address && { address, export: slash < 0 ? '' : rest.slice(slash + 1) };
  }
  const slash = rest.indexOf('/');
  const address = parseAddress(slash < 0 ? rest : rest.slice(0, slash), base);
  return address && usable(address) && { address, export: slash < 0 ? '' : rest.slice(slash + 1) };
}

function ofUri(text: string, base: string): NbdPlace | undefined {
  if (!URL.canParse(text)) return undefined;
  const { protocol, hostname, port, pathname, searchParams } = new URL(text);
  const name = decoded(pathname.replace(/^\//, ''));
  if (name === undefined) return undefined;
  const socket = searchParams.get('socket');
  if (protocol === 'nbd+unix:') {
    return socket ? { address: { kind: 'unix', path: resolve(base, socket) }, export: name } : undefined;
  }
  if (protocol !== 'nbd:' || hostname === '') return undefined;
  const address = {
    kind: 'tcp' as const,
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? NBD_PORT : Number(port),
  };
  return usable(address) && { address, export: name };
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** Port 0 is nobody's. */
function usable(address: StreamAddress): true | undefined {
  return address.kind === 'unix' || address.port > 0 ? true : undefined;
}
