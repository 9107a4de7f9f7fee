/**
 * Messages between who claims and the acceptors of a majority. Each is a length (32 bits) and a body; integers are big
 * endian, a text is a length (16 bits) and UTF-8, a ballot is a round (64 bits) and a proposer.
 *
 *     request   version, kind (1 prepare, 2 accept, 3 inspect), members, pair, ballot; accept: epoch (64 bits), holder
 *     reply     version, kind (1 promise, 2 accepted, 3 refused, 4 declined, 5 state), then
 *               promise, state: ballot, 0 or 1, and with 1 what is accepted: ballot, epoch, holder
 *               accepted: ballot      refused: ballot, the promised ballot      declined: why
 *
 * Who sent the bytes is not this file's matter (TLS with the pair's key is that).
 */

import type { BallotReply, BallotRequest, Held } from '../../../ft/ballot/acceptor.ts';
import type { Ballot } from '../../../ft/ballot/ballot.ts';
import { bytesOf, Fields, MalformedError, text16 } from '../../disk/byte-parts.ts';
import type { SocketBytes } from '../../disk/socket-bytes.ts';

export interface Asked {
  /** All that decide for the pair, in one text: an acceptor knows whose majority it is part of. */
  readonly members: string;
  readonly pair: string;
  readonly request: BallotRequest;
}

/** `declined`: the acceptor takes no part. */
export type Told = BallotReply | { readonly kind: 'declined'; readonly reason: string };

const VERSION = 1;
const RequestKind = { prepare: 1, accept: 2, inspect: 3 } as const;
const ReplyKind = { promise: 1, accepted: 2, refused: 3, declined: 4, state: 5 } as const;
/** Beyond what any message can have. */
const BODY_BYTES_MAX = 1 << 19;
/** Of a text in a message. */
export const TEXT_BYTES_MAX = 0xffff;

/** The body of the next message; undefined when the connection ends first. Throws MalformedError. */
export async function takeBody(input: SocketBytes): Promise<Buffer | undefined> {
  const head = await input.take(4);
  if (head === undefined) return undefined;
  const length = head.readUInt32BE();
  if (length > BODY_BYTES_MAX) throw new MalformedError('a message is too long');
  return input.take(length);
}

export function encodeAsked({ members, pair, request }: Asked): Buffer {
  const head = bytesOf([VERSION, 1], [RequestKind[request.kind], 1], text16(members), text16(pair));
  const ballot = ballotBytes(request.ballot);
  return withLength(request.kind === 'accept' ? [head, ballot, heldBytes(request.held)] : [head, ballot]);
}

/** Throws MalformedError. */
export function decodeAsked(body: Uint8Array): Asked {
  const fields = opened(body);
  const kind = fields.uint(1);
  const members = fields.text16();
  const pair = fields.text16();
  const ballot = takeBallot(fields);
  const request = takeRequest(kind, ballot, fields);
  fields.end();
  return { members, pair, request };
}

function takeRequest(kind: number, ballot: Ballot, fields: Fields): BallotRequest {
  if (kind === RequestKind.inspect) return { kind: 'inspect', ballot };
  if (kind === RequestKind.prepare) return { kind: 'prepare', ballot };
  if (kind === RequestKind.accept) return { kind: 'accept', ballot, held: takeHeld(fields) };
  throw new MalformedError(`a request of kind ${kind}`);
}

export function encodeTold(told: Told): Buffer {
  const head = bytesOf([VERSION, 1], [ReplyKind[told.kind], 1]);
  if (told.kind === 'declined') return withLength([head, text16(told.reason)]);
  const ballot = ballotBytes(told.ballot);
  if (told.kind === 'refused') return withLength([head, ballot, ballotBytes(told.promised)]);
  if (told.kind === 'accepted') return withLength([head, ballot]);
  const { accepted } = told;
  if (accepted === undefined) return withLength([head, ballot, bytesOf([0, 1])]);
  return withLength([head, ballot, bytesOf([1, 1]), ballotBytes(accepted.ballot), heldBytes(accepted.held)]);
}

/** Throws MalformedError. */
export function decodeTold(body: Uint8Array): Told {
  const fields = opened(body);
  const told = takeTold(fields.uint(1), fields);
  fields.end();
  return told;
}

function takeTold(kind: number, fields: Fields): Told {
  if (kind === ReplyKind.declined) return { kind: 'declined', reason: fields.text16() };
  const ballot = takeBallot(fields);
  if (kind === ReplyKind.accepted) return { kind: 'accepted', ballot };
  if (kind === ReplyKind.refused) return { kind: 'refused', ballot, promised: takeBallot(fields) };
  if (kind !== ReplyKind.promise && kind !== ReplyKind.state) throw new MalformedError(`a reply of kind ${kind}`);
  const name = kind === ReplyKind.promise ? 'promise' : 'state';
  if (fields.uint(1) === 0) return { kind: name, ballot };
  return { kind: name, ballot, accepted: { ballot: takeBallot(fields), held: takeHeld(fields) } };
}

function opened(body: Uint8Array): Fields {
  const fields = new Fields(body);
  const version = fields.uint(1);
  if (version !== VERSION) throw new MalformedError(`a message of version ${version}, not ${VERSION}`);
  return fields;
}

const withLength = (parts: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts);
  return bytesOf([body.length, 4], body);
};
const ballotBytes = ({ round, proposer }: Ballot): Buffer => bytesOf([round, 8], text16(proposer));
const heldBytes = ({ epoch, holder }: Held): Buffer => bytesOf([epoch, 8], text16(holder));
const takeBallot = (fields: Fields): Ballot => ({ round: fields.uint64(), proposer: fields.text16() });
const takeHeld = (fields: Fields): Held => ({ epoch: fields.uint64(), holder: fields.text16() });
