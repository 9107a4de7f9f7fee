/**
 * The lines of one console, put together from what the guest gives out byte by byte. Where in a line a moment is
 * belongs to the replay's position: a line that began before a checkpoint is whole when it ends after it.
 */

/** The console that is looked at when none was on the operator's terminal: the 16550. */
export const DEFAULT_CONSOLE = 'uart';

/** Longer lines are seen by their last bytes. */
const LINE_BYTES_MAX = 4096;

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

export class ConsoleLines {
  #line: number[] = [];
  readonly #text = new TextDecoder();

  /** The bytes of the line that is not ended yet. */
  save(): Uint8Array {
    return Uint8Array.from(this.#line);
  }
  restore(line: Uint8Array): void {
    this.#line = [...line];
  }

  /** Adds bytes; gives the lines that they end. */
  add(bytes: Uint8Array): string[] {
    const ended: string[] = [];
    for (const byte of bytes) {
      if (byte === LINE_FEED) {
        if (this.#line.at(-1) === CARRIAGE_RETURN) this.#line.pop();
        ended.push(this.#text.decode(Uint8Array.from(this.#line)));
        this.#line = [];
      } else {
        if (this.#line.length >= LINE_BYTES_MAX) this.#line = this.#line.slice(LINE_BYTES_MAX / 2);
        this.#line.push(byte);
      }
    }
    return ended;
  }
}
