/**
 * Through which outputs leave the primary. Invariant: once held they leave in the order in which the guest made them,
 * each when the backup has acknowledged what covers it, or when there is no backup that could contradict it. But for a
 * change of a place on a disk that the backup has still to read: that, and nothing else, waits until it has.
 */

import type { Place } from '../disk/place.ts';
import { UnreadPlaces } from '../disk/unread-places.ts';
import { HeldOutputs } from './held-outputs.ts';
import type { HeldOutput } from './io.ts';

export class OutputGate<P> {
  readonly #held = new HeldOutputs<P>();
  readonly #leave: (output: HeldOutput<P>) => void;
  readonly #unread = new UnreadPlaces();
  /** Changes that wait for a frame to be executed. */
  #behindReads: { readonly output: HeldOutput<P>; readonly frame: number }[] = [];
  #heldBack = 0;
  #released = 0;

  /** `leave`: is told of each output that may leave now. */
  constructor(leave: (output: HeldOutput<P>) => void) {
    this.#leave = leave;
  }

  /** How many are held. */
  get held(): number {
    return this.#held.length + this.#behindReads.length;
  }

  /** How many changes of a disk had to wait for a read of the backup's. */
  get heldBack(): number {
    return this.#heldBack;
  }

  /** How many have left. */
  get released(): number {
    return this.#released;
  }

  /** `handed`: the highest frame that was handed over so far. */
  hold(output: HeldOutput<P>, handed: number): void {
    this.#held.hold(output, handed);
  }

  release(output: HeldOutput<P>): void {
    this.#released++;
    this.#leave(output);
  }

  /** Lets go of what frames up to `acked` cover, and tells what that was. */
  releaseCovered(acked: number): readonly HeldOutput<P>[] {
    const free = this.#held.takeCovered(acked).filter((output) => !this.#isBehindReads(output));
    for (const output of free) this.release(output);
    return free;
  }

  /** Frame `frame` says that these were read. */
  read(places: readonly Place[], frame: number): void {
    for (const place of places) this.#unread.add(place, frame);
  }

  /** The backup has executed frames up to `frame`, and so read what they say. Tells what leaves. */
  executed(frame: number): readonly HeldOutput<P>[] {
    this.#unread.executed(frame);
    if (this.#behindReads.length === 0) return [];
    const free = this.#behindReads.filter((held) => held.frame <= frame).map(({ output }) => output);
    this.#behindReads = this.#behindReads.filter((held) => held.frame > frame);
    for (const output of free) this.release(output);
    return free;
  }

  releaseAll(): void {
    for (const { output } of this.#behindReads.splice(0)) this.release(output);
    for (const output of this.#held.takeAll()) this.release(output);
  }

  #isBehindReads(output: HeldOutput<P>): boolean {
    const frame = output.place === undefined ? undefined : this.#unread.lastAt(output.place);
    if (frame === undefined) return false;
    this.#behindReads.push({ output, frame });
    this.#heldBack++;
    return true;
  }

  /** The guest lives elsewhere: what is held was never said. */
  drop(): void {
    this.#held.takeAll();
    this.#behindReads = [];
  }
}
