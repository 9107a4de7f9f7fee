/**
 * A console on two streams that are no terminal: bytes go to the guest as they come, and the end of the input means
 * nothing to it. Without an input stream the guest hears nothing.
 */

import type { Readable, Writable } from 'node:stream';
import type { Output } from '../../emu/machine/events.ts';
import { ExitCode, UserError } from '../../lib/errors.ts';
import { codeOf } from '../os-errors.ts';
import type { HostPort, Inbox } from './port.ts';
import { outputLost } from './stdout.ts';
import { StreamWriter } from './stream-writer.ts';

export class ConsolePipe implements HostPort {
  readonly device: string;
  readonly #input: Readable | undefined;
  readonly #writer: StreamWriter;
  #inbox: Inbox | undefined;
  #stopReading: () => void = () => {};

  constructor(device: string, input: Readable | undefined, output: Writable) {
    this.device = device;
    this.#input = input;
    this.#writer = new StreamWriter(output, (error) => this.#inbox?.fail(outputGone(error)));
  }

  async open(inbox: Inbox): Promise<void> {
    this.#inbox = inbox;
    if (this.#input !== undefined) this.#stopReading = readInto(this.#input, inbox, (bytes) => this.#heard(bytes));
  }

  get idle(): boolean {
    return this.#writer.idle;
  }

  take(output: Output): Promise<void> | undefined {
    return output.kind === 'console' ? this.#writer.write(output.bytes) : undefined;
  }

  async close(): Promise<void> {
    this.#stopReading();
    await this.#writer.flush();
  }

  #heard(bytes: Uint8Array): void {
    this.#inbox?.deliver({ kind: 'console', device: this.device, bytes });
  }
}

/** Hands what `input` has to `heard`, pausing while the inbox is congested. Gives the function that ends this. */
export function readInto(input: Readable, inbox: Inbox, heard: (bytes: Uint8Array) => void): () => void {
  let stopped = false;
  const onData = (chunk: Uint8Array | string): void => {
    heard(typeof chunk === 'string' ? new TextEncoder().encode(chunk) : new Uint8Array(chunk));
    if (!inbox.congested) return;
    input.pause();
    void inbox.cleared().then(() => {
      if (!stopped) input.resume();
    });
  };
  const onError = (error: Error): void => inbox.notice(`console input ended: ${error.message}`);
  input.on('data', onData);
  input.on('error', onError);
  return () => {
    stopped = true;
    input.off('data', onData);
    input.off('error', onError);
    input.pause();
    if ('unref' in input && typeof input.unref === 'function') input.unref();
  };
}

/** The reader of standard output left, as `head` does; or what it is written to is full. */
export function outputGone(error: Error): UserError {
  if (codeOf(error) !== 'EPIPE') return outputLost(error);
  return new UserError(
    'console-closed',
    'the reader of the console output went away',
    'send the console to a file with --console file:PATH if nobody reads it',
    ExitCode.lost,
    error,
  );
}
