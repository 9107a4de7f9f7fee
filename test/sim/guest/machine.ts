/**
 * A small guest behind the machine's contract: a key-value server that counts aloud. One processor that does jobs one
 * after the other; steps between two jobs are not made one by one, so any number of them costs nothing.
 *
 * Its future depends on everything that it is given and on when: each input and each value read goes into a hash that
 * is its state, together with the tick.
 */

import type { DiskOperation, Halt, Input, Output } from '../../../src/emu/machine/events.ts';
import type {
  Machine,
  MachineConfig,
  MachinePorts,
  MachineState,
  RunResult,
} from '../../../src/emu/machine/machine.ts';
import { type Tick, tick } from '../../../src/lib/brands.ts';
import { Hash } from './hash.ts';
import {
  CONSOLE,
  DISK,
  DISK_PAGES,
  ENTROPY,
  type MachineWatch,
  NET,
  PROGRAM_PAGES,
  type Processor,
  type Program,
  SECTOR_BYTES,
} from './program.ts';

/** Rates of the clock are in this fraction. */
const RATE_ONE = 2 ** 24;

const PAGES = DISK_PAGES + PROGRAM_PAGES;

interface Pending {
  readonly output: Output;
  /** Page that a read fills, and what was in it when it was asked for or another read filled it. */
  readonly page: number;
  before: number;
  /** The program's number of it. */
  readonly handle: number;
}

/** Asked of the disk, and not given out: it waits for an earlier one that it races with. */
interface Waiting {
  readonly operation: DiskOperation;
  readonly page: number;
  readonly handle: number;
}

/** They have a place in common, and one of them changes it. */
function race(a: DiskOperation, b: DiskOperation): boolean {
  if (a.op === 'flush' || b.op === 'flush' || (a.op === 'read' && b.op === 'read')) return false;
  return a.offset < b.offset + lengthOf(b) && b.offset < a.offset + lengthOf(a);
}

const lengthOf = (operation: Exclude<DiskOperation, { readonly op: 'flush' }>): number =>
  operation.op === 'write' ? operation.data.length : operation.length;

/** Everything but the pages, as plain data. */
interface SavedMachine {
  readonly hash: readonly [number, number];
  readonly tick: number;
  readonly anchor: readonly [tick: number, time: number, rate: number];
  readonly timer: number | undefined;
  readonly dueTick: number;
  readonly jobs: readonly Job[];
  readonly doneAt: number;
  readonly requests: readonly [disk: number, handles: number, entropy: number];
  readonly pending: ReadonlyMap<string, Pending>;
  readonly waiting: readonly Waiting[];
  readonly halt: Halt | undefined;
  readonly program: unknown;
}

interface Job {
  readonly ticks: number;
  readonly what: unknown;
}

export class SimMachine implements Machine, Processor {
  readonly config: MachineConfig;
  readonly hash = new Hash();
  readonly #ports: MachinePorts;
  readonly #program: Program;
  readonly #watch: MachineWatch | undefined;
  readonly #racesFree: boolean;
  readonly #pages = new Int32Array(PAGES);
  /** Written to since they were copied. */
  readonly #changed = new Set<number>();
  #pending = new Map<string, Pending>();
  #tick = 0;
  #anchorTick = 0;
  #anchorTime = 0;
  #rate = 0;
  #timer: number | undefined;
  #dueTick = Number.POSITIVE_INFINITY;
  #jobs: Job[] = [];
  /** Tick at which the first job is done. */
  #doneAt = 0;
  #diskRequests = 0;
  #diskHandles = 0;
  #waiting: Waiting[] = [];
  #entropyRequests = 0;
  halt: Halt | undefined;

  /** `racesFree`: operations on one place of the disk do not wait for one another. */
  constructor(ports: MachinePorts, program: Program, watch?: MachineWatch, racesFree = false) {
    this.#racesFree = racesFree;
    this.#ports = ports;
    this.#program = program;
    this.#watch = watch;
    this.config = {
      memoryBytes: 0,
      harts: 1,
      bootArgs: '',
      builtinFirmware: false,
      clock: 'host',
      epochNs: 0n,
      rngSeed: new Uint8Array(32),
      devices: [],
    };
    program.start(this);
  }

