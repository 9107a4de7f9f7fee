/**
 * A small deterministic state machine behind the machine's contract: it uses every kind of input, output and read, and
 * its future depends on all of them. What a session does to it, it shows.
 */
import type { Halt, Input, Output } from '../../src/emu/machine/events.ts';
import type { Machine, MachineConfig, MachinePorts, MachineState, RunResult } from '../../src/emu/machine/machine.ts';
import { type Tick, tick } from '../../src/lib/brands.ts';
import { digest64 } from '../../src/lib/digest64.ts';

const MASK = (1n << 64n) - 1n;
const mix = (state: bigint, value: bigint): bigint =>
  ((state ^ value) * 6364136223846793005n + 1442695040888963407n) & MASK;
const later = (a: bigint, b: bigint): bigint => {
  if (a > b) return a;
  return b;
};
const fold = (bytes: Uint8Array): bigint => bytes.reduce((hash, byte) => mix(hash, BigInt(byte)), 1n);

export interface ToyOptions {
  readonly clock: MachineConfig['clock'];
  /** Halts at this tick. */
  readonly lastTick: bigint;
}

export class ToyMachine implements Machine {
  readonly config: MachineConfig;
  readonly #ports: MachinePorts;
  readonly #lastTick: bigint;
  #tick = 0n;
  #state = 1n;
  #memory = 0n;
  #anchor = { tick: 0n, time: 0n, rate: 0n };
  #timer: bigint | undefined;
  #waiting = false;
  #requests = new Map<number, Output>();
  #nextRequest = 0;
  halt: Halt | undefined;

  constructor(ports: MachinePorts, { clock, lastTick }: ToyOptions) {
    this.#ports = ports;
    this.#lastTick = lastTick;
    this.config = {
      memoryBytes: 0,
      harts: 1,
      bootArgs: '',
      builtinFirmware: false,
      clock,
      epochNs: 0n,
      rngSeed: new Uint8Array(32),
      devices: [],
    };
    if (clock === 'ticks') this.#anchor.rate = 1n << 24n;
  }

  get tick(): Tick {
    return tick(this.#tick);
  }

  get pc(): bigint {
    return this.#state & 0xffffn;
  }

  get time(): bigint {
    return this.#anchor.time + (((this.#tick - this.#anchor.tick) * this.#anchor.rate) >> 24n);
  }

  get nextTimer(): bigint | undefined {
    return this.#timer;
  }

  /** Stands for a bit flip in memory. */
  damage(): void {
    this.#memory ^= 1n;
  }

  skipIdle(): boolean {
    if (this.#timer === undefined) return false;
    this.#anchor = { ...this.#anchor, tick: this.#tick, time: later(this.#timer, this.time) };
    return true;
  }

  run(until: Tick): RunResult {
    for (;;) {
      if (this.halt !== undefined) return 'halted';
      if (this.#tick === until) return 'limit';
      if (this.#timer !== undefined && this.time >= this.#timer) {
        this.#timer = undefined;
        this.#waiting = false;
      }
      if (this.#waiting) return 'idle';
      this.#step();
      this.#tick++;
      if (this.#tick === this.#lastTick) this.halt = { reason: 'finisher', code: Number(this.#state & 0x7fn) };
    }
  }

  apply(input: Input): void {
    this.#waiting = false;
    this.#memory = mix(this.#memory, this.#tick);
    switch (input.kind) {
      case 'clock':
        if (input.time < this.time) throw new Error('guest time went back');
        this.#anchor = { tick: this.#tick, time: input.time, rate: input.rate };
        this.#memory = mix(this.#memory, input.time ^ input.rate);
        return;
      case 'console':
        this.#state = mix(this.#state, fold(input.bytes));
        return;
      case 'packet':
        this.#state = mix(this.#state, fold(input.frame));
        this.#ports.emit({ kind: 'packet', device: input.device, frame: input.frame.slice(0, 4) });
        return;
      case 'disk':
      case 'entropy':
        if (!this.#requests.delete(input.request)) throw new Error(`request ${input.request} is not pending`);
        this.#memory = mix(this.#memory, fold(input.kind === 'disk' ? input.data : input.bytes));
        return;
      case 'control':
        if (input.action === 'powerOff') this.halt = { reason: 'powerOff', code: 0 };
        else this.#state = 1n;
    }
  }

  pendingRequests(): readonly Output[] {
    return [...this.#requests.values()];
  }

  digest(scope: 'all' | 'small'): string {
    const small = [
      this.#tick,
      this.#state,
      this.#anchor.time,
      this.#anchor.tick,
      this.#anchor.rate,
      this.#timer,
      this.#waiting,
    ];
    const fields = [...small, ...this.#requests.keys(), ...(scope === 'all' ? [this.#memory] : [])];
    return digest64(new TextEncoder().encode(fields.join(' ')))
      .toString(16)
      .padStart(16, '0');
  }

  packetRoom(): number {
    return 16;
  }

  consoleRoom(): number {
    return 16;
  }

  save(): MachineState {
    throw new Error('not used');
  }

  restore(): void {
    throw new Error('not used');
  }

  #step(): void {
    this.#state = mix(this.#state, 0n);
    const choice = Number(this.#state >> 54n);
    const bytes = Uint8Array.of(Number(this.#state & 0xffn), Number((this.#state >> 8n) & 0xffn));
    if (choice < 40) this.#ports.emit({ kind: 'console', device: 'uart', bytes });
    else if (choice < 44) this.#ports.emit({ kind: 'packet', device: 'virtio1', frame: bytes });
    else if (choice < 48)
      this.#request((request) => ({
        kind: 'disk',
        device: 'virtio0',
        request,
        operation: { op: 'read', offset: 512, length: 512 },
      }));
    else if (choice < 50)
      this.#request((request) => ({
        kind: 'disk',
        device: 'virtio0',
        request,
        operation: { op: 'write', offset: 0, data: bytes },
      }));
    else if (choice < 52) this.#request((request) => ({ kind: 'entropy', device: 'virtio2', request, length: 8 }));
    else if (choice < 60) this.#state = mix(this.#state, this.#ports.nondet(1));
    else if (choice < 70) this.#lookAtTime();
    else if (choice < 74) {
      this.#timer = this.time + 30_000n;
      this.#waiting = true;
    }
  }

  #request(make: (request: number) => Output): void {
    if (this.#requests.size >= 8) return;
    const request = this.#nextRequest++;
    this.#requests.set(request, make(request));
    this.#ports.emit(this.#requests.get(request)!);
  }

  #lookAtTime(): void {
    if (this.config.clock === 'exact') {
      const read = this.#ports.nondet(2);
      this.#memory = mix(this.#memory, read);
      this.#anchor = { tick: this.#tick, time: later(read, this.#anchor.time), rate: 0n };
    }
    this.#memory = mix(this.#memory, this.time);
  }
}
