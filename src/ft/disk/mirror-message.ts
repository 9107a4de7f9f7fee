/**
 * What the two sides of a pair say to each other while the image of one is made equal to that of the other: on a
 * connection of its own beside the logging channel, in the same envelope. Kinds begin at 64, so that the first bytes of
 * a connection tell what it is. docs/ft-protocol.md, section "Images of their own".
 */

import { type CborMap, decode, encode } from '../../logformat/cbor.ts';
import { asMap, bytes, list, small, text } from '../../logformat/cbor-get.ts';
import { FormatError } from '../../logformat/errors.ts';
import { EnvelopeSplitter, openEnvelope, seal } from '../protocol/wire.ts';
import type { Run } from './block-map.ts';

export const DIGEST_BYTES = 32;

/** A range of one drive; drives are counted in the order of `open`. */
export interface DriveRange extends Run {
  readonly drive: number;
}

/** From the side whose guest lives. */
export type SourceMessage =
  /** First. `who` and `copy` as in the channel's hello; `file` names the image among those of its host. */
  | {
      readonly kind: 'open';
      readonly version: number;
      readonly pair: string;
      readonly epoch: number;
      readonly who: string;
      readonly host: string;
      readonly copy: number;
      readonly drives: readonly { readonly device: string; readonly sizeBytes: number; readonly file: string }[];
    }
  /** Asks for the digests of the blocks of a range. */
  | ({ readonly kind: 'compare' } & DriveRange)
  /** What is to be there. Without bytes: zeroes. */
  | ({ readonly kind: 'write'; readonly data: Uint8Array } & DriveRange)
  /** Asks for what was written so far to be on the storage: it takes long once, and not at the end. */
  | { readonly kind: 'sync' }
  /** All is said: the images are equal once all of it is done. */
  | { readonly kind: 'complete' };

/** From the side that is to be the backup. */
export type TargetMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'refused'; readonly reason: string }
  /** Answers 'compare', in order: SHA-256 of each block of the range. */
  | ({ readonly kind: 'digests'; readonly digests: Uint8Array } & DriveRange)
  /** Answers 'write', in order. */
  | { readonly kind: 'written'; readonly length: number }
  | { readonly kind: 'synced' }
  /** Answers 'complete': it is on the storage, and the image is marked as whole. */
  | { readonly kind: 'completed' };

export type MirrorMessage = SourceMessage | TargetMessage;

export const MIRROR_VERSION = 1;
/** Longest range of 'compare' and 'write'. */
export const RANGE_BYTES_MAX: number = 1 << 20;
const MESSAGE_BYTES_MAX = RANGE_BYTES_MAX + 4096;

const MirrorKind = {
  open: 64,
  compare: 65,
  write: 66,
  complete: 67,
  sync: 68,
  ready: 80,
  refused: 81,
  digests: 82,
  written: 83,
  completed: 84,
  synced: 85,
} as const satisfies Record<MirrorMessage['kind'], number>;
const KINDS = new Map(
  Object.entries(MirrorKind).map(([name, kind]) => [kind as number, name as MirrorMessage['kind']]),
);

/** Bytes from which it can be told whether a connection is one of these: length and kind. */
export const SNIFFED_BYTES = 5;
export const isMirror = (first: Uint8Array): boolean => first[4]! >= MirrorKind.open;

export function encodeMirror(message: MirrorMessage): Uint8Array {
  const { kind, ...fields } = message;
  return seal(MirrorKind[kind], encode(fields as CborMap));
}

/** FormatError for anything else. */
export function decodeMirror(message: Uint8Array): MirrorMessage {
  const { kind, body } = openEnvelope(message);
  const name = KINDS.get(kind);
  if (name === undefined) throw new FormatError(`message kind ${kind} is not one of a mirror`);
  const fields = asMap(decode(body));
  switch (name) {
    case 'open':
      return {
        kind: name,
        version: small(fields.version),
        pair: text(fields.pair),
        epoch: small(fields.epoch),
        who: text(fields.who),
        host: text(fields.host),
        copy: small(fields.copy),
        drives: list(fields.drives).map((drive) => {
          const { device, sizeBytes, file } = asMap(drive);
          return { device: text(device), sizeBytes: small(sizeBytes), file: text(file) };
        }),
      };
    case 'compare':
      return { kind: name, ...rangeOf(fields) };
    case 'write':
      return { kind: name, ...rangeOf(fields), data: bytes(fields.data) };
    case 'digests':
      return { kind: name, ...rangeOf(fields), digests: bytes(fields.digests) };
    case 'refused':
      return { kind: name, reason: text(fields.reason) };
    case 'written':
      return { kind: name, length: small(fields.length) };
    default:
      return { kind: name };
  }
}

export class MirrorSplitter extends EnvelopeSplitter<MirrorMessage> {
  constructor() {
    super(decodeMirror, MESSAGE_BYTES_MAX);
  }
}

function rangeOf(fields: CborMap): DriveRange {
  const length = small(fields.length);
  if (length === 0 || length > RANGE_BYTES_MAX) throw new FormatError(`a range of ${length} bytes`);
  return { drive: small(fields.drive), offset: small(fields.offset), length };
}
