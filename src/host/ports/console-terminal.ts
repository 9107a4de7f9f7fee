/**
 * A console on the operator's terminal, in raw mode: every key goes to the guest, Ctrl-C too. Ctrl-A is the escape, as
 * with QEMU's -nographic. The terminal is put back as it was on any way out of the process that runs exit handlers, and
 * at the beginning of a line when the console is closed: what the operator is told then stands by itself.
 */

import type { Writable } from 'node:stream';
import type { ReadStream } from 'node:tty';
import type { Output } from '../../emu/machine/events.ts';
import { outputGone, readInto } from './console-pipe.ts';
import { EscapeKeys } from './escape-keys.ts';
import type { HostPort, Inbox } from './port.ts';
import { StreamWriter } from './stream-writer.ts';

/** What is used of a terminal's input. */
export type TerminalInput = Pick<ReadStream, 'setRawMode' | 'isRaw'> & ReadStream;

const NEWLINE = 0x0a;
const RETURN = 0x0d;

export class ConsoleTerminal implements HostPort {
  readonly device: string;
  readonly #input: TerminalInput;
  readonly #writer: StreamWriter;
  readonly #keys = new EscapeKeys();
  readonly #restore = (): void => void this.#input.setRawMode(this.#wasRaw);
  #inbox: Inbox | undefined;
  #wasRaw = false;
  /** What the guest has said on the terminal ends within a line. */
  #isInLine = false;
  readonly #isShown: boolean;
  #stopReading: (() => void) | undefined;

  constructor(device: string, input: TerminalInput, output: Writable) {
    this.device = device;
    this.#input = input;
    this.#isShown = 'isTTY' in output && output.isTTY === true;
    this.#writer = new StreamWriter(output, (error) => this.#inbox?.fail(outputGone(error)));
  }

  async open(inbox: Inbox): Promise<void> {
    this.#inbox = inbox;
    this.#wasRaw = this.#input.isRaw;
    process.on('exit', this.#restore);
    this.#input.setRawMode(true);
    this.#stopReading = readInto(this.#input, inbox, (bytes) => this.#typed(bytes));
  }

  get idle(): boolean {
    return this.#writer.idle;
  }

  take(output: Output): Promise<void> | undefined {
    if (output.kind !== 'console') return undefined;
    this.#isInLine = this.#isShown && (output.bytes.at(-1) ?? NEWLINE) !== NEWLINE;
    return this.#writer.write(output.bytes);
  }

  async close(): Promise<void> {
    if (this.#stopReading !== undefined) {
      this.#stopReading();
      this.#stopReading = undefined;
      this.#restore();
      process.off('exit', this.#restore);
    }
    if (this.#isInLine) this.#writer.write(Uint8Array.of(RETURN, NEWLINE));
    this.#isInLine = false;
    await this.#writer.flush();
  }

  #typed(bytes: Uint8Array): void {
    const { forGuest, commands } = this.#keys.typed(bytes);
    if (forGuest.length > 0) this.#inbox?.deliver({ kind: 'console', device: this.device, bytes: forGuest });
    for (const command of commands) {
      if (command === 'quit') this.#inbox?.quit();
      else this.#inbox?.notice('Ctrl-A x: quit   Ctrl-A h: this help   Ctrl-A Ctrl-A: send Ctrl-A to the guest');
    }
  }
}
