/** The file of one pair at an acceptor, as JSON. Frozen: a file of another version is refused, never guessed at. */

import type { AcceptorState, Held } from '../../../ft/ballot/acceptor.ts';
import type { Ballot } from '../../../ft/ballot/ballot.ts';

export interface Kept {
  readonly pair: string;
  readonly members: string;
  readonly state: AcceptorState;
}

const VERSION = 1;

export function encodeKept({ pair, members, state }: Kept): Buffer {
  return Buffer.from(`${JSON.stringify({ version: VERSION, pair, members, ...state }, undefined, 2)}\n`);
}

/** Throws an Error that says what is wrong. */
export function decodeKept(bytes: Uint8Array): Kept {
  const { version, pair, members, promised, accepted } = recordOf(JSON.parse(new TextDecoder().decode(bytes)));
  if (version !== VERSION) throw new Error(`it is not a file of version ${VERSION}`);
  const state = {
    ...(promised === undefined ? {} : { promised: ballotOf(promised) }),
    ...(accepted === undefined ? {} : { accepted: acceptedOf(recordOf(accepted)) }),
  };
  return { pair: textOf(pair), members: textOf(members), state };
}

function acceptedOf({ ballot, held }: Record<string, unknown>): { readonly ballot: Ballot; readonly held: Held } {
  const { epoch, holder } = recordOf(held);
  return { ballot: ballotOf(ballot), held: { epoch: countOf(epoch), holder: textOf(holder) } };
}

function ballotOf(value: unknown): Ballot {
  const { round, proposer } = recordOf(value);
  return { round: countOf(round), proposer: textOf(proposer) };
}

function recordOf(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw damaged();
  return value as Record<string, unknown>;
}

function textOf(value: unknown): string {
  if (typeof value !== 'string') throw damaged();
  return value;
}

function countOf(value: unknown): number {
  if (!Number.isSafeInteger(value) || Number(value) < 0) throw damaged();
  return Number(value);
}

const damaged = (): Error => new Error('it is damaged');
