/**
 * How a node is found and spoken to on its own host: a Unix socket `ROLE-PID.sock` in the folder of its pair, below the
 * runtime folder of the XDG Base Directory Specification. One line in, one line of JSON out. A guest that runs in no
 * pair is found in the same way, under its own name.
 *
 * Invariants:
 *  - a socket that has its name answers, or its process is gone, and then whoever finds that out removes it;
 *  - nothing that is said here ends the process by itself. What fails is answered as refused: in the words of a
 *    UserError, or as the defect that it is. Whether a process can go on after a defect is not known here: who carries
 *    out orders decides it (operator-orders.ts), and who only tells goes on.
 */

import { chmodSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { ExitCode, UserError } from '../../lib/errors.ts';
import { fileNameOf, wordOf } from '../file-names.ts';
import { codeOf, reasonOf } from '../os-errors.ts';
import { PATH_BYTES_MAX } from '../ports/unix-socket.ts';
import { runtimeFolder } from '../recordings.ts';
import { firstLine, lastWords } from './one-line.ts';

/** Of either side. A machine that has too much to do is no reason to give up: nobody's guest waits for this. */
const ANSWER_MS = 10_000;
const SUFFIX = '.sock';
const NAME = /^(.+)-(\d+)\.sock$/;
/** Until it answers. Not longer than the other: a socket's path has about a hundred bytes. */
const NEW_SUFFIX = '.new';
/** The folder of a pair goes with its last socket, at whatever moment: it is made again so often. */
const FOLDER_TRIES = 100;

/** A node that may be there. */
export interface NodeAddress {
  readonly pair: string;
  /** As it was started: 'primary' or 'backup'; 'record' or 'run': a guest in no pair, with its name in `pair`. */
  readonly command: string;
  readonly pid: number;
  readonly path: string;
}

/** What is answered to a command that is not understood, or that failed. */
export interface Refusal {
  readonly refused: string;
}

const pairsFolder = (): string => join(runtimeFolder(), 'ft');

export class ControlSocket {
  readonly #server: Server;
  readonly #path: string;

  private constructor(server: Server, path: string) {
    this.#server = server;
    this.#path = path;
  }

  /**
   * `answer`: what is said to a command, as JSON, at once or later; bigint becomes a number, and undefined is as if
   * nobody were there. What it throws, or rejects with, is told as `Refusal`. UserError when the socket cannot be made.
   */
  static async listen(pair: string, role: string, answer: (command: string) => unknown): Promise<ControlSocket> {
    const folder = join(pairsFolder(), fileNameOf(pair));
    const stem = join(folder, `${role}-${process.pid}`);
    const path = `${stem}${SUFFIX}`;
    refuseLong(pair, path);
    const server = createServer((socket) => void serve(socket, answer));
    try {
      await listenAt(server, `${stem}${NEW_SUFFIX}`);
      renameSync(`${stem}${NEW_SUFFIX}`, path);
    } catch (error) {
      server.close();
      const what = `cannot make the socket ${path}: ${reasonOf(error)}`;
      throw new UserError(
        'no-socket',
        what,
        'set XDG_RUNTIME_DIR to a short path that you can write',
        undefined,
        error,
      );
    }
    server.unref();
    return new ControlSocket(server, path);
  }

  close(): void {
    removeSocket(this.#path);
    this.#server.close();
  }
}

/** Never rejects. */
async function serve(socket: Socket, answer: (command: string) => unknown): Promise<void> {
  const line = await firstLine(socket, ANSWER_MS).catch(() => undefined);
  if (line === undefined) socket.destroy();
  else lastWords(socket, await answerTo(line.trim(), answer));
}

async function answerTo(command: string, answer: (command: string) => unknown): Promise<string> {
  try {
    const said = await answer(command);
    return said === undefined ? '' : `${JSON.stringify(said, plain)}\n`;
  } catch (error) {
    const refused = error instanceof UserError ? error.what : `a defect of its process: ${reasonOf(error)}`;
    return `${JSON.stringify({ refused } satisfies Refusal)}\n`;
  }
}

/** UserError when the system takes no socket of that path, most of which is the name's. */
function refuseLong(pair: string, path: string): void {
  const over = Buffer.byteLength(path) - PATH_BYTES_MAX;
  if (over <= 0) return;
  const what = `the name ${pair} is too long by ${over} bytes: its socket would be ${path}`;
  throw new UserError('long-name', what, 'give a shorter one, or set XDG_RUNTIME_DIR to a shorter path');
}

/** `path` is in the folder of a pair. */
async function listenAt(server: Server, path: string): Promise<void> {
  for (let left = FOLDER_TRIES; ; left--) {
    try {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      rmSync(path, { force: true });
      await new Promise<void>((done, failed) => {
        server.once('error', failed);
        server.listen(path, () => {
          server.off('error', failed);
          done();
        });
      });
      break;
    } catch (error) {
      // Node says EACCES for a folder that is not there, too.
      const code = codeOf(error);
      if (left === 0 || (code !== 'EACCES' && code !== 'ENOENT')) throw error;
    }
  }
  chmodSync(path, 0o600);
}

/** Nodes of this host, of one pair or all. Some may be gone. */
export function listNodes(pair?: string): NodeAddress[] {
  const folder = pairsFolder();
  const names = pair === undefined ? entriesOf(folder) : [fileNameOf(pair)];
  return names.flatMap((name) => {
    const known = wordOf(name);
    // Somebody else's.
    if (known === undefined) return [];
    return entriesOf(join(folder, name)).flatMap((entry) => {
      const [, command, pid] = NAME.exec(entry) ?? [];
      return command === undefined ? [] : [{ pair: known, command, pid: Number(pid), path: join(folder, name, entry) }];
    });
  });
}

/** The node's answer, within `withinMs`; undefined when it is gone, and its socket is removed then. */
export async function tellNode({ path }: NodeAddress, command: string, withinMs = ANSWER_MS): Promise<unknown> {
  try {
    const answer = await exchange(path, command, withinMs);
    return answer === '' ? undefined : JSON.parse(answer);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ECONNREFUSED') removeSocket(path);
    if (code === 'ECONNREFUSED' || code === 'ENOENT' || code === 'ECONNRESET' || code === 'EPIPE') return undefined;
    const what = `the node at ${path} does not answer: ${reasonOf(error)}`;
    throw new UserError('no-answer', what, 'look whether its process runs', ExitCode.lost, error);
  }
}

function exchange(path: string, command: string, withinMs: number): Promise<string> {
  return new Promise((done, failed) => {
    const socket = connect(path, () => socket.write(`${command}\n`));
    let text = '';
    socket.setEncoding('utf8');
    socket.setTimeout(withinMs, () => socket.destroy(new Error('no answer')));
    socket.on('data', (chunk: string) => {
      text += chunk;
    });
    socket.on('error', failed);
    socket.on('close', () => done(text));
  });
}

/** With its folder, when it was the last there. */
function removeSocket(path: string): void {
  rmSync(path, { force: true });
  try {
    rmdirSync(dirname(path));
  } catch {
    // Another socket is there.
  }
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

const plain = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? Number(value) : value);
