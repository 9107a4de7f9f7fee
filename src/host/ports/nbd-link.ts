/**
 * The connection of a drive to its NBD server, made anew as often as it is lost, for as long as it takes. All its
 * connections are one session, in one epoch of the pair if the drive belongs to one.
 */

import { randomBytes } from 'node:crypto';
import { SESSION_BYTES } from '../disk/nbd.ts';
import { reasonOf } from '../os-errors.ts';
import { NbdConnection } from './nbd-connection.ts';
import { placeText } from './nbd-place.ts';
import { type Membership, type Opened, openSession, type SessionOptions } from './nbd-session.ts';

export interface LinkUser {
  /** Before anything else goes over a new connection. Rejects when it cannot be used. */
  prepare(connection: NbdConnection): Promise<void>;
  /** There is a connection, or none any more: `NbdLink.connection`. */
  changed(): void;
  /** One line for the operator, without a final stop. */
  notice(text: string): void;
}

const RETRY_MS = { first: 50, most: 1000 } as const;
const DEADLINE_MS_MAX = 5 * 60_000;

export class NbdLink {
  readonly name: string;
  readonly #opening: SessionOptions;
  readonly #session = randomBytes(SESSION_BYTES);
  readonly #user: LinkUser;
  #member: Membership | undefined;
  #connection: NbdConnection | undefined;
  #connecting: Promise<void> | undefined;
  #wake: (() => void) | undefined;
  /** Doubled each time it passes, so that a storage that is slow beyond it is not asked for the same over and over. */
  #deadlineMs: number;
  #toldLost = false;
  #closed = false;

  constructor(opening: SessionOptions, member: Membership | undefined, user: LinkUser) {
    this.name = placeText(opening.place);
    this.#opening = opening;
    this.#deadlineMs = opening.deadlineMs;
    this.#member = member;
    this.#user = user;
  }

  get connection(): NbdConnection | undefined {
    return this.#connection;
  }

  get member(): Membership | undefined {
    return this.#member;
  }

  /** The first connection, tried once. Rejects with the reason. */
  async begin(): Promise<NbdConnection> {
    const opened = await openSession(this.#opening, this.#session, this.#member);
    this.#connection = this.#connect(opened);
    return this.#connection;
  }

  /** The connection is of this epoch from here on. Resolves when the server has been told, or the link is closed. */
  async raise(epoch: number): Promise<void> {
    if (this.#member === undefined) throw new Error('the drive belongs to no pair');
    await this.join({ ...this.#member, epoch });
  }

  /** Whether the server would have a node of a pair. Rejects with the reason, a UserError for what it cannot do. */
  async probe(member: Membership): Promise<void> {
    const { negotiation } = await openSession(this.#opening, randomBytes(SESSION_BYTES), member);
    negotiation.abandon();
  }

  /** The connection is of that node from here on. Resolves as `raise`. */
  async join(member: Membership): Promise<void> {
    this.#member = member;
    const before = this.#connection;
    this.#connection = undefined;
    before?.drop();
    while (this.#connection === undefined && !this.#closed) await this.restore();
  }

  /** Resolves when there is a connection, or the link is closed. */
  restore(): Promise<void> {
    this.#connecting ??= this.#untilConnected().finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;
  }

  /** Everything asked for has been answered. */
  answered(): void {
    this.#deadlineMs = this.#opening.deadlineMs;
  }

  /** `politely`: nothing is unanswered. */
  async close(politely: boolean): Promise<void> {
    this.#closed = true;
    this.#wake?.();
    const connection = this.#connection;
    this.#connection = undefined;
    if (politely) await connection?.close();
    else connection?.drop();
    await this.#connecting;
  }

  #connect({ negotiation, facts }: Opened): NbdConnection {
    const connection = new NbdConnection(negotiation, facts, this.#deadlineMs, (reason, late) => {
      if (late) this.#bePatient();
      if (this.#connection !== connection) return;
      this.#connection = undefined;
      this.#tellLost(`lost ${this.name}: ${reason}`);
      this.#user.changed();
    });
    return connection;
  }

  async #untilConnected(): Promise<void> {
    for (let waitMs: number = RETRY_MS.first; this.#connection === undefined && !this.#closed; ) {
      const member = this.#member;
      const begunMs = performance.now();
      try {
        const opened = await openSession({ ...this.#opening, deadlineMs: this.#deadlineMs }, this.#session, member);
        const connection = this.#connect(opened);
        await this.#user.prepare(connection);
        // The epoch may have been raised meanwhile: then this connection is of an old one.
        if (member === this.#member && !this.#closed) this.#connection = connection;
        else connection.drop();
      } catch (error) {
        if (performance.now() - begunMs >= this.#deadlineMs) this.#bePatient();
        this.#tellLost(`cannot reach ${this.name}: ${reasonOf(error)}`);
        await this.#pause(waitMs);
        waitMs = Math.min(2 * waitMs, RETRY_MS.most);
      }
    }
    if (this.#connection === undefined) return;
    if (this.#toldLost) this.#user.notice(`${this.name} is back`);
    this.#toldLost = false;
    this.#user.changed();
  }

  #bePatient(): void {
    this.#deadlineMs = Math.min(2 * this.#deadlineMs, DEADLINE_MS_MAX);
  }

  #tellLost(what: string): void {
    if (!this.#toldLost && !this.#closed) this.#user.notice(`${what}; the guest waits for it`);
    this.#toldLost = true;
  }

  async #pause(ms: number): Promise<void> {
    if (this.#closed) return;
    await new Promise<void>((done) => {
      const timer = setTimeout(done, ms);
      this.#wake = () => {
        clearTimeout(timer);
        done();
      };
    });
    this.#wake = undefined;
  }
}
