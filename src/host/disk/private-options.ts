/**
 * The options of our own (see nbd.ts): claims, and the session that a connection is of. Malformed ones are
 * MalformedErrors.
 */

import { type Fields, MalformedError, type Part, text16 } from './byte-parts.ts';
import type { Claims } from './claims.ts';
import { Claimed, SESSION_BYTES, TEXT_BYTES_MAX } from './nbd.ts';

/** A node of a pair, in one epoch of it. */
export interface Member {
  readonly pair: string;
  readonly epoch: number;
}

export interface SessionAsked {
  /** Hexadecimal. */
  readonly session: string;
  readonly member?: Member;
}

/** Claims; the data of the reply. */
export async function claim(claims: Claims, fields: Fields): Promise<Part[]> {
  const pair = nameIn(fields);
  const epoch = epochIn(fields);
  const who = nameIn(fields);
  fields.end();
  const verdict = await claims.claim(pair, epoch, who);
  return verdict.kind === 'won' ? answer(Claimed.won, epoch, who) : answer(Claimed.lost, epoch, verdict.holder);
}

/** Who holds the pair; the data of the reply. */
export async function read(claims: Claims, fields: Fields): Promise<Part[]> {
  const pair = nameIn(fields);
  fields.end();
  const held = await claims.read(pair);
  return held === undefined ? answer(Claimed.free, 0, '') : answer(Claimed.held, held.epoch, held.holder);
}

export function sessionIn(fields: Fields): SessionAsked {
  const session = fields.bytes(SESSION_BYTES).toString('hex');
  const pair = fields.text16();
  const epoch = fields.uint64();
  fields.end();
  if (pair === '') return { session };
  if (Buffer.byteLength(pair) > TEXT_BYTES_MAX || epoch === 0) throw new MalformedError('a bad pair or epoch');
  return { session, member: { pair, epoch } };
}

function answer(result: number, epoch: number, holder: string): Part[] {
  return [[result, 1], [epoch, 8], text16(holder)];
}

function nameIn(fields: Fields): string {
  const name = fields.text16();
  if (name === '' || Buffer.byteLength(name) > TEXT_BYTES_MAX) throw new MalformedError('a name is empty or too long');
  return name;
}

function epochIn(fields: Fields): number {
  const epoch = fields.uint64();
  if (epoch === 0) throw new MalformedError('epochs begin at 1');
  return epoch;
}
