/**
 * The program of the simulated guest: a server of counters, some in memory and some on disk, that counts aloud on its
 * console and, from its timer, gives the disk operations that race with each other.
 *
 * A counter on disk is answered for when its write is done (and sometimes flushed); reading it answers with what the
 * disk holds. So a write that was lost, late or made twice shows in what clients are told.
 */

import type { Hash } from './hash.ts';
import { decodeRequest, encodeReply, Op, putWord, type Request, word } from './packets.ts';
import type { Processor, Program } from './program.ts';
import { DISK_PAGES, PROGRAM_PAGES, SECTOR_BYTES } from './program.ts';

/** Sectors that counters are kept in: one for each key. Sectors that racing operations use. */
export const KEYS = 4;
const RACE_SECTOR = 16;
const RACE_SECTORS = 4;
/** Operations outstanding, at most, before no more racing ones are given. */
const DEPTH = 12;

export interface ServerOptions {
  /** Between two counts, units of 100 ns. */
  readonly period: number;
  /** Steps of work that a count takes besides. */
  readonly burden: number;
  /** Disk operations at each count. */
  readonly races: number;
  /** Pages of its own that it changes at each count. */
  readonly changes: number;
  /** Steps of work for each request. */
  readonly effort: number;
}

interface Session {
  number: number;
  /** The answer, once there is one. */
  value: number | undefined;
}

type Waiting =
  | { readonly kind: 'answer'; readonly request: Request; readonly value: number }
  | { readonly kind: 'flush'; readonly request: Request; readonly value: number }
  | { readonly kind: 'read'; readonly request: Request }
  | { readonly kind: 'race' }
  | { readonly kind: 'retry'; readonly sector: number; readonly data: Uint8Array; readonly then: Waiting };

type Job =
  | { readonly do: 'start' | 'count' | 'compute' }
  | { readonly do: 'serve'; readonly request: Request }
  | { readonly do: 'echo'; readonly bytes: Uint8Array }
  | { readonly do: 'go on'; readonly waiting: Waiting; readonly status: number; readonly data: Uint8Array };

interface Saved {
  readonly counters: readonly number[];
  readonly onDisk: readonly number[];
  readonly sessions: ReadonlyMap<number, Session>;
  readonly waiting: ReadonlyMap<number, Waiting>;
  readonly numbers: readonly [count: number, packets: number, lottery: number];
}

export class CounterServer implements Program {
  readonly #options: ServerOptions;
  readonly #counters = new Int32Array(KEYS);
  readonly #onDisk = new Int32Array(KEYS);
  #sessions = new Map<number, Session>();
  #waiting = new Map<number, Waiting>();
  #count = 0;
  #packets = 0;
  #lottery = 1;

  constructor(options: ServerOptions) {
    this.#options = options;
  }

  start(cpu: Processor): void {
    this.#work(cpu, 1000, { do: 'start' });
  }

  timer(cpu: Processor): void {
    this.#work(cpu, 500, { do: 'count' });
    if (this.#options.burden > 0) this.#work(cpu, this.#options.burden, { do: 'compute' });
  }

  packet(cpu: Processor, frame: Uint8Array): void {
    const request = decodeRequest(frame);
    if (request === undefined) return;
    this.#work(cpu, this.#options.effort, { do: 'serve', request });
  }

  typed(cpu: Processor, bytes: Uint8Array): void {
    this.#work(cpu, 200, { do: 'echo', bytes });
  }

  done(cpu: Processor, id: number, status: number, data: Uint8Array): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    this.#work(cpu, 100, { do: 'go on', waiting, status, data });
  }