  get tick(): Tick {
    return tick(this.#tick);
  }
  get pc(): bigint {
    return BigInt(this.hash.word);
  }
  get now(): number {
    return this.#anchorTime + Math.floor(((this.#tick - this.#anchorTick) * this.#rate) / RATE_ONE);
  }
  get time(): bigint {
    return BigInt(this.now);
  }
  get nextTimer(): bigint | undefined {
    return this.#timer === undefined ? undefined : BigInt(this.#timer);
  }
  /** Jobs that wait or are being done. */
  get jobs(): number {
    return this.#jobs.length;
  }

  run(until: Tick): RunResult {
    const end = Number(until);
    for (;;) {
      if (this.halt !== undefined) return 'halted';
      if (this.#tick >= this.#dueTick) this.#timerDue();
      if (this.#tick === end) return 'limit';
      if (this.#jobs.length === 0) return 'idle';
      const next = Math.min(end, this.#doneAt, Math.max(this.#dueTick, this.#tick + 1));
      if (next === this.#doneAt) {
        // The step that ends at `next` does it: what it emits and reads has the tick before.
        this.#tick = next - 1;
        this.#finishJob();
      }
      this.#tick = next;
    }
  }

  apply(input: Input): void {
    this.hash.add(this.#tick);
    switch (input.kind) {
      case 'clock':
        if (Number(input.time) < this.now) throw new Error('guest time went back');
        this.#anchorTime = Number(input.time);
        this.#anchorTick = this.#tick;
        this.#rate = Number(input.rate);
        this.hash.add(this.#anchorTime);
        this.hash.add(this.#rate);
        this.#computeDue();
        return;
      case 'console':
        this.hash.addBytes(input.bytes);
        this.#program.typed(this, input.bytes);
        return;
      case 'packet':
        this.hash.addBytes(input.frame);
        this.#program.packet(this, input.frame);
        return;
      case 'disk':
        this.#completed(`disk ${input.request}`, input.status, input.data);
        return;
      case 'entropy':
        this.#completed(`entropy ${input.request}`, 0, input.bytes);
        return;
      case 'control':
        if (input.action === 'powerOff') this.halt = { reason: 'powerOff', code: 0 };
    }
  }

  skipIdle(): boolean {
    return false;
  }
  packetRoom(): number {
    return 16;
  }

  consoleRoom(): number {
    return 16;
  }
  pendingRequests(): readonly Output[] {
    return [...this.#pending.values()].map(({ output }) => output);
  }

  digest(scope: 'all' | 'small'): string {
    return this.state(scope);
  }

  state(scope: 'all' | 'small' = 'all'): string {
    const hash = this.hash.copy();
    for (const value of [this.#tick, this.#timer ?? -1, this.now, this.#jobs.length, this.#doneAt]) hash.add(value);
    hash.add(this.#pending.size);
    hash.add(this.#waiting.length);
    if (scope === 'all') {
      for (const page of this.#pages) hash.add(page);
      this.#program.digest(hash);
    }
    return hash.text;
  }

  save(): MachineState {
    throw new Error('not used');
  }
  restore(): void {
    throw new Error('not used');
  }

  /** All but pages, to be put into a machine with the same program by `put`. */
  capture(): SavedMachine {
    return {
      hash: this.hash.words,
      tick: this.#tick,
      anchor: [this.#anchorTick, this.#anchorTime, this.#rate],
      timer: this.#timer,
      dueTick: this.#dueTick,
      jobs: this.#jobs,
      doneAt: this.#doneAt,
      requests: [this.#diskRequests, this.#diskHandles, this.#entropyRequests],
      pending: this.#pending,
      waiting: this.#waiting,
      halt: this.halt,
      program: this.#program.save(),
    };
  }

  /** `saved`: a copy that nobody else has. */
  put(saved: SavedMachine, pages: ReadonlyMap<number, number>): void {
    this.hash.words = saved.hash;
    this.#tick = saved.tick;
    [this.#anchorTick, this.#anchorTime, this.#rate] = saved.anchor;
    this.#timer = saved.timer;
    this.#dueTick = saved.dueTick;
    this.#jobs = [...saved.jobs];
    this.#doneAt = saved.doneAt;
    [this.#diskRequests, this.#diskHandles, this.#entropyRequests] = saved.requests;
    this.#pending = new Map(saved.pending);
    this.#waiting = [...saved.waiting];
    this.halt = saved.halt;
    this.#program.restore(saved.program);
    for (const [page, value] of pages) this.#pages[page] = value;
  }

  /** Pages that were written to since they were taken. */
  get changedPages(): number {
    return this.#changed.size;
  }
  /** Forgets what was taken before: a copy begins. */
  allChanged(): void {
    for (let page = 0; page < PAGES; page++) this.#changed.add(page);
  }
  /** Some of the changed pages with what is in them: `from` on, `most` at most. */
  takeChanged(from: number, most: number): [page: number, value: number][] {
    const taken: [number, number][] = [];
    for (let page = from; page < PAGES && taken.length < most; page++)
      if (this.#changed.delete(page)) taken.push([page, this.#pages[page]!]);
    return taken;
  }

  /** Stands for a device that writes to memory when it likes; and for a bit that turns. */
  poke(page: number, value: number): void {
    this.#set(page % DISK_PAGES, value);
  }
  /** The page that a read waits to fill. */
  target(request: number): number | undefined {
    return this.#pending.get(`disk ${request}`)?.page;
  }

  work(ticks: number, what: unknown): void {
    this.#jobs.push({ ticks, what });
    if (this.#jobs.length === 1) this.#doneAt = this.#tick + ticks;
  }
  arm(time: number): void {
    this.#timer = Math.max(time, this.now + 1);
    this.#computeDue();
  }
  print(text: string): void {
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
    this.#ports.emit({ kind: 'console', device: CONSOLE, bytes });
  }
  transmit(frame: Uint8Array): void {
    this.#ports.emit({ kind: 'packet', device: NET, frame });
  }
  read(sector: number, sectors: number, page: number): number {
    const [offset, length] = [sector * SECTOR_BYTES, sectors * SECTOR_BYTES];
    return this.#disk({ op: 'read', offset, length }, page % DISK_PAGES);
  }
  write(sector: number, data: Uint8Array): number {
    return this.#disk({ op: 'write', offset: sector * SECTOR_BYTES, data }, -1);
  }
  flush(): number {
    return this.#disk({ op: 'flush' }, -1);
  }
  askRandom(length: number): number {
    const request = this.#entropyRequests++;
    const output: Output = { kind: 'entropy', device: ENTROPY, request, length };
    this.#pending.set(`entropy ${request}`, { output, page: -1, before: 0, handle: -1 });
    this.#ports.emit(output);
    return request;
  }
  random(): number {
    const value = Number(this.#ports.nondet(0));
    this.hash.add(value);
    return value;
  }
  page(index: number): number {
    const value = this.#pages[index]!;
    this.hash.add(value);
    return value;
  }
  touch(index: number, value: number): void {
    this.#set(DISK_PAGES + index, value);
  }
  own(index: number): number {
    return this.page(DISK_PAGES + index);
  }
  reached(count: number): void {
    this.#watch?.counted(count, this.state());
  }
  powerOff(code: number): void {
    this.halt = { reason: 'finisher', code };
  }

  #set(page: number, value: number): void {
    this.#pages[page] = value;
    this.#changed.add(page);
  }

  #disk(operation: DiskOperation, page: number): number {
    const handle = this.#diskHandles++;
    const asked = { operation, page, handle };
    this.#waiting.push(asked);
    this.#issueFree();
    if (this.#waiting.includes(asked)) this.#watch?.raced();
    return handle;
  }

  /** Gives out what races with nothing that is asked for earlier and not done, in the order of asking. */
  #issueFree(): void {
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#waiting = [];
    for (const asked of waiting) {
      const { operation, page, handle } = asked;
      if (!this.#racesFree && this.#isRacing(operation)) this.#waiting.push(asked);
      else {
        const request = this.#diskRequests++;
        const output: Output = { kind: 'disk', device: DISK, request, operation };
        this.#pending.set(`disk ${request}`, { output, page, before: page < 0 ? 0 : this.#pages[page]!, handle });
        this.#ports.emit(output);
      }
    }
  }

  /** With what is given out, or waits. */
  #isRacing(operation: DiskOperation): boolean {
    for (const { output } of this.#pending.values())
      if (output.kind === 'disk' && race(output.operation, operation)) return true;
    for (const earlier of this.#waiting) if (race(earlier.operation, operation)) return true;
    return false;
  }

  #completed(name: string, status: number, data: Uint8Array): void {
    const pending = this.#pending.get(name);
    if (pending === undefined) throw new Error(`${name} is not pending`);
    this.#pending.delete(name);
    this.hash.add(status);
    this.hash.addBytes(data);
    const { page, before, handle } = pending;
    if (page >= 0) {
      if (this.#pages[page] !== before) this.#watch?.dmaTouched(page, this.#tick);
      const filled = new Hash();
      filled.addBytes(data);
      this.#set(page, filled.word | 0);
      for (const other of this.#pending.values()) if (other.page === page) other.before = filled.word | 0;
    }
    this.#program.done(this, handle, status, data);
    this.#issueFree();
  }

  #finishJob(): void {
    const job = this.#jobs.shift()!;
    this.#program.perform(this, job.what);
    this.hash.add(this.#tick);
    const next = this.#jobs[0];
    if (next !== undefined) this.#doneAt = this.#tick + 1 + next.ticks;
  }

  #timerDue(): void {
    this.#timer = undefined;
    this.#dueTick = Number.POSITIVE_INFINITY;
    this.hash.add(this.#tick);
    this.#program.timer(this);
  }

  #computeDue(): void {
    const timer = this.#timer;
    if (timer === undefined) this.#dueTick = Number.POSITIVE_INFINITY;
    else if (timer <= this.now) this.#dueTick = this.#tick;
    else if (this.#rate <= 0) this.#dueTick = Number.POSITIVE_INFINITY;
    else this.#dueTick = this.#anchorTick + Math.ceil(((timer - this.#anchorTime) * RATE_ONE) / this.#rate);
  }
}
