/**
 * A console whose output goes to a file, from its beginning or behind what is there; the guest hears nothing. A write
 * that fails ends the run: an operator who asked for the output wants all of it.
 */

import { closeSync, openSync, writeSync } from 'node:fs';
import type { Output } from '../../emu/machine/events.ts';
import { ExitCode, UserError } from '../../lib/errors.ts';
import { reasonOf } from '../os-errors.ts';
import type { HostPort, Inbox } from './port.ts';

export class ConsoleFile implements HostPort {
  readonly device: string;
  readonly #path: string;
  readonly #append: boolean;
  #inbox: Inbox | undefined;
  #fd: number | undefined;

  constructor(device: string, path: string, append = false) {
    this.device = device;
    this.#path = path;
    this.#append = append;
  }

  async open(inbox: Inbox): Promise<void> {
    this.#inbox = inbox;
    try {
      this.#fd = openSync(this.#path, this.#append ? 'a' : 'w');
    } catch (error) {
      const what = `cannot write the console file ${this.#path}: ${reasonOf(error)}`;
      throw new UserError('console-file', what, 'name a file in a folder that you can write', ExitCode.usage, error);
    }
  }

  take(output: Output): undefined {
    if (output.kind !== 'console' || this.#fd === undefined) return;
    try {
      for (let at = 0; at < output.bytes.length; ) at += writeSync(this.#fd, output.bytes, at);
    } catch (error) {
      const what = `the console file ${this.#path} cannot be written: ${reasonOf(error)}`;
      this.#inbox?.fail(new UserError('console-file', what, 'free some space', ExitCode.lost, error));
    }
  }

  async close(): Promise<void> {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}
