/** gdb as a child process that speaks its machine interface on pipes. It ends with `close`, or with this process. */

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import type { MiRecord } from '../../debug/dap/mi/parse.ts';
import { MiSession } from '../../debug/dap/mi/session.ts';
import { UserError } from '../../lib/errors.ts';
import { reasonOf } from '../os-errors.ts';

export class GdbProcess {
  readonly mi: MiSession;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #closed: Promise<void>;
  #closing = false;

  private constructor(child: ChildProcessWithoutNullStreams, told: (record: MiRecord) => void, gone: () => void) {
    this.#child = child;
    // A gdb that is gone closes its pipes: 'close' tells.
    child.stdin.on('error', () => {});
    this.mi = new MiSession({ write: (line) => void child.stdin.write(line), told });
    child.stdout.setEncoding('utf8').on('data', (text: string) => this.mi.receive(text));
    child.stderr.resume();
    this.#closed = new Promise((resolve) => {
      child.on('close', () => {
        this.mi.close('gdb has gone');
        resolve();
        if (!this.#closing) gone();
      });
    });
  }

  /** `gone`: it has ended by itself. UserError when the program cannot be started. */
  static async start(program: string, told: (record: MiRecord) => void, gone: () => void): Promise<GdbProcess> {
    const child = spawn(program, ['-nx', '-q', '--interpreter=mi3'], {
      // Messages are read by program.
      env: { ...process.env, LC_ALL: 'C.UTF-8' },
      stdio: 'pipe',
    });
    const started = new GdbProcess(child, told, gone);
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (error) => {
        started.#closing = true;
        const what = `${program} cannot be started: ${reasonOf(error)}`;
        reject(new UserError('no-gdb', what, 'name another gdb, or leave it out', undefined, error));
      });
    });
    child.on('error', () => {});
    return started;
  }

  /** It holds nothing that it would have to put back. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#child.kill('SIGKILL');
    await this.#closed;
  }
}
