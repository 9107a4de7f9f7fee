/**
 * A drive's blocks at an NBD server. Many requests are in flight; what is unanswered when a connection is lost, or its
 * deadline has passed, is sent again on the next one while the guest waits. That is safe: the guest's disk has no two
 * requests in flight that race, and the same bytes go to the same place.
 *
 * Invariants. Writes that were answered and that no flush has covered are sent again on each new connection, before
 * anything else: what the guest has flushed is on the storage, though the server lost its memory between. A node of a
 * pair writes under its epoch only; what the server refuses because the epoch is over is neither done nor failed, but
 * waits for a later epoch of this node (`raise`), or for the end.
 */

import { ExitCode, UserError } from '../../lib/errors.ts';
import { Command, Flag, NbdErrno } from '../disk/nbd.ts';
import type { PairKey } from '../ft/key.ts';
import { reasonOf } from '../os-errors.ts';
import { type BlockStore, DriveElsewhere } from './block-store.ts';
import type { NbdConnection, NbdRequest } from './nbd-connection.ts';
import { NbdLink } from './nbd-link.ts';
import type { ExportFacts } from './nbd-negotiation.ts';
import { type NbdPlace, placeText } from './nbd-place.ts';
import { securityOf } from './nbd-security.ts';
import type { Membership } from './nbd-session.ts';
import { UnflushedWrites } from './nbd-unflushed.ts';

export interface NbdOptions {
  readonly place: NbdPlace;
  /** The drive is to be written to. */
  readonly writable: boolean;
  readonly member?: Membership;
  /** Of the pair; the server is shown it. */
  readonly key?: PairKey | undefined;
  /** One line for the operator, without a final stop. */
  readonly notice: (text: string) => void;
  /** How long one request, or one attempt to connect, may take at first; 10 s when left out. */
  readonly deadlineMs?: number;
}

interface Operation extends NbdRequest {
  /** 'parked': refused, because the epoch is over. */
  state: 'queued' | 'sent' | 'parked';
  readonly done: () => void;
  readonly failed: (error: Error) => void;
}

const DEADLINE_MS = 10_000;
const IN_FLIGHT_MAX = 128;
/** How long `ending` waits for a server that does not answer. */
const ENDING_MS = 3000;
const ZERO_BYTES_MAX = 64 << 20;
const ZEROES = new Uint8Array(1 << 20);

export class NbdStore implements BlockStore {
  readonly facts: ExportFacts;
  readonly #link: NbdLink;
  readonly #notice: (text: string) => void;
  readonly #unflushed = new UnflushedWrites();
  /** Unanswered, in the order they came. */
  readonly #operations = new Set<Operation>();
  #flushing: Promise<void> | undefined;
  #ending = false;
  #closed = false;

  private constructor(link: NbdLink, facts: ExportFacts, notice: (text: string) => void) {
    this.#link = link;
    this.facts = facts;
    this.#notice = notice;
  }

  /** UserError when the server, or the export, cannot be had. */
  static async open({ place, writable, member, key, notice, deadlineMs = DEADLINE_MS }: NbdOptions): Promise<NbdStore> {
    let store: NbdStore | undefined;
    const security = securityOf(place, key);
    const link = new NbdLink({ place, security, writable, deadlineMs }, member, {
      prepare: async (connection) => store?.prepare(connection),
      changed: () => store?.pump(),
      notice,
    });
    try {
      const { facts } = await link.begin();
      store = new NbdStore(link, facts, notice);
      return store;
    } catch (error) {
      if (error instanceof UserError) throw error;
      const what = `cannot open the drive ${placeText(place)}: ${reasonOf(error)}`;
      throw new UserError('bad-drive', what, 'see what the server has with: nbdinfo --list', undefined, error);
    }
  }

  async read(offset: number, into: Uint8Array): Promise<void> {
    await inParts(into.length, this.facts.maxBytes, (at, length) =>
      this.#perform({ command: Command.read, offset: offset + at, length, into: into.subarray(at, at + length) }),
    );
  }

  /** The bytes of `data` stay as they are. */
  async write(offset: number, data: Uint8Array): Promise<void> {
    await inParts(data.length, this.facts.maxBytes, (at, length) =>
      this.#change({ command: Command.write, offset: offset + at, length, data: data.subarray(at, at + length) }),
    );
  }

  async zero(offset: number, length: number): Promise<void> {
    if ((this.facts.flags & Flag.writeZeroes) !== 0) {
      await inParts(length, ZERO_BYTES_MAX, (at, part) =>
        this.#change({ command: Command.writeZeroes, offset: offset + at, length: part }),
      );
    } else {
      await inParts(length, ZEROES.length, (at, part) => this.write(offset + at, ZEROES.subarray(0, part)));
    }
  }

