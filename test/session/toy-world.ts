/**
 * A seeded host for the toy machine: fake host time with jitter, a terminal, a network, a disk that answers late.
 */
import type { Input, Output } from '../../src/emu/machine/events.ts';
import type { Tick } from '../../src/lib/brands.ts';
import type { OutputPort } from '../../src/session/gate.ts';
import { HostClock } from '../../src/session/host-clock.ts';
import type { Grant, InputSource, Moment } from '../../src/session/source.ts';

export class ToyWorld implements InputSource, OutputPort {
  readonly delivered: Output[] = [];
  readonly #clock: HostClock;
  readonly #stopAt: Tick | undefined;
  #seed: number;
  #ns = 5_000_000_000n;
  #due: { input: Input; ns: bigint }[] = [];

  constructor(seed: number, mode: 'host' | 'ticks' | 'exact', stopAt?: Tick, time = 0n) {
    this.#seed = seed;
    this.#stopAt = stopAt;
    this.#clock = new HostClock({ mode, time, hostNs: this.#ns });
  }

  get ns(): bigint {
    return this.#ns;
  }

  deliver(output: Output): void {
    this.delivered.push(output);
    if (output.kind === 'disk') {
      const data = output.operation.op === 'read' ? this.#bytes(16) : new Uint8Array(0);
      this.#later({ kind: 'disk', device: output.device, request: output.request, status: 0, data });
    }
    if (output.kind === 'entropy') {
      this.#later({
        kind: 'entropy',
        device: output.device,
        request: output.request,
        bytes: this.#bytes(output.length),
      });
    }
  }

  next(now: Moment): Grant | 'end' {
    if (now.state === 'halted' || (this.#stopAt !== undefined && now.tick >= this.#stopAt)) return 'end';
    this.#ns += BigInt(300_000 + this.#random(1_500_000));
    this.#clock.measure(now, this.#ns);
    if (this.#random(5) === 0)
      this.#later({ kind: 'console', device: 'uart', bytes: this.#bytes(1 + this.#random(3)) });
    if (this.#random(5) === 0) this.#later({ kind: 'packet', device: 'virtio1', frame: this.#bytes(20) });
    if (now.state === 'waiting') this.#wait(now);
    const ready = this.#due.filter(({ ns }) => ns <= this.#ns);
    this.#due = this.#due.filter(({ ns }) => ns > this.#ns);
    const { anchor, until } = this.#clock.plan(now, this.#ns);
    const inputs = [...(anchor === undefined ? [] : [anchor]), ...ready.map(({ input }) => input)];
    return { inputs, until };
  }

  nondet(kind: number): bigint {
    return kind === 2 ? this.#clock.timeAt(this.#ns) : BigInt(this.#random(0x10000));
  }

  #wait(now: Moment): void {
    if (this.#due.length === 0) this.#later({ kind: 'console', device: 'uart', bytes: this.#bytes(1) });
    const input = this.#due.map(({ ns }) => ns).sort((a, b) => Number(a - b))[0]!;
    const timer = this.#clock.waitNs(now, this.#ns);
    const until = timer === undefined || this.#ns + timer > input ? input : this.#ns + timer;
    if (until > this.#ns) this.#ns = until + BigInt(this.#random(100_000));
  }

  #later(input: Input): void {
    this.#due.push({ input, ns: this.#ns + BigInt(this.#random(3_000_000)) });
  }

  #bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.#random(256));
  }

  #random(below: number): number {
    this.#seed = (Math.imul(this.#seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((this.#seed / 2 ** 32) * below);
  }
}
