/**
 * What a run gives out, as things that can be compared: console lines, and packets and requests one by one.
 */

import type { DiskOperation, Output } from '../../emu/machine/events.ts';
import type { Tick } from '../../lib/brands.ts';
import { Marks } from '../../session/marks.ts';

export interface Said {
  /** Kind and device: `console uart`, `disk virtio0`. */
  readonly stream: string;
  /** First tick at which all of it was out. */
  readonly tick: Tick;
  /** A line without its end, or what was asked for or sent, for people. */
  readonly text: string;
  /** Equal for equal contents. */
  readonly content: string;
}

const NEWLINE = 10;
const RETURN = 13;

/** Makes things said from outputs, in order. What is not yet a whole line is kept. */
export class SaidReader {
  readonly #take: (said: Said) => void;
  readonly #lines: Map<string, number[]>;
  #last: Tick | undefined;

  /** `begun`: as of another reader. */
  constructor(take: (said: Said) => void, begun: ReadonlyMap<string, readonly number[]> = new Map()) {
    this.#take = take;
    this.#lines = new Map([...begun].map(([device, bytes]) => [device, [...bytes]]));
  }

  /** Lines begun by now; a copy. */
  get begun(): ReadonlyMap<string, readonly number[]> {
    return new Map([...this.#lines].map(([device, bytes]) => [device, [...bytes]]));
  }

  read(output: Output, tick: Tick): void {
    this.#last = tick;
    if (output.kind === 'console') this.#console(output.device, output.bytes, tick);
    else this.#take(saidOf(output, tick));
  }

  /** The run is over: a line that was not ended counts as one. */
  end(): void {
    for (const [device, bytes] of this.#lines) {
      if (bytes.length > 0 && this.#last !== undefined) this.#line(device, bytes, this.#last);
      bytes.length = 0;
    }
  }

  #console(device: string, bytes: Uint8Array, tick: Tick): void {
    const line = this.#lines.get(device) ?? [];
    this.#lines.set(device, line);
    for (const byte of bytes) {
      if (byte !== NEWLINE) {
        line.push(byte);
        continue;
      }
      this.#line(device, line, tick);
      line.length = 0;
    }
  }

  #line(device: string, bytes: readonly number[], tick: Tick): void {
    const text = new TextDecoder().decode(Uint8Array.from(bytes.filter((byte) => byte !== RETURN)));
    this.#take({ stream: `console ${device}`, tick, text, content: text });
  }
}

function saidOf(output: Exclude<Output, { kind: 'console' }>, tick: Tick): Said {
  const marks = new Marks();
  marks.add(output, tick);
  const [mark] = marks.take();
  const digest = mark!.digest.toString(16).padStart(16, '0');
  const text = textOf(output);
  return { stream: `${output.kind} ${output.device}`, tick, text, content: `${text} ${digest}` };
}

function textOf(output: Exclude<Output, { kind: 'console' }>): string {
  if (output.kind === 'packet') return `packet of ${output.frame.length} bytes`;
  if (output.kind === 'entropy') return `request ${output.request} for ${output.length} random bytes`;
  return `request ${output.request}: ${operationText(output.operation)}`;
}

function operationText(operation: DiskOperation): string {
  switch (operation.op) {
    case 'flush':
      return 'flush';
    case 'write':
      return `write ${operation.data.length} bytes at ${operation.offset}`;
    default:
      return `${operation.op} ${operation.length} bytes at ${operation.offset}`;
  }
}

/**
 * A line with every number made alike, and what aligns it: times of day, addresses and counts differ from run to run
 * without meaning.
 */
export const numbersAside = (text: string): string =>
  text.replaceAll(/ *(?:0x[\da-f]+|\b[\da-f]{8,}\b|\d+(?:\.\d+)?)/gi, '#');