  perform(cpu: Processor, what: unknown): void {
    const job = what as Job;
    switch (job.do) {
      case 'start':
        cpu.print('up\n');
        cpu.arm(cpu.now + this.#options.period);
        return;
      case 'count':
        this.#tell(cpu);
        return;
      case 'compute':
        cpu.page(this.#draw(DISK_PAGES));
        return;
      case 'serve':
        this.#serve(cpu, job.request);
        return;
      case 'echo':
        cpu.hash.addBytes(job.bytes);
        cpu.print(`got ${job.bytes.length}\n`);
        return;
      case 'go on':
        this.#goOn(cpu, job.waiting, job.status, job.data);
    }
  }

  save(): Saved {
    return {
      counters: [...this.#counters],
      onDisk: [...this.#onDisk],
      sessions: this.#sessions,
      waiting: this.#waiting,
      numbers: [this.#count, this.#packets, this.#lottery],
    };
  }

  restore(saved: unknown): void {
    const { counters, onDisk, sessions, waiting, numbers } = saved as Saved;
    this.#counters.set(counters);
    this.#onDisk.set(onDisk);
    this.#sessions = new Map(sessions);
    this.#waiting = new Map(waiting);
    [this.#count, this.#packets, this.#lottery] = numbers;
  }

  #work(cpu: Processor, ticks: number, job: Job): void {
    cpu.work(ticks, job);
  }

  #tell(cpu: Processor): void {
    cpu.print(`${++this.#count}\n`);
    cpu.reached(this.#count);
    cpu.arm(cpu.now + this.#options.period);
    if (cpu.page(this.#draw(DISK_PAGES)) === 1) cpu.random();
    if (this.#draw(4) === 0) cpu.askRandom(8);
    for (let i = 0; i < this.#options.changes; i++)
      cpu.touch(this.#draw(PROGRAM_PAGES), cpu.own(this.#draw(PROGRAM_PAGES)) + this.#count);
    for (let i = 0; i < this.#options.races; i++) this.#race(cpu);
  }

  digest(hash: Hash): void {
    for (const value of this.#counters) hash.add(value);
    for (const value of this.#onDisk) hash.add(value);
    hash.add(this.#count);
    hash.add(this.#packets);
    hash.add(this.#waiting.size);
  }

  #serve(cpu: Processor, request: Request): void {
    const session = this.#sessions.get(request.client);
    if (session !== undefined && session.number >= request.number) {
      if (session.number === request.number && session.value !== undefined) this.#send(cpu, request, session.value);
      return;
    }
    this.#sessions.set(request.client, { number: request.number, value: undefined });
    const key = request.key % KEYS;
    switch (request.op) {
      case Op.add:
        this.#counters[key]!++;
        this.#answer(cpu, request, this.#counters[key]!);
        return;
      case Op.durable: {
        const value = ++this.#onDisk[key]!;
        const then: Waiting =
          this.#draw(2) === 0 ? { kind: 'answer', request, value } : { kind: 'flush', request, value };
        this.#write(cpu, key, sectorOf(value), then);
        return;
      }
      case Op.read:
        this.#waiting.set(cpu.read(key, 1, this.#draw(DISK_PAGES)), { kind: 'read', request });
        return;
      case Op.random:
        this.#answer(cpu, request, cpu.random());
        return;
      case Op.powerOff:
        cpu.print('off\n');
        cpu.powerOff(3);
    }
  }

  #write(cpu: Processor, sector: number, data: Uint8Array, then: Waiting): void {
    this.#waiting.set(cpu.write(sector, data), { kind: 'retry', sector, data, then });
  }

  #goOn(cpu: Processor, waiting: Waiting, status: number, data: Uint8Array): void {
    switch (waiting.kind) {
      case 'retry':
        if (status === 0) this.#goOn(cpu, waiting.then, 0, data);
        // An older value must not follow a newer one that was asked for meanwhile.
        else if (this.#newest(waiting)) this.#write(cpu, waiting.sector, waiting.data, waiting.then);
        else this.#write(cpu, waiting.sector, sectorOf(this.#onDisk[waiting.sector]!), waiting.then);
        return;
      case 'flush':
        this.#waiting.set(cpu.flush(), { kind: 'answer', request: waiting.request, value: waiting.value });
        return;
      case 'answer':
        this.#answer(cpu, waiting.request, waiting.value);
        return;
      case 'read': {
        const { request } = waiting;
        if (status === 0) this.#answer(cpu, request, valueIn(data));
        else this.#waiting.set(cpu.read(request.key % KEYS, 1, this.#draw(DISK_PAGES)), waiting);
        return;
      }
      case 'race':
        cpu.hash.addBytes(data);
    }
  }

  #newest({ sector, data }: Waiting & { readonly kind: 'retry' }): boolean {
    return sector >= KEYS || valueIn(data) === this.#onDisk[sector];
  }

  #answer(cpu: Processor, request: Request, value: number): void {
    const session = this.#sessions.get(request.client);
    if (session?.number === request.number) session.value = value;
    this.#send(cpu, request, value);
  }

  #send(cpu: Processor, { client, number }: Request, value: number): void {
    cpu.transmit(encodeReply({ client, number, value, ordinal: ++this.#packets }));
  }

  #race(cpu: Processor): void {
    if (this.#waiting.size >= DEPTH) return;
    const sector = RACE_SECTOR + this.#draw(RACE_SECTORS);
    const sectors = 1 + this.#draw(2);
    if (this.#draw(2) === 0) {
      this.#waiting.set(cpu.read(sector, sectors, this.#draw(DISK_PAGES)), { kind: 'race' });
      return;
    }
    const data = new Uint8Array(sectors * SECTOR_BYTES).fill(this.#draw(256));
    this.#waiting.set(cpu.write(sector, data), { kind: 'race' });
  }

  #draw(limit: number): number {
    this.#lottery = (Math.imul(this.#lottery, 1664525) + 1013904223) >>> 0;
    return Math.floor((this.#lottery / 2 ** 32) * limit);
  }
}

const SECTOR_MARK = 0x6b;

export function sectorOf(value: number): Uint8Array {
  const data = new Uint8Array(SECTOR_BYTES);
  data[0] = SECTOR_MARK;
  putWord(data, 4, value);
  return data;
}

/** 0 for a sector that was never written. */
export const valueIn = (data: Uint8Array): number => (data[0] === SECTOR_MARK ? word(data, 4) : 0);
