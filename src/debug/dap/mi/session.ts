/**
 * One gdb, spoken to in its machine interface: commands out, each with a token, their results in by token, and what it
 * tells besides. Knows no process: lines go out by `write` and come in by `receive`.
 */

import { type MiRecord, type MiResult, type MiTuple, parseMi } from './parse.ts';
import { quoted, textIn } from './values.ts';

export interface MiPorts {
  /** A line for gdb, with its end. */
  write(line: string): void;
  /** Records that answer no command: what runs and stops, notices, and text. */
  told(record: MiRecord): void;
}

/** gdb has refused a command; the message is gdb's. */
export class MiError extends Error {
  override readonly name = 'MiError';
}

interface Waiting {
  resolve(results: MiTuple): void;
  reject(error: MiError): void;
}

export class MiSession {
  readonly #ports: MiPorts;
  readonly #waiting = new Map<number, Waiting>();
  #token = 0;
  #rest = '';
  #gone: MiError | undefined;
  /** Text that gdb prints while a command of its own is carried out for its user. */
  #heard: { readonly token: number; readonly lines: string[] } | undefined;

  constructor(ports: MiPorts) {
    this.#ports = ports;
  }

  /** What gdb has answered with ^done or ^running. MiError when it refuses, or has gone. */
  command(line: string): Promise<MiTuple> {
    if (this.#gone !== undefined) return Promise.reject(this.#gone);
    this.#token += 1;
    const token = this.#token;
    const { promise, resolve, reject } = Promise.withResolvers<MiTuple>();
    this.#waiting.set(token, { resolve, reject });
    this.#ports.write(`${token}${line.replace(/[\r\n]+/g, ' ')}\n`);
    return promise;
  }

  /** A line as gdb's user would type it; what gdb prints for it. MiError when it refuses. */
  async console(line: string): Promise<string> {
    const lines: string[] = [];
    this.#heard = { token: this.#token + 1, lines };
    await this.command(`-interpreter-exec console ${quoted(line)}`);
    return lines.join('');
  }

  /** Text from gdb, cut anywhere. */
  receive(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop()!;
    for (const line of lines) this.#take(parseMi(line.replace(/\r$/, '')));
  }

  /** gdb will say nothing any more: whoever waits is told. */
  close(reason: string): void {
    this.#gone ??= new MiError(reason);
    for (const { reject } of this.#waiting.values()) reject(this.#gone);
    this.#waiting.clear();
  }

  #take(record: MiRecord): void {
    if (record.kind === 'result') this.#answer(record);
    else if (this.#heard !== undefined && (record.kind === 'console' || record.kind === 'target'))
      this.#heard.lines.push(record.text);
    else this.#ports.told(record);
  }

  #answer({ token, class: name, results }: MiResult): void {
    const waiting = token === undefined ? undefined : this.#waiting.get(token);
    if (token === undefined || waiting === undefined) return;
    this.#waiting.delete(token);
    if (this.#heard?.token === token) this.#heard = undefined;
    if (name === 'error') waiting.reject(new MiError(textIn(results.msg) ?? 'gdb gives no reason'));
    else waiting.resolve(results);
  }
}
