/**
 * A network card's other end: a stream socket in the framing of QEMU's `-netdev stream`, which `passt`, QEMU and
 * `lockstep switch` speak. A peer that is lost is dialled again until it is back; meanwhile the guest's packets go
 * nowhere, as with a cable pulled.
 *
 *     quiet ── speak(mac) ──> speaking        Without the option `quiet` a card speaks from the start.
 *
 * A quiet card is connected, and lets nothing through in either direction.
 */

import type { Output } from '../../emu/machine/events.ts';
import { ExitCode, UserError } from '../../lib/errors.ts';
import { reasonOf } from '../os-errors.ts';
import { announcement } from './announcement.ts';
import type { HostPort, Inbox } from './port.ts';
import { addressText, type StreamAddress } from './stream-address.ts';
import { StreamLine } from './stream-line.ts';

export { addressText, type StreamAddress };

export interface NetStreamOptions {
  /** Dial again when the peer is lost; true when left out. */
  readonly reconnect?: boolean;
  /** Let nothing through until `speak`; false when left out. */
  readonly quiet?: boolean;
}

/** An announcement is repeated, for what is beyond the peer may lose it; the times are those of QEMU. */
const REPEAT_MS = [50, 150, 250, 350] as const;

export class NetStream implements HostPort {
  readonly device: string;
  readonly #address: StreamAddress;
  readonly #line: StreamLine;
  readonly #reconnect: boolean;
  #quiet: boolean;
  #inbox: Inbox | undefined;
  #waiting = false;
  #lost = false;
  /** Of the last announcement. */
  #mac: Uint8Array | undefined;
  #isHere: () => boolean = () => true;
  #repeats: NodeJS.Timeout[] = [];

  constructor(device: string, address: StreamAddress, { reconnect = true, quiet = false }: NetStreamOptions = {}) {
    this.device = device;
    this.#address = address;
    this.#quiet = quiet;
    this.#reconnect = reconnect;
    this.#line = new StreamLine(
      address,
      { frame: (frame) => this.#received(frame), up: () => this.#up(), down: (reason) => this.#down(reason) },
      { reconnect },
    );
  }

  get linkUp(): boolean {
    return this.#line.isUp;
  }

  /** UserError when the peer is not there. */
  async open(inbox: Inbox): Promise<void> {
    this.#inbox = inbox;
    try {
      await this.#line.dial();
    } catch (error) {
      const what = `cannot connect ${this.device} to ${addressText(this.#address)}: ${reasonOf(error)}`;
      const remedy = 'start the peer first (passt, or lockstep switch)';
      // A guest that begins names a peer that cannot be had; one that goes on here has lost its own.
      throw new UserError('net-peer', what, remedy, this.#quiet ? ExitCode.lost : ExitCode.usage, error);
    }
  }

  /** A packet goes out, or is lost. */
  take(output: Output): undefined {
    if (output.kind === 'packet' && !this.#quiet) this.#line.send(output.frame);
  }

  /**
   * From here on packets flow in both directions; before the first of them the network hears where `mac` is now. It
   * hears it again while `isHere` holds: who may have been followed by another draws nobody to itself.
   */
  speak(mac: Uint8Array, isHere: () => boolean = () => true): void {
    this.#quiet = false;
    this.#isHere = isHere;
    this.announce(mac);
  }

  /** Tells the network that `mac` (6 bytes) is here now, at once and a few times more. A quiet card tells nothing. */
  announce(mac: Uint8Array): void {
    if (this.#quiet) return;
    this.#mac = mac;
    this.#stopRepeats();
    const frame = announcement(mac);
    this.#line.send(frame);
    const again = (): void => {
      if (this.#isHere()) this.#line.send(frame);
    };
    this.#repeats = REPEAT_MS.map((ms) => setTimeout(again, ms).unref());
  }

  async close(): Promise<void> {
    this.#stopRepeats();
    await this.#line.close();
  }

  #stopRepeats(): void {
    for (const timer of this.#repeats) clearTimeout(timer);
    this.#repeats = [];
  }

  #received(frame: Uint8Array): void {
    const inbox = this.#inbox;
    if (inbox === undefined || this.#quiet) return;
    inbox.deliver({ kind: 'packet', device: this.device, frame });
    if (inbox.congested) this.#wait(inbox);
  }

  #wait(inbox: Inbox): void {
    this.#line.pause();
    if (this.#waiting) return;
    this.#waiting = true;
    void inbox.cleared().then(() => {
      this.#waiting = false;
      this.#line.resume();
    });
  }

  #up(): void {
    if (!this.#lost) return;
    this.#lost = false;
    this.#inbox?.notice(`${this.device} has ${addressText(this.#address)} again`);
    if (this.#mac !== undefined && this.#isHere()) this.announce(this.#mac);
  }

  #down(reason: string): void {
    this.#lost = true;
    const until = this.#reconnect ? 'until it is back' : 'now';
    this.#inbox?.notice(
      `${this.device} lost ${addressText(this.#address)}: ${reason}; its packets go nowhere ${until}`,
    );
  }
}
