/**
 * The host ends of a pair's devices, at the side that is live. Outputs are given to each device in order; a device that
 * asks to hold makes nobody else wait, and much that waits is told, so that the guest can be stopped.
 */

import type { Output } from '../../emu/machine/events.ts';
import type { HeldOutput } from '../../ft/protocol/io.ts';
import type { Released } from '../../ft/protocol/message.ts';
import { minOf } from '../../lib/bigint.ts';
import { NetStream } from '../ports/net-stream.ts';
import type { HostPort, Inbox } from '../ports/port.ts';

/** Bytes that wait for devices before the guest is stopped. */
const WAITING_BYTES_MAX = 1 << 20;
/** What an output without many bytes counts. */
const OUTPUT_BYTES = 64;

/** A port that wants to know what has left its device, this output included (HeldOutput.unit). */
export interface NumberedPort extends HostPort {
  takeNumbered(output: Output, unit: bigint): Promise<void> | undefined;
}

interface Waiting {
  readonly output: Output;
  readonly unit: bigint | undefined;
}

interface Lane {
  readonly port: HostPort;
  readonly waiting: Waiting[];
  opened: boolean;
  held: boolean;
  /** Number of the last output given to the port, and of the last that is known to have left this process. */
  given: bigint;
  left: bigint;
}

export class Devices {
  readonly #lanes: ReadonlyMap<string, Lane>;
  readonly #failed: (error: unknown) => void;
  readonly #congested: (congested: boolean) => void;
  #open = false;
  #waitingBytes = 0;

  /** Outputs of a device without a port go nowhere. `failed`: a port broke, which is a defect. */
  constructor(ports: readonly HostPort[], congested: (congested: boolean) => void, failed: (error: unknown) => void) {
    this.#lanes = new Map(
      ports.map((port) => [port.device, { port, waiting: [], opened: false, held: false, given: 0n, left: 0n }]),
    );
    this.#congested = congested;
    this.#failed = failed;
  }

  /**
   * Opens the ports of `devices`, or of all. UserError when one cannot be had; those opened are closed then. Nothing is
   * given to them yet.
   */
  async open(inbox: Inbox, devices: ReadonlySet<string> = new Set(this.#lanes.keys())): Promise<void> {
    try {
      for (const [device, lane] of this.#lanes) {
        if (lane.opened || !devices.has(device)) continue;
        await lane.port.open(inbox);
        lane.opened = true;
      }
    } catch (error) {
      await this.#closePorts();
      throw error;
    }
  }

  /** All ports are open already, and deliver to where the guest is. */
  adopt(): void {
    for (const lane of this.#lanes.values()) lane.opened = true;
    this.begin();
  }

  /**
   * All ports are open. Cards tell the network that they are here, and again while `isHere` says that it is certain;
   * then what waits is given out.
   */
  begin(cards: ReadonlyMap<string, Uint8Array> = new Map(), isHere?: () => boolean): void {
    for (const [device, mac] of cards) {
      const port = this.#lanes.get(device)?.port;
      if (port instanceof NetStream) port.speak(mac, isHere);
    }
    this.#open = true;
    for (const lane of this.#lanes.values()) this.#drain(lane);
  }

  release({ unit, payload }: HeldOutput<Output>): void {
    this.#take(payload, unit);
  }

  /** An output that was never held. */
  direct(output: Output): void {
    this.#take(output, undefined);
  }

  /** The same counts, but of a console only what has left this process: the rest would be lost with it. */
  left(released: Released): Released {
    return Object.fromEntries(
      Object.entries(released).map(([device, unit]) => {
        const lane = this.#lanes.get(device);
        if (lane?.port.idle === undefined) return [device, unit];
        if (lane.port.idle && !lane.held) lane.left = lane.given;
        return [device, minOf(unit, lane.left)];
      }),
    );
  }

  /** All that was given has left this process, and no request is under way: nothing of this side can come late. */
  get atRest(): boolean {
    return [...this.#lanes.values()].every(({ port, held, waiting }) => {
      return !held && waiting.length === 0 && port.idle !== false && (port.pending ?? 0) === 0;
    });
  }

  /** All network cards have their peer; undefined without cards, or before they are open. */
  get linksUp(): boolean | undefined {
    const links = [...this.#lanes.values()].flatMap(({ port, opened }) => {
      return opened && port.linkUp !== undefined ? [port.linkUp] : [];
    });
    return links.length === 0 ? undefined : links.every((up) => up);
  }

  /** Waits for devices to take what they were given, then closes them. */
  async close(): Promise<void> {
    if (this.#open) {
      while ([...this.#lanes.values()].some(({ held }) => held)) await new Promise((done) => setTimeout(done, 1));
    }
    await this.#closePorts();
  }

  #take(output: Output, unit: bigint | undefined): void {
    const lane = this.#lanes.get(output.device);
    if (lane === undefined) return;
    lane.waiting.push({ output, unit });
    this.#count(sizeOf(output));
    if (this.#open && !lane.held) this.#drain(lane);
  }

  #drain(lane: Lane): void {
    for (let next = lane.waiting.shift(); next !== undefined; next = lane.waiting.shift()) {
      this.#count(-sizeOf(next.output));
      lane.given = next.unit ?? lane.given;
      const hold = give(lane.port, next);
      if (hold === undefined) continue;
      lane.held = true;
      hold.then(
        () => {
          lane.held = false;
          this.#drain(lane);
        },
        (error: unknown) => this.#failed(error),
      );
      return;
    }
  }

  #count(change: number): void {
    const was = this.#waitingBytes > WAITING_BYTES_MAX;
    this.#waitingBytes += change;
    const is = this.#waitingBytes > WAITING_BYTES_MAX;
    if (this.#open && was !== is) this.#congested(is);
  }

  async #closePorts(): Promise<void> {
    for (const { port } of this.#lanes.values()) await port.close();
  }
}

function give(port: HostPort, { output, unit }: Waiting): Promise<void> | undefined {
  return unit !== undefined && isNumbered(port) ? port.takeNumbered(output, unit) : port.take(output);
}

const isNumbered = (port: HostPort): port is NumberedPort => 'takeNumbered' in port;

function sizeOf(output: Output): number {
  if (output.kind === 'console') return output.bytes.length;
  if (output.kind === 'packet') return output.frame.length;
  return OUTPUT_BYTES + (output.kind === 'disk' && output.operation.op === 'write' ? output.operation.data.length : 0);
}
