/**
 * A folder that one process of this machine uses at a time. Who has it listens on a socket in its subfolder `lock`; a
 * socket whose process is gone refuses connections, so the folder is free when its owner ends, however it ends.
 *
 *     1  look into `lock`: a socket there that answers: somebody has the folder. One that refuses is removed.
 *     2  make a folder `lock.NAME` with a socket NAME in it, and listen on that
 *     3  rename `lock.NAME` to `lock`, which the system does only when no `lock` is there or it is empty; else from 1
 *     4  to let go: remove `lock/NAME`, then close the socket
 *
 * Invariant: at most one process is between 3 and 4, whoever else is at whatever step, stands still there or dies.
 *
 * - `lock` gets what is in it by step 3 alone, over nothing: there is one socket in it, or none.
 * - A NAME is drawn once for one socket. Who has seen it refuse and removes `lock/NAME` removes that one or nothing,
 *   however late, and never the socket of who came next. (With one name for all, the slower of two that found the same
 *   dead socket would remove the live one of the faster.)
 * - A socket is listened on before it has its place, and until its owner lets go or is gone: one that refuses has no
 *   owner and never gets one.
 * - So nobody but its owner removes a live socket from `lock`, which is therefore not empty, and step 3 fails.
 *
 * Who dies before 3 leaves `lock.NAME`, which nobody looks at; who dies after it, a socket that refuses. Who finds
 * `lock` empty, by 4 or by another's 1, has it by its own step 3 and not before. Processes of other machines that share
 * the folder are not seen: a socket belongs to its machine. A NAME begins with its process, for the operator. Who has
 * let go may remove the folder when it is empty: who is at 2 just then begins again.
 */

import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { UserError } from '../../lib/errors.ts';
import { codeOf, reasonOf } from '../os-errors.ts';
import { listening } from '../ports/listen-at.ts';
import { isSocketThere, PATH_BYTES_MAX, whoListens } from '../ports/unix-socket.ts';
import { makeFolder } from './durable-file.ts';

/** Somebody has the folder. */
export class FolderInUse extends UserError {
  readonly process: number;

  constructor(path: string, process: number) {
    super('in-use', `process ${process} uses the folder ${path}`, 'stop it first, or name another folder');
    this.process = process;
  }
}

export class OwnedFolder {
  readonly path: string;
  readonly #socket: string;
  readonly #server: Server;

  private constructor(path: string, socket: string, server: Server) {
    this.path = path;
    this.#socket = socket;
    this.#server = server;
  }

  /** Made when it is not there. `flag` is what names it, for the operator. UserError when it cannot be had. */
  static async take(path: string, flag: string): Promise<OwnedFolder> {
    try {
      for (let tries = TRIES; ; tries--) {
        await makeFolder(path);
        const folder = await OwnedFolder.#take(path).catch((error) => {
          if (codeOf(error) !== 'ENOENT' || tries === 0) throw error;
        });
        if (folder !== undefined) return folder;
      }
    } catch (error) {
      if (error instanceof UserError) throw error;
      const what = `cannot use the folder ${path}: ${reasonOf(error)}`;
      throw new UserError('bad-state', what, `name another one with ${flag}`, undefined, error);
    }
  }

  static async #take(path: string): Promise<OwnedFolder> {
    const lock = join(path, 'lock');
    await clear(path, lock);
    const name = `${process.pid}-${randomBytes(4).toString('hex')}`;
    const own = `${lock}.${name}`;
    if (Buffer.byteLength(join(own, name)) > PATH_BYTES_MAX) {
      throw new UserError('bad-state', `the path ${path} is too long for a socket in it`, 'choose a shorter one');
    }
    const server = createServer((socket) => socket.destroy()).unref();
    await mkdir(own, { mode: 0o700 });
    try {
      await listening(server, { path: join(own, name) });
      while (!(await renamed(own, lock))) await clear(path, lock);
      return new OwnedFolder(path, join(lock, name), server);
    } catch (error) {
      server.close();
      await rm(own, { recursive: true, force: true });
      throw error;
    }
  }

  /** Nothing uses the folder any more. Having it keeps no process alive. */
  async release(): Promise<void> {
    await rm(this.#socket, { force: true });
    await new Promise<void>((done) => this.#server.close(() => done()));
  }
}

/** How often a folder may be removed under one that is taking it. */
const TRIES = 100;

/** Removes the sockets of who is gone. FolderInUse when somebody is there. */
async function clear(path: string, lock: string): Promise<void> {
  for (const name of await namesIn(lock)) {
    const socket = join(lock, name);
    if (!(await isSocketThere(socket))) continue;
    if ((await whoListens(socket)) === 'somebody') {
      throw new FolderInUse(path, Number(name.split('-')[0]));
    }
    await rm(socket, { force: true });
  }
}

async function namesIn(lock: string): Promise<readonly string[]> {
  try {
    return await readdir(lock);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    if (codeOf(error) !== 'ENOTDIR') throw error;
    throw new UserError('bad-state', `${lock} is no folder`, 'remove it, if no process uses the folder that it is in');
  }
}

/** The commit point. False: `lock` has something in it. */
async function renamed(own: string, lock: string): Promise<boolean> {
  try {
    await rename(own, lock);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOTEMPTY' || codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}
