/**
 * What a console had said by when: the text of a whole recording with the ticks at which it left.
 */

export class ConsoleSaid {
  #text = '';
  /** Tick at which each piece was out, and the length of the text with it, in order. */
  readonly #pieces: { readonly tick: bigint; readonly length: number }[] = [];
  readonly #known = new Map<RegExp, bigint | undefined>();

  /** In order. */
  add(bytes: Uint8Array, tick: bigint): void {
    this.#text += new TextDecoder('latin1').decode(bytes).replaceAll('\r', '');
    this.#pieces.push({ tick, length: this.#text.length });
  }

  /** Whether the text that is out at `tick` matches. */
  said(pattern: RegExp, tick: bigint): boolean {
    if (!this.#known.has(pattern)) this.#known.set(pattern, this.#firstTick(pattern));
    const first = this.#known.get(pattern);
    return first !== undefined && tick >= first;
  }

  /** The first tick whose text matches; more text does not end a match, anchors at the end aside. */
  #firstTick(pattern: RegExp): bigint | undefined {
    if (!pattern.test(this.#text)) return undefined;
    let [low, high] = [0, this.#pieces.length - 1];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (pattern.test(this.#text.slice(0, this.#pieces[middle]!.length))) high = middle;
      else low = middle + 1;
    }
    return this.#pieces[low]!.tick;
  }
}
