/**
 * The arbiter that is a PostgreSQL database: one row a pair in a table of its own, with the highest epoch and who won
 * it. A claim is one statement that commits by itself, an INSERT that on conflict raises the epoch and never lowers it;
 * the row's lock puts claims in order and is never held while a client is waited for, frozen clients included.
 *
 * Invariants: the winner who asks again writes its row again, so that 'won' always stands behind a commit of the
 * asker's own that is flushed (and, with synchronous standbys, is on them), also when an earlier commit was cut short
 * between the two. A server that does not flush (fsync off) or is a standby decides nothing. The table is named with
 * its schema: two users do not see two tables.
 */

import { Socket } from 'node:net';
import type { Client } from 'pg';
import type { Arbiter, ClaimResult, Holding } from '../../../ft/arbiter.ts';
import { codeOf, reasonOf } from '../../os-errors.ts';
import { DEADLINE_MS, inTime } from './deadline.ts';

const CREATE = `CREATE TABLE IF NOT EXISTS public.lockstep_epochs
  (pair text PRIMARY KEY, epoch bigint NOT NULL, holder text NOT NULL)`;

const CLAIM = `INSERT INTO public.lockstep_epochs AS held (pair, epoch, holder)
  SELECT $1::text, $2::bigint, $3::text WHERE set_config('synchronous_commit', 'on', true) = 'on'
  ON CONFLICT (pair) DO UPDATE SET epoch = excluded.epoch, holder = excluded.holder
  WHERE held.epoch < excluded.epoch OR (held.epoch = excluded.epoch AND held.holder = excluded.holder)
  RETURNING held.epoch`;

const READ = 'SELECT epoch, holder FROM public.lockstep_epochs WHERE pair = $1';

const KEEPER = `SELECT current_setting('fsync') = 'on' AS flushes, pg_is_in_recovery() AS standby`;

/** Two sides that create the table at once: one of them is told of it by one of these. */
const EXISTS_ALREADY = new Set(['23505', '42P07', '42710']);
const NO_TABLE = '42P01';

type Unknown = { readonly kind: 'unknown'; readonly reason: string };

export class PostgresArbiter implements Arbiter {
  readonly #url: string;
  readonly #deadlineMs: number;
  readonly #open = new Set<Socket>();

  /** `url`: as libpq takes it; what it leaves out comes from libpq's environment (PGPASSWORD, PGUSER, ...). */
  constructor(url: string, deadlineMs: number = DEADLINE_MS) {
    this.#url = url;
    this.#deadlineMs = deadlineMs;
  }

  claim(pair: string, epoch: number, who: string): Promise<ClaimResult> {
    return this.#connected(async (client): Promise<ClaimResult> => {
      const values = [pair, epoch, who];
      let claimed = await client.query(CLAIM, values).catch(missing);
      if (claimed === undefined) {
        await client.query(CREATE).catch((error: unknown) => {
          if (!EXISTS_ALREADY.has(codeOf(error) ?? '')) throw error;
        });
        claimed = await client.query(CLAIM, values);
      }
      if (claimed.rows.length > 0) return { kind: 'won' };
      const held = await holding(client, pair);
      if (held.kind === 'free' || held.epoch < epoch) throw new Error('the row of the pair went back');
      return { kind: 'lost', holder: held.holder };
    });
  }

  read(pair: string): Promise<Holding> {
    return this.#connected((client) => holding(client, pair));
  }

  async close(): Promise<void> {
    for (const socket of this.#open) socket.destroy();
  }

  async #connected<T>(action: (client: Client) => Promise<T>): Promise<T | Unknown> {
    const socket = new Socket();
    this.#open.add(socket);
    socket.on('close', () => this.#open.delete(socket));
    try {
      const result = await inTime(this.#session(socket, action), this.#deadlineMs);
      // The server is told that this was all, and its answer to that is not waited for.
      socket.unref();
      return result;
    } catch (error) {
      socket.destroy();
      return { kind: 'unknown', reason: `PostgreSQL: ${reasonOf(error)}` };
    }
  }

  async #session<T>(socket: Socket, action: (client: Client) => Promise<T>): Promise<T> {
    // Loaded when it is used: other arbiters do not wait for it.
    const { default: pg } = await import('pg');
    const client = new pg.Client({ connectionString: this.#url, stream: () => socket, application_name: 'lockstep' });
    client.on('error', () => {});
    await client.connect();
    const [keeper] = (await client.query<{ flushes: boolean; standby: boolean }>(KEEPER)).rows;
    if (keeper?.flushes !== true) throw new Error('the server keeps nothing through a crash (fsync is off)');
    if (keeper.standby) throw new Error('the server is a standby');
    const result = await action(client);
    client.end().catch(() => {});
    return result;
  }
}

async function holding(client: Client, pair: string): Promise<Exclude<Holding, Unknown>> {
  const read = await client.query<{ epoch: string; holder: string }>(READ, [pair]).catch(missing);
  const row = read?.rows[0];
  return row === undefined ? { kind: 'free' } : { kind: 'held', epoch: Number(row.epoch), holder: row.holder };
}

/** Undefined when there is no table yet: nobody has claimed anything. */
function missing(error: unknown): undefined {
  if (codeOf(error) !== NO_TABLE) throw error;
}