  async flush(): Promise<void> {
    if (!this.#flushes) return;
    const covered = this.#unflushed.mark();
    await this.#perform({ command: Command.flush, offset: 0, length: 0 });
    this.#unflushed.flushed(covered);
  }

  /**
   * From here on writes are of this later epoch, those that wait included. Resolves when the server has been told,
   * which takes as long as the server cannot be reached.
   */
  async raise(epoch: number): Promise<void> {
    await this.#again(this.#link.raise(epoch));
  }

  /**
   * From here on writes are of a pair's epoch. Resolves as `raise`; UserError when the server cannot be asked or cannot
   * keep epochs apart, and nothing is changed then.
   */
  async join(member: Membership): Promise<void> {
    try {
      await this.#link.probe(member);
    } catch (error) {
      if (error instanceof UserError) throw error;
      const what = `cannot reach ${this.#link.name}: ${reasonOf(error)}`;
      throw new UserError('drive-lost', what, 'look after its storage, and try again', ExitCode.lost, error);
    }
    await this.#again(this.#link.join(member));
  }

  ending(): void {
    this.#ending = true;
    this.#give((operation) => operation.state === 'parked', new DriveElsewhere());
    const timer = setTimeout(() => {
      if (this.#closed || this.#operations.size === 0) return;
      this.#notice(`${this.#link.name} does not answer; what the guest wrote last may be lost`);
      void this.close();
    }, ENDING_MS);
    timer.unref();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const closed = this.#link.close(this.#operations.size === 0);
    this.#give(() => true, new Error('the drive is closed'));
    await closed;
  }

  /** Sends again what no flush has covered. Rejects when the connection is lost meanwhile, or of no use. */
  private async prepare(connection: NbdConnection): Promise<void> {
    const { sizeBytes } = connection.facts;
    const fail = (what: string): never => {
      connection.drop();
      throw new Error(what);
    };
    if (sizeBytes !== this.facts.sizeBytes) fail(`it has ${sizeBytes} bytes now`);
    for (const group of this.#unflushed.groups(IN_FLIGHT_MAX)) {
      const answers = group.map((write) => new Promise<number | undefined>((done) => connection.send(write, done)));
      for (const errno of await Promise.all(answers)) {
        // Not permitted: the epoch is over, and with it the right to write. Reads may go on.
        if (errno === NbdErrno.EPERM && this.#link.member !== undefined) return;
        if (errno !== 0) fail(errno === undefined ? 'the server closed the connection' : reasonOfErrno(errno));
      }
    }
  }

  private pump(): void {
    const { connection } = this.#link;
    if (connection === undefined) {
      if (!this.#closed) void this.#link.restore();
      return;
    }
    for (const operation of this.#operations) {
      if (connection.inFlight >= IN_FLIGHT_MAX) return;
      if (operation.state !== 'queued') continue;
      operation.state = 'sent';
      connection.send(operation, (errno) => this.#answered(connection, operation, errno));
    }
  }

  /** All that is not answered is asked for again on the connection that comes. */
  async #again(connected: Promise<void>): Promise<void> {
    for (const operation of this.#operations) operation.state = 'queued';
    await connected;
  }

  get #flushes(): boolean {
    return (this.facts.flags & Flag.flush) !== 0;
  }

  async #change(request: NbdRequest): Promise<void> {
    if (this.#unflushed.full) {
      this.#flushing ??= this.flush().finally(() => {
        this.#flushing = undefined;
      });
      await this.#flushing;
    }
    await this.#perform(request);
    if (this.#flushes) this.#unflushed.wrote(request);
  }

  #perform(request: NbdRequest): Promise<void> {
    if (this.#closed) return Promise.reject(new Error('the drive is closed'));
    return new Promise((done, failed) => {
      this.#operations.add({ ...request, state: 'queued', done, failed });
      this.pump();
    });
  }

  #answered(connection: NbdConnection, operation: Operation, errno: number | undefined): void {
    if (errno === undefined || errno === NbdErrno.ESHUTDOWN) {
      operation.state = 'queued';
      if (errno !== undefined) connection.fail('the server is shutting down');
      return;
    }
    if (errno === NbdErrno.EPERM && operation.command !== Command.read && this.#link.member !== undefined) {
      operation.state = 'parked';
      if (this.#ending) this.#give((one) => one === operation, new DriveElsewhere());
    } else {
      this.#operations.delete(operation);
      if (errno === 0) operation.done();
      else operation.failed(new Error(reasonOfErrno(errno)));
    }
    if (this.#operations.size === 0) this.#link.answered();
    this.pump();
  }

  #give(which: (operation: Operation) => boolean, error: Error): void {
    for (const operation of this.#operations) {
      if (!which(operation)) continue;
      this.#operations.delete(operation);
      operation.failed(error);
    }
  }
}

async function inParts(length: number, most: number, perform: (at: number, part: number) => Promise<void>) {
  for (let at = 0; at < length; at += most) await perform(at, Math.min(most, length - at));
}

function reasonOfErrno(errno: number): string {
  const name = Object.entries(NbdErrno).find(([, value]) => value === errno)?.[0];
  return `the server answers with error ${name ?? errno}`;
}
