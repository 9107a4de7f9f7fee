/**
 * The header: frame 0, what a recording is of. The payload is a CBOR map. docs/log-format.md, section "Header".
 * The machine's configuration is carried as it is; what it means is the machine's matter.
 */

import { tick } from '../lib/brands.ts';
import { type CborMap, type CborValue, decode, encode } from './cbor.ts';
import { asMap, bytes, list, small, text, wide } from './cbor-get.ts';
import { damagedHeader, FormatError, newerFormat, notALog } from './errors.ts';
import { type Codec, decodeFrame, encodeFrame, type Frame, type StoredFrame, unpack } from './frame.ts';

export const FORMAT_NAME = 'lockstep';
/**
 * The newest that is read. Major: old readers cannot read it. Minor: adds what older readers would misunderstand, and
 * therefore refuse.
 */
export const READ_VERSION: readonly [major: number, minor: number] = [1, 1];
/** Of a recording that begins at power on, which older readers can read too. */
export const FORMAT_VERSION: readonly [major: number, minor: number] = [1, 0];
/** Of a recording that begins with a checkpoint. */
export const COPY_VERSION: readonly [major: number, minor: number] = [1, 1];

/** An image named by what it contains. */
export interface ImageName {
  /** 32 bytes. */
  readonly sha256: Uint8Array;
  readonly size: number;
  /** File name for people, without folders. */
  readonly name: string;
}

export interface LogHeader {
  readonly version: readonly [major: number, minor: number];
  /** Version of lockstep that made it. */
  readonly tool: string;
  /** Host time at the start, nanoseconds since 1970. */
  readonly createdNs: bigint;
  /** Command line that made it, for people. */
  readonly command: readonly string[];
  readonly machine: CborMap;
  /** By role: firmware, kernel, initrd, and one for each drive. */
  readonly images: { readonly [role: string]: ImageName };
  /** Steps between state digests, by scope. */
  readonly digestTicks: { readonly small: bigint; readonly all: bigint };
  /** Name of the console that was on the operator's terminal; absent when none was. */
  readonly terminal?: string;
  /** Tick up to which the history was taken over from another recording; absent in most. */
  readonly continuedAt?: bigint;
  /**
   * 'checkpoint': there is no history from power on; the machine is put where the first checkpoint says. Absent: it
   * begins at power on.
   */
  readonly begins?: 'checkpoint';
}

export function encodeHeader(header: LogHeader): Uint8Array {
  const payload = encode({
    format: FORMAT_NAME,
    version: header.version,
    tool: header.tool,
    created: header.createdNs,
    command: header.command,
    machine: header.machine,
    images: Object.fromEntries(
      Object.entries(header.images).map(([role, { sha256, size, name }]) => [role, { sha256, size, name }]),
    ),
    digests: { small: header.digestTicks.small, all: header.digestTicks.all },
    ...(header.terminal === undefined ? {} : { terminal: header.terminal }),
    ...(header.continuedAt === undefined ? {} : { continued: header.continuedAt }),
    ...(header.begins === undefined ? {} : { begins: header.begins }),
  });
  const frame: Frame = { kind: 'header', sequence: 0, firstTick: tick(0), payload };
  return encodeFrame(frame, undefined);
}

/** UserError: not a recording, damaged, or newer than this version reads. `frameBytes`: the whole first item. */
export function decodeHeader(frameBytes: Uint8Array, codec: Codec): LogHeader {
  try {
    const frame = decodeFrame(frameBytes);
    if (frame.kind !== 'header') throw notALog('its first item is no header');
    return headerOf(frame, codec);
  } catch (error) {
    if (error instanceof FormatError) throw damagedHeader(error.message, error);
    throw error;
  }
}

function headerOf(frame: StoredFrame, codec: Codec): LogHeader {
  const map = asMap(decode(unpack(frame, codec)));
  if (map.format !== FORMAT_NAME) throw notALog('the header names another format');
  const version = list(map.version).map(small) as unknown as LogHeader['version'];
  const [major, minor] = version;
  if (version.length !== 2) throw new FormatError('the version is not two numbers');
  if (major > READ_VERSION[0] || (major === READ_VERSION[0] && minor > READ_VERSION[1])) {
    throw newerFormat(`version ${major}.${minor}, this lockstep reads up to ${READ_VERSION.join('.')}`);
  }
  const digests = asMap(map.digests);
  return {
    version,
    tool: text(map.tool),
    createdNs: wide(map.created),
    command: list(map.command).map(text),
    machine: asMap(map.machine),
    images: Object.fromEntries(Object.entries(asMap(map.images)).map(([role, image]) => [role, imageName(image)])),
    digestTicks: { small: spacing(digests.small), all: spacing(digests.all) },
    ...(map.terminal === undefined ? {} : { terminal: text(map.terminal) }),
    ...(map.continued === undefined ? {} : { continuedAt: wide(map.continued) }),
    ...(map.begins === undefined ? {} : { begins: beginsOf(map.begins) }),
  };
}

function spacing(value: CborValue | undefined): bigint {
  const ticks = wide(value);
  if (ticks < 1n) throw new FormatError(`digests are ${ticks} ticks apart`);
  return ticks;
}

function beginsOf(value: CborValue): 'checkpoint' {
  const begins = text(value);
  if (begins !== 'checkpoint') throw new FormatError(`it begins with ${begins}`);
  return begins;
}

function imageName(value: CborValue): ImageName {
  const map = asMap(value);
  const sha256 = bytes(map.sha256);
  if (sha256.length !== 32) throw new FormatError('a SHA-256 is not 32 bytes');
  return { sha256, size: small(map.size), name: text(map.name) };
}
