/**
 * Opens an export as one session, over and over: each connection of the session ends those before it, where the server
 * knows sessions (`lockstep disk serve`). With other servers a connection given up may still have writes on their way.
 */

import { UserError } from '../../lib/errors.ts';
import { text16 } from '../disk/byte-parts.ts';
import { Flag, Option, Reply } from '../disk/nbd.ts';
import type { PairKey } from '../ft/key.ts';
import { type ExportFacts, NbdNegotiation, OptionError } from './nbd-negotiation.ts';
import { type NbdPlace, placeText } from './nbd-place.ts';
import type { NbdSecurity } from './nbd-security.ts';

/** A node of a pair, which writes in one epoch. */
export interface Membership {
  readonly pair: string;
  readonly epoch: number;
  /** Of the pair; servers are shown it. */
  readonly key?: PairKey | undefined;
}

export interface SessionOptions {
  readonly place: NbdPlace;
  readonly security: NbdSecurity | undefined;
  /** The drive is to be written to. */
  readonly writable: boolean;
  readonly deadlineMs: number;
}

export interface Opened {
  readonly negotiation: NbdNegotiation;
  readonly facts: ExportFacts;
}

const SECTOR_BYTES = 512;

/** Rejects with an Error, a UserError where the server answers and has not what is asked for. */
export async function openSession(
  { place, security, writable, deadlineMs }: SessionOptions,
  session: Uint8Array,
  member: Membership | undefined,
): Promise<Opened> {
  const negotiation = await NbdNegotiation.begin(place.address, deadlineMs, security);
  try {
    await announce(negotiation, place, session, member);
    const facts = await negotiation.open(place.export);
    const refuse = (what: string, remedy: string): never => {
      throw new UserError('bad-drive', `${placeText(place)} ${what}`, remedy);
    };
    if (writable && (facts.flags & Flag.readOnly) !== 0) refuse('is read-only', 'use mode=cow or mode=readonly');
    if (facts.minBlockBytes > SECTOR_BYTES) {
      refuse(`has blocks of ${facts.minBlockBytes} bytes`, 'use a server that takes blocks of 512 bytes');
    }
    if (facts.maxBytes < SECTOR_BYTES) {
      refuse(`takes ${facts.maxBytes} bytes at once at most`, 'use a server that takes blocks of 512 bytes');
    }
    return { negotiation, facts };
  } catch (error) {
    negotiation.abandon();
    throw error;
  }
}

async function announce(
  negotiation: NbdNegotiation,
  place: NbdPlace,
  session: Uint8Array,
  member: Membership | undefined,
): Promise<void> {
  try {
    await negotiation.option(Option.session, session, text16(member?.pair ?? ''), [member?.epoch ?? 0, 8]);
  } catch (error) {
    if (!(error instanceof OptionError) || error.type !== Reply.errUnsupported) throw error;
    if (member === undefined) return;
    const what = `the server of ${placeText(place)} knows nothing of pairs and epochs`;
    const remedy =
      'serve it with: lockstep disk serve; or add ,unfenced: see Storage arrangements in docs/ft-protocol.md';
    throw new UserError('no-epochs', what, remedy, undefined, error);
  }
}
