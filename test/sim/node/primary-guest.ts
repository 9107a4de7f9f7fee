/** The guest thread of a node that began with the guest: records from power on. */

import type { Input } from '../../../src/emu/machine/events.ts';
import type { Tick } from '../../../src/lib/brands.ts';
import { LogWriter } from '../../../src/logformat/writer.ts';
import { Doors } from '../../../src/session/doors.ts';
import { Session } from '../../../src/session/session.ts';
import type { SimMachine } from '../guest/machine.ts';
import type { GuestParts } from './guest-parts.ts';
import { GuestThread, type Outcome } from './guest-thread.ts';
import { type LiveSaid, LiveSide, type Order } from './live-side.ts';
import { isLast, PLAIN, simHeader } from './log.ts';

export type PrimarySaid = LiveSaid | { readonly kind: 'off' };

export class PrimaryGuest extends GuestThread<PrimarySaid> {
  readonly machine: SimMachine;
  readonly #side: LiveSide;
  readonly #session: Session;
  #sequence = 0;

  constructor(parts: GuestParts, take: (said: PrimarySaid) => void) {
    super(parts.clockwork, parts.ticksPerUs, take);
    const doors = new Doors();
    const machine = parts.machine(doors);
    this.machine = machine;
    const send = (sequence: number, bytes: Uint8Array): void => {
      if (sequence > 0 && !this.#side.isOwnFollowed) return;
      if (sequence > 0) this.#side.sayReads(0);
      if (parts.reads) parts.branched(0, bytes, undefined, this.queued);
      this.say({ kind: 'frame', copy: 0, sequence, bytes, last: isLast(bytes), commit: false });
    };
    const write = (bytes: Uint8Array): void => {
      const sequence = this.#sequence++;
      parts.written(sequence, bytes, this.queued);
      if (!parts.reads) send(sequence, bytes);
    };
    const log = new LogWriter({ write }, PLAIN, simHeader);
    let sent = 0;
    const channel = parts.reads
      ? { channel: new LogWriter({ write: (bytes) => send(sent++, bytes) }, PLAIN, simHeader) }
      : {};
    this.#side = new LiveSide({
      parts,
      machine,
      log,
      say: (said) => this.say(said),
      followed: !parts.own,
      ...channel,
      gate: (gate) => parts.gate(gate, () => {}),
    });
    this.#session = new Session(machine, doors, this.#side.recorder, this.#side.recorder);
    this.handOver(0);
    this.wake();
  }

  /** From the main thread. */
  give(input: Input): void {
    this.#side.source.put(input);
    this.wake();
  }
  order(order: Order): void {
    this.#side.order(order);
    this.wake();
  }
  flush(): void {
    this.#side.flush();
  }

  protected get tick(): Tick {
    return this.machine.tick;
  }

  protected step(): Outcome {
    const result = this.#session.step();
    switch (result.kind) {
      case 'ran':
        return 'again';
      case 'starved':
        return { sleepUs: this.#side.sleepUs };
      case 'diverged':
        throw new Error('a live guest cannot diverge');
      default:
        this.say({ kind: 'off' });
        return 'done';
    }
  }
}
