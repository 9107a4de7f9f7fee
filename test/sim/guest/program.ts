/** What the simulated machine and the program in it are to each other, and the devices between them and the world. */

import type { Hash } from './hash.ts';

export const DISK = 'virtio0';
export const NET = 'virtio1';
export const ENTROPY = 'virtio2';
export const CONSOLE = 'uart';

export const SECTOR_BYTES = 32;

/** Memory, in pages of one number each: those that a disk may write to come first, then the program's own. */
export const DISK_PAGES = 8;
export const PROGRAM_PAGES = 16;

/** What the program does with the machine. */
export interface Processor {
  readonly hash: Hash;
  /** Guest time, 100 ns. */
  readonly now: number;
  /** Has the program do `job`, plain data, after `ticks` more steps of work, behind the jobs before it. */
  work(ticks: number, job: unknown): void;
  arm(time: number): void;
  print(text: string): void;
  transmit(frame: Uint8Array): void;
  /** `page`: where the data of a read goes. */
  read(sector: number, sectors: number, page: number): number;
  write(sector: number, data: Uint8Array): number;
  flush(): number;
  askRandom(length: number): number;
  random(): number;
  page(index: number): number;
  /** Changes a page of the program's own; below `PROGRAM_PAGES`. */
  touch(index: number, value: number): void;
  /** Reads it. */
  own(index: number): number;
  /** For whoever watches: the program has come to this point. */
  reached(count: number): void;
  powerOff(code: number): void;
}

export interface Program {
  start(processor: Processor): void;
  /** What `work` was asked for is due. */
  perform(processor: Processor, job: unknown): void;
  timer(processor: Processor): void;
  packet(processor: Processor, frame: Uint8Array): void;
  typed(processor: Processor, bytes: Uint8Array): void;
  done(processor: Processor, request: number, status: number, data: Uint8Array): void;
  /** Adds what the program keeps to a digest. */
  digest(hash: Hash): void;
  /** Everything that the program keeps besides pages, as plain data; and back. */
  save(): unknown;
  restore(saved: unknown): void;
}

export interface MachineWatch {
  /** A page that a read will fill was changed before the read was done. */
  dmaTouched(page: number, tick: number): void;
  /** A disk operation waits for another that it races with. */
  raced(): void;
  /** The program has counted; `state`: digest of everything. */
  counted(count: number, state: string): void;
}
