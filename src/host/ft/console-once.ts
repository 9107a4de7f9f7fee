/**
 * The console of a pair as one stream: each side says bytes under their numbers, the one that takes over says some
 * again. Shows each once. Invariant: what is shown is the guest's console from its first byte, without gap or repeat.
 */

export class ConsoleOnce {
  readonly #shown = new Map<string, bigint>();
  readonly #show: (device: string, bytes: Uint8Array) => void;

  constructor(show: (device: string, bytes: Uint8Array) => void) {
    this.#show = show;
  }

  /** `unit`: number of the last of `bytes`. An error when bytes before them are missing: they are lost then. */
  say(device: string, unit: bigint, bytes: Uint8Array): void {
    const shown = this.#shown.get(device) ?? 0n;
    const first = unit - BigInt(bytes.length);
    if (first > shown) throw new Error(`bytes ${shown} to ${first} of ${device} are missing`);
    if (unit <= shown) return;
    this.#shown.set(device, unit);
    this.#show(device, bytes.subarray(Number(shown - first)));
  }
}
