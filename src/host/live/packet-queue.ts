/**
 * Frames that cards have no buffers for yet, by card, in order. A slice of the guest lasts longer than a network needs
 * to fill all of a card's buffers: what does not fit waits here, and when much waits no more is taken from the ring, so
 * that the senders are held up instead of the frames being lost and sent again.
 */

import type { Input } from '../../emu/machine/events.ts';

type Packet = Input & { readonly kind: 'packet' };

/** Bytes that wait; with more, nothing is taken from the ring. */
const WAITING_BYTES_MAX = 256 << 10;

export class PacketQueue {
  readonly #waiting = new Map<string, Packet[]>();
  #bytes = 0;

  get isFull(): boolean {
    return this.#bytes > WAITING_BYTES_MAX;
  }

  put(packet: Packet): void {
    const waiting = this.#waiting.get(packet.device);
    if (waiting === undefined) this.#waiting.set(packet.device, [packet]);
    else waiting.push(packet);
    this.#bytes += packet.frame.length;
  }

  /** What there are buffers for now; `room` as Machine.packetRoom: all of it where the card takes none. */
  take(room: (device: string) => number | undefined): Packet[] {
    const taken: Packet[] = [];
    for (const [device, waiting] of this.#waiting) {
      taken.push(...waiting.splice(0, room(device) ?? waiting.length));
      if (waiting.length === 0) this.#waiting.delete(device);
    }
    for (const { frame } of taken) this.#bytes -= frame.length;
    return taken;
  }
}
