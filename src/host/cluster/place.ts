/**
 * A place on this host: the process of a backup, known by its reservation. Its file `ID.json` is there as long as the
 * process is, so that an agent that is started again finds it; its words stay in `ID.out` and `ID.err`.
 */

import { fork } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '../../lib/errors.ts';
import type { Endpoint } from '../ft/endpoint.ts';
import type { BackupOptions } from '../ft/pair-options.ts';
import { reasonOf } from '../os-errors.ts';
import { workerEntry } from '../worker-entry.ts';
import type { PlaceReport } from './agent-messages.ts';
import type { FromPlace, ToPlace } from './place-messages.ts';
import { startOf } from './process-identity.ts';

const ENTRY = workerEntry('place', import.meta.url);
const SUFFIX = '.json';
/** A process that does not listen by then will not. */
const LISTEN_MS = 30_000;

interface PlaceFile extends PlaceReport {
  readonly startedAt: number;
  readonly bytes: number;
}

export class Place {
  readonly #path: string;
  readonly #file: PlaceFile;

  private constructor(path: string, file: PlaceFile) {
    this.#path = path;
    this.#file = file;
  }

  /** Starts the process; resolves when it listens. UserError when it does not. `ended`: it is gone. */
  static async start(
    folder: string,
    reservation: { readonly id: string; readonly pair: string; readonly bytes: number },
    options: BackupOptions,
    ended: () => void,
  ): Promise<Place> {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const { id, pair, bytes } = reservation;
    const log = join(folder, encodeURIComponent(id));
    const files = [`${log}.out`, `${log}.err`].map((path) => openSync(path, 'a', 0o600));
    const child = fork(fileURLToPath(ENTRY), {
      detached: true,
      serialization: 'advanced',
      stdio: ['ignore', ...files, 'ipc'],
    });
    for (const file of files) closeSync(file);
    const failure = (what: string): UserError => new UserError('no-place', what, `see ${log}.err`);
    const listens = new Promise<Endpoint>((done, failed) => {
      const timer = setTimeout(() => failed(failure('its process does not listen')), LISTEN_MS);
      child.once('message', (message: FromPlace) => {
        clearTimeout(timer);
        if (message.kind === 'listening') done(message.endpoint);
        else failed(failure(message.reason));
      });
      child.once('error', (error) => failed(failure(`its process cannot be started: ${reasonOf(error)}`)));
      child.once('exit', (code, signal) => {
        clearTimeout(timer);
        failed(failure(`its process has ended with ${code ?? signal}`));
        ended();
      });
    });
    try {
      const message: ToPlace = { options };
      child.send(message, () => {});
      const endpoint = await listens;
      const pid = child.pid!;
      const startedAt = startOf(pid) ?? 0;
      const path = `${log}${SUFFIX}`;
      const file: PlaceFile = { reservation: id, pair, pid, listens: endpoint, log, startedAt, bytes };
      writeFileSync(path, JSON.stringify(file), { mode: 0o600 });
      return new Place(path, file);
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    } finally {
      if (child.connected) child.disconnect();
      child.unref();
    }
  }

  /** Those that an agent has left in `folder` and whose processes are still there. */
  static left(folder: string): Place[] {
    return entriesOf(folder).flatMap((name) => {
      const path = join(folder, name);
      const place = readPlace(path);
      if (place?.isAlive === true) return [place];
      rmSync(path, { force: true });
      return [];
    });

    function readPlace(path: string): Place | undefined {
      try {
        return new Place(path, JSON.parse(readFileSync(path, 'utf8')) as PlaceFile);
      } catch {
        return undefined;
      }
    }
  }

  get id(): string {
    return this.#file.reservation;
  }
  get pair(): string {
    return this.#file.pair;
  }
  get bytes(): number {
    return this.#file.bytes;
  }
  get report(): PlaceReport {
    const { reservation, pair, pid, listens, log } = this.#file;
    return { reservation, pair, pid, listens, log };
  }
  get isAlive(): boolean {
    return startOf(this.#file.pid) === this.#file.startedAt;
  }

  kill(): void {
    if (this.isAlive) process.kill(this.#file.pid, 'SIGKILL');
  }

  /** Its process is gone. */
  forget(): void {
    rmSync(this.#path, { force: true });
  }
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith(SUFFIX));
  } catch {
    return [];
  }
}
