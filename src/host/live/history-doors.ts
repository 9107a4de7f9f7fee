/**
 * The doors while a recording's history is gone through on the way to going live. Outwards: consoles show it, and what
 * was written to disks is written again, so that the drives are as they were; nothing else leaves. Inwards: the
 * recording's inputs, and what it says was read from a disk must be what the drive holds, or it is not the drive of
 * that history.
 *
 * Invariant: a request is done before the guest goes on, so that requests are done in the order of the history.
 */

import { Nondet } from '../../emu/isa/vocabulary.ts';
import type { Input, Output } from '../../emu/machine/events.ts';
import type { Tick } from '../../lib/brands.ts';
import { ExitCode, UserError } from '../../lib/errors.ts';
import type { Gate } from '../../session/gate.ts';
import type { Replayer } from '../../session/replayer.ts';
import type { Grant, InputSource, Moment } from '../../session/source.ts';
import { SEED_READ_BYTES } from '../entropy.ts';
import type { ConsoleQueue } from './console-queue.ts';
import type { RingInputs, RingOutputs } from './ring-ports.ts';

type Completion = Input & { readonly kind: 'disk' };

export class HistoryDrives implements Gate {
  readonly #inputs: RingInputs;
  readonly #outputs: RingOutputs;
  readonly #consoles: ConsoleQueue;
  /** What drives hold where the guest has asked to read and has no answer yet, by device and request. */
  readonly #reads = new Map<string, Uint8Array>();

  /** What is typed meanwhile goes to `consoles`. */
  constructor(inputs: RingInputs, outputs: RingOutputs, consoles: ConsoleQueue) {
    this.#inputs = inputs;
    this.#outputs = outputs;
    this.#consoles = consoles;
  }

  offer(output: Output): void {
    if (output.kind === 'console') this.#outputs.deliver(output);
    if (output.kind !== 'disk') return;
    const { op } = output.operation;
    if (op !== 'read' && op !== 'write' && op !== 'writeZeroes') return;
    this.#outputs.deliver(output);
    const done = this.#done(output.device, output.request);
    if (done !== undefined && op === 'read') this.#reads.set(nameOf(done), done.data);
  }

  marked(): void {}

  /** UserError 'changed-drive' when the drive holds something else than the recording says was read. */
  check(completion: Completion, at: Tick): void {
    const held = this.#reads.get(nameOf(completion));
    this.#reads.delete(nameOf(completion));
    if (held === undefined || completion.status !== 0 || same(held, completion.data)) return;
    const what = `the drive ${completion.device} does not hold what was read from it by tick ${at}`;
    throw new UserError('changed-drive', what, 'give it as it was when the recording began');
  }

  /** Waits until the request is done; undefined when the operator wants to stop. */
  #done(device: string, request: number): Completion | undefined {
    while (!this.#inputs.stopAsked) {
      const input = this.#inputs.take();
      if (input === undefined) this.#inputs.wait(undefined);
      else if (input.kind === 'console') this.#consoles.put(input.device, input.bytes);
      else if (input.kind === 'disk' && input.device === device && input.request === request) {
        if (input.status === 0) return input;
        const what = `the drive ${device} failed on the way to the live machine`;
        throw new UserError('drive-lost', what, 'look after its storage', ExitCode.lost);
      }
    }
    return undefined;
  }
}

/**
 * A replayer whose disk inputs are checked against the drives, where they are given, and which counts the random bytes
 * of the history.
 */
export class HistorySource implements InputSource {
  readonly #replayer: Replayer;
  readonly #drives: HistoryDrives | undefined;
  #randomBytes = 0;

  constructor(replayer: Replayer, drives?: HistoryDrives) {
    this.#replayer = replayer;
    this.#drives = drives;
  }

  /** Random bytes that the guest has been given so far. */
  get randomBytes(): number {
    return this.#randomBytes;
  }

  next(now: Moment): Grant | 'end' | 'starved' {
    const grant = this.#replayer.next(now);
    if (typeof grant === 'string') return grant;
    for (const input of grant.inputs) {
      if (input.kind === 'disk') this.#drives?.check(input, now.tick);
      if (input.kind === 'entropy') this.#randomBytes += input.bytes.length;
    }
    return grant;
  }

  nondet(kind: number, at: Tick): bigint {
    if (kind === Nondet.seed) this.#randomBytes += SEED_READ_BYTES;
    return this.#replayer.nondet(kind, at);
  }

  applyFailed(input: Input, error: unknown): void {
    this.#replayer.applyFailed(input, error);
  }
}

const nameOf = ({ device, request }: Completion): string => `${device} ${request}`;

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
