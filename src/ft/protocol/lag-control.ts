/**
 * The share of the processor that the primary's guest gets, so that a backup which is slower can follow. Slow on
 * purpose: a few percent at a time. Paper, section 3.2.
 *
 *     lag above high, and not falling by itself     share * 0.97; * 0.9 once it has grown for a second up there
 *     lag above high and falling; between           as it is
 *     lag below low                                 share + 0.02; + 0.00125 around the share of the last cut
 */

export const CONTROL_EVERY_MS = 250;
const CUT = 0.97;
const STRONG_CUT = 0.9;
const STRONG_AFTER_STEPS = 4;
const RAISE = 0.02;
const PROBE = 0.00125;
const FLOOR = 0.1;
/** Falling: by at least this part of the time that passed. */
const FALLING = 0.02;
/** Around the share that was too much: from this much of it to that. */
const NEAR = { from: 0.97, to: 1.2 };

export class LagControl {
  readonly #limits: { readonly high: number; readonly low: number };
  #share = 1;
  #previousLag = 0;
  #growing = 0;
  /** The share after the last cut: about what the backup can follow. */
  #followed = 1;

  constructor(limits: { readonly high: number; readonly low: number }) {
    this.#limits = limits;
  }

  get share(): number {
    return this.#share;
  }

  /** Called every CONTROL_EVERY_MS; true when the share has changed. */
  step(lagMs: number): boolean {
    const before = this.#share;
    const falling = lagMs <= this.#previousLag - FALLING * CONTROL_EVERY_MS;
    this.#growing = lagMs > this.#limits.high && lagMs > this.#previousLag ? this.#growing + 1 : 0;
    this.#previousLag = lagMs;
    if (lagMs > this.#limits.high && !falling) this.#cut();
    else if (lagMs < this.#limits.low) this.#raise();
    return this.#share !== before;
  }

  #cut(): void {
    const factor = this.#growing > STRONG_AFTER_STEPS ? STRONG_CUT : CUT;
    this.#share = Math.max(FLOOR, this.#share * factor);
    this.#followed = this.#share;
  }

  #raise(): void {
    const near = this.#share >= NEAR.from * this.#followed && this.#share <= NEAR.to * this.#followed;
    this.#share = Math.min(1, this.#share + (near ? PROBE : RAISE));
  }
}
