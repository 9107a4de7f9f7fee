/**
 * The syntax of flag values: `256M`, `disk.img,mode=write`, `stream:unix:/run/net.sock`, `seed:7`. Each parser names
 * what it refused.
 */

import { resolve } from 'node:path';
import { MTU_MAX, MTU_MIN } from '../emu/devices/virtio/net.ts';
import type { EntropySetting } from '../host/entropy.ts';
import type { ConsoleTarget, DriveOptions, NetOptions } from '../host/guest-options.ts';
import { isNbd, parseNbd } from '../host/ports/nbd-place.ts';
import { isLoopback, type StreamAddress } from '../host/ports/stream-address.ts';
import { UserError } from '../lib/errors.ts';

const bad = (flag: string, value: string, remedy: string): UserError =>
  new UserError('bad-value', `${flag} ${value} is not understood`, remedy);

const UNITS: Readonly<Record<string, number>> = { '': 2 ** 20, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };

/** `256M`, `2G`, `512K`, or a number of MiB; bytes. */
export function parseSize(flag: string, text: string): number {
  const match = /^(\d{1,12})([KMG]?)i?B?$/i.exec(text);
  const bytes = Number(match?.[1]) * (UNITS[(match?.[2] ?? '').toUpperCase()] ?? Number.NaN);
  if (Number.isSafeInteger(bytes) && bytes > 0) return bytes;
  throw bad(flag, text, 'give a size such as 256M or 2G');
}

/** A tick, written with or without `_` or `,` between digits. */
export function parseTick(flag: string, text: string): bigint {
  const digits = text.replaceAll(/[_,]/g, '');
  if (/^\d{1,19}$/.test(digits)) return BigInt(digits);
  throw bad(flag, text, 'a tick is a number of instruction steps since reset, such as 1000000');
}

/** The first comma-separated part, and `key=value` parts and `words` after it; a word's value is empty. */
function parts(
  flag: string,
  text: string,
  keys: readonly string[],
  words: readonly string[] = [],
): { head: string; options: Map<string, string> } {
  const [head = '', ...rest] = text.split(',');
  const options = new Map<string, string>();
  for (const part of rest) {
    const [key = '', value] = part.split(/=(.*)/s);
    const isKnown = value === undefined ? words.includes(key) : keys.includes(key);
    if (!isKnown || options.has(key)) {
      const known = [...keys.map((k) => `${k}=…`), ...words].join(', ');
      throw bad(flag, text, `what follows a comma is one of ${known}, each once`);
    }
    options.set(key, value ?? '');
  }
  return { head, options };
}

/**
 * `FILE|nbd:…[,mode=cow|write|readonly|own][,serial=NAME]`, an export also `[,key=FILE|,plaintext][,unfenced]`;
 * relative paths start at `base`.
 */
export function parseDrive(text: string, base: string): DriveOptions {
  const { head, options } = parts('--drive', text, ['mode', 'serial', 'key'], ['plaintext', 'unfenced']);
  const mode = options.get('mode') ?? 'cow';
  if (head === '') throw bad('--drive', text, 'name a raw disk image, or an NBD export as nbd:HOST:PORT/EXPORT, first');
  if (mode !== 'cow' && mode !== 'write' && mode !== 'readonly' && mode !== 'own') {
    throw bad('--drive', text, 'mode is cow (changes end with the run), write, readonly or own (of a pair)');
  }
  const serial = options.get('serial');
  if (serial !== undefined && !/^[\x21-\x7e]{1,20}$/.test(serial)) {
    throw bad('--drive', text, 'serial is 1 to 20 printable characters');
  }
  const key = options.get('key');
  const isPlaintext = options.has('plaintext');
  const isSecured = key !== undefined || isPlaintext;
  if (isSecured && (!isNbd(head) || key === '' || (isPlaintext && key !== undefined))) {
    throw bad('--drive', text, 'an NBD export is read with key=FILE or plaintext, and no other drive is');
  }
  const isUnfenced = options.has('unfenced');
  if (isUnfenced && !(isNbd(head) && mode === 'write')) {
    throw bad('--drive', text, 'unfenced is for an NBD export that the sides of a pair share, with mode=write');
  }
  const words = {
    ...(key === undefined ? {} : { key: resolve(base, key) }),
    ...(isPlaintext ? { plaintext: true as const } : {}),
    ...(isUnfenced ? { unfenced: true as const } : {}),
  };
  const path = isNbd(head) ? { ...parseNbd(head, base), ...words } : resolve(base, head);
  return { path, mode, ...(serial === undefined ? {} : { serial }) };
}

