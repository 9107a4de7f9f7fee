/**
 * The arbiter that is the block server: claims go to the same address as the disk, so that whoever reaches the disk
 * reaches the arbiter, and the server refuses writes of an old epoch from the moment of a claim (src/host/disk).
 * Each call is a connection of its own, under one deadline.
 */

import type { Arbiter, ClaimResult, Holding } from '../../../ft/arbiter.ts';
import { bytesOf, Fields, text16 } from '../../disk/byte-parts.ts';
import { Claimed, Option, Reply } from '../../disk/nbd.ts';
import { reasonOf } from '../../os-errors.ts';
import { NbdNegotiation } from '../../ports/nbd-negotiation.ts';
import type { NbdSecurity } from '../../ports/nbd-security.ts';
import { addressText, type StreamAddress } from '../../ports/stream-address.ts';
import { DEADLINE_MS } from './deadline.ts';

interface Answer {
  readonly result: number;
  readonly epoch: number;
  readonly holder: string;
}

export class DiskArbiter implements Arbiter {
  readonly #address: StreamAddress;
  readonly #security: NbdSecurity | undefined;
  readonly #deadlineMs: number;
  readonly #open = new Set<NbdNegotiation>();

  constructor(address: StreamAddress, deadlineMs: number = DEADLINE_MS, security?: NbdSecurity) {
    this.#address = address;
    this.#security = security;
    this.#deadlineMs = deadlineMs;
  }

  async claim(pair: string, epoch: number, who: string): Promise<ClaimResult> {
    try {
      const { result, holder } = await this.#ask(Option.claim, bytesOf(text16(pair), [epoch, 8], text16(who)));
      if (result === Claimed.won) return { kind: 'won' };
      if (result === Claimed.lost) return { kind: 'lost', holder };
      throw new Error('the server answers with something else');
    } catch (error) {
      return this.#unknown(error);
    }
  }

  async read(pair: string): Promise<Holding> {
    try {
      const { result, epoch, holder } = await this.#ask(Option.read, text16(pair));
      if (result === Claimed.held) return { kind: 'held', epoch, holder };
      if (result === Claimed.free) return { kind: 'free' };
      throw new Error('the server answers with something else');
    } catch (error) {
      return this.#unknown(error);
    }
  }

  async close(): Promise<void> {
    for (const negotiation of this.#open) negotiation.abandon();
  }

  async #ask(option: number, data: Uint8Array): Promise<Answer> {
    const negotiation = await NbdNegotiation.begin(this.#address, this.#deadlineMs, this.#security);
    this.#open.add(negotiation);
    try {
      const [reply] = await negotiation.option(option, data);
      if (reply?.type !== Reply.claim) throw new Error('the server knows nothing of claims');
      const fields = new Fields(reply.data);
      const answer = { result: fields.uint(1), epoch: fields.uint64(), holder: fields.text16() };
      fields.end();
      return answer;
    } finally {
      this.#open.delete(negotiation);
      negotiation.abandon();
    }
  }

  #unknown(error: unknown): { readonly kind: 'unknown'; readonly reason: string } {
    return { kind: 'unknown', reason: `${addressText(this.#address)}: ${reasonOf(error)}` };
  }
}
