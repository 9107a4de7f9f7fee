/**
 * Console bytes that a device has no room for yet, by device, in order.
 */

import type { Input } from '../../emu/machine/events.ts';

export class ConsoleQueue {
  readonly #waiting = new Map<string, Uint8Array[]>();
  readonly #changed: (bytes: number) => void;
  #bytes = 0;

  /** `changed` is told how many bytes wait, when that changes. */
  constructor(changed: (bytes: number) => void) {
    this.#changed = changed;
  }

  put(device: string, bytes: Uint8Array): void {
    const waiting = this.#waiting.get(device);
    if (waiting === undefined) this.#waiting.set(device, [bytes]);
    else waiting.push(bytes);
    this.#count(bytes.length);
  }

  /** What fits now, as inputs; `room`: bytes that a device takes. */
  take(room: (device: string) => number): Input[] {
    const inputs: Input[] = [];
    for (const [device, waiting] of this.#waiting) {
      const bytes = cut(waiting, room(device));
      if (bytes.length > 0) inputs.push({ kind: 'console', device, bytes });
      if (waiting.length === 0) this.#waiting.delete(device);
      this.#count(-bytes.length);
    }
    return inputs;
  }

  #count(change: number): void {
    if (change === 0) return;
    this.#bytes += change;
    this.#changed(this.#bytes);
  }
}

/** Takes up to `length` bytes off the front of `parts`. */
function cut(parts: Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(
    Math.min(
      length,
      parts.reduce((sum, part) => sum + part.length, 0),
    ),
  );
  for (let at = 0; at < bytes.length; ) {
    const part = parts[0]!;
    const some = part.subarray(0, bytes.length - at);
    bytes.set(some, at);
    at += some.length;
    if (some.length === part.length) parts.shift();
    else parts[0] = part.subarray(some.length);
  }
  return bytes;
}