/** `none` or `stream:unix:PATH` or `stream:tcp:HOST:PORT`, then `,mac=`, `,mtu=` and `,plaintext`. */
export function parseNet(text: string, base: string): NetOptions {
  const { head, options } = parts('--net', text, ['mac', 'mtu'], ['plaintext']);
  const mac = options.get('mac');
  const mtu = options.get('mtu');
  if (mac !== undefined && !/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(mac)) {
    throw bad('--net', text, 'mac is six bytes such as 52:54:00:12:34:56');
  }
  if (mtu !== undefined && !(Number(mtu) >= MTU_MIN && Number(mtu) <= MTU_MAX && Number.isInteger(Number(mtu)))) {
    throw bad('--net', text, `mtu is ${MTU_MIN} to ${MTU_MAX}`);
  }
  const peer = head === 'none' ? undefined : parseStream(text, head, base);
  if (peer?.kind === 'tcp' && !isLoopback(peer.host) && !options.has('plaintext')) {
    const what = `--net ${text}: the card's frames could be read by others on their way to another host`;
    const remedy =
      'connect it to a lockstep switch on this host (stream:unix:PATH), which has --key for others; or add ' +
      ',plaintext if that network is trusted';
    throw new UserError('plaintext', what, remedy);
  }
  return {
    ...(peer === undefined ? {} : { peer }),
    ...(mac === undefined ? {} : { mac: Uint8Array.from(mac.split(':'), (byte) => Number.parseInt(byte, 16)) }),
    ...(mtu === undefined ? {} : { mtu: Number(mtu) }),
  };
}

function parseStream(text: string, head: string, base: string): StreamAddress {
  const address = /^stream:(.+)$/s.exec(head)?.[1];
  const stream = address === undefined ? undefined : addressOf(address, base, 1);
  if (stream === undefined) throw bad('--net', text, 'give none, stream:unix:PATH or stream:tcp:HOST:PORT');
  return stream;
}

/** `unix:PATH` or `tcp:HOST:PORT`. Port 0, any free one, is for those who listen. */
export function parseAddress(flag: string, text: string, base: string, portMin = 1): StreamAddress {
  const address = addressOf(text, base, portMin);
  if (address === undefined) throw bad(flag, text, 'give unix:PATH or tcp:HOST:PORT');
  return address;
}

function addressOf(text: string, base: string, portMin: number): StreamAddress | undefined {
  const unix = /^unix:(.+)$/s.exec(text)?.[1];
  if (unix !== undefined) return { kind: 'unix', path: resolve(base, unix) };
  const tcp = /^tcp:(.+)$/.exec(text)?.[1];
  const at = tcp === undefined ? undefined : parseHostPort(tcp, portMin);
  return at === undefined ? undefined : { kind: 'tcp', ...at };
}

/** `127.0.0.1:80`, `name:80`, `[::1]:80`, `::1:80`; undefined for anything else. */
export function parseHostPort(text: string, portMin = 1): { host: string; port: number } | undefined {
  const match = /^(?:\[([^\]\s]+)\]|([^[\]\s]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  return host !== undefined && port >= portMin && port < 65536 ? { host, port } : undefined;
}

export function parseConsole(flag: string, text: string, base: string): ConsoleTarget {
  if (text === 'stdio' || text === 'none') return { kind: text };
  const file = /^file:(.+)$/.exec(text)?.[1];
  if (file !== undefined) return { kind: 'file', path: resolve(base, file) };
  throw bad(flag, text, 'give stdio, none or file:PATH');
}

export function parseEntropy(text: string): EntropySetting {
  if (text === 'host') return { kind: 'host' };
  const seed = /^seed:(\d{1,20})$/.exec(text)?.[1];
  if (seed !== undefined) return { kind: 'seed', seed: BigInt(seed) };
  throw bad('--entropy', text, 'give host or seed:NUMBER');
}
