/**
 * What happened in a world, as a digest that two runs of one seed must share, and as lines when somebody reads them.
 */

export class Trace {
  readonly #now: () => number;
  readonly #write: ((line: string) => void) | undefined;
  #low = 0x811c9dc5;
  #high = 0x1234567;
  #entries = 0;

  constructor(now: () => number, write?: (line: string) => void) {
    this.#now = now;
    this.#write = write;
  }

  get entries(): number {
    return this.#entries;
  }

  get digest(): string {
    return (this.#high >>> 0).toString(16).padStart(8, '0') + (this.#low >>> 0).toString(16).padStart(8, '0');
  }

  /** `what` and a number; `detail` is made for readers only and is not part of the digest. */
  note(who: string, what: string, value = 0, detail?: () => string): void {
    const now = this.#now();
    this.#entries++;
    this.#mix(Math.round(now * 1000));
    this.#mix(numberOf(what));
    this.#mix(numberOf(who));
    this.#mix(value);
    if (this.#write === undefined) return;
    const time = (now / 1000).toFixed(3).padStart(10);
    this.#write(`${time} ${who.padEnd(10)} ${what} ${value}${detail === undefined ? '' : ` ${detail()}`}`);
  }

  #mix(value: number): void {
    const low = value | 0;
    const high = (value / 2 ** 32) | 0;
    this.#low = Math.imul(this.#low ^ low, 0x01000193) ^ (this.#low >>> 15);
    this.#high = Math.imul(this.#high ^ high ^ this.#low, 0x85ebca6b) ^ (this.#high >>> 13);
  }
}

/** Of texts noted before. There are few: kinds of effects, names of nodes. */
const numbers = new Map<string, number>();

function numberOf(text: string): number {
  const known = numbers.get(text);
  if (known !== undefined) return known;
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  numbers.set(text, hash);
  return hash;
}
