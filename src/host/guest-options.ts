/**
 * What an operator can say about a guest and its surroundings, already parsed: the flags' meaning, without their
 * syntax.
 */

import type { MachineConfig } from '../emu/machine/machine.ts';
import type { EntropySetting } from './entropy.ts';
import type { DriveMode, DrivePlace } from './ports/drive-file.ts';
import type { StreamAddress } from './ports/stream-address.ts';

/** `auto` compiles what is hot. */
export type EngineName = 'auto' | 'interpreter' | 'reference';

export interface DriveOptions {
  readonly path: DrivePlace;
  readonly mode: DriveMode;
  /** At most 20 characters; 'drive0' and so on when left out. */
  readonly serial?: string;
}

export interface NetOptions {
  /** Left out: a card with nothing at the other end. */
  readonly peer?: StreamAddress;
  /** 6 bytes; 52:54:00:12:34:56 and following when left out. */
  readonly mac?: Uint8Array;
  /** 1500 when left out. */
  readonly mtu?: number;
}

/** 'stdio': this process's terminal, or its pipes when the input is none. */
export type ConsoleTarget =
  | { readonly kind: 'stdio' }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'none' };

/** Where the host ends of the devices are; everything may differ between a recording and its continuation. */
export interface Surroundings {
  readonly drives: readonly DriveOptions[];
  readonly nets: readonly NetOptions[];
  /** The 16550's other end. */
  readonly uart: ConsoleTarget;
  /** One virtio-console each. */
  readonly consoles: readonly ConsoleTarget[];
  readonly entropy: EntropySetting;
  readonly engine: EngineName;
}

export interface GuestOptions extends Surroundings {
  readonly kernel?: string;
  /**
   * A file; 'none': the kernel runs bare in M-mode; left out: the built-in firmware, unless the kernel lies in its
   * place.
   */
  readonly bios?: string;
  readonly initrd?: string;
  readonly append: string;
  readonly memoryBytes: number;
  readonly harts: number;
  readonly clock: MachineConfig['clock'];
  /** Wall clock at power on; the host's when left out, and a fixed one with clock 'ticks'. */
  readonly epochNs?: bigint;
}

export const DEFAULTS: Omit<GuestOptions, 'kernel'> = {
  append: '',
  memoryBytes: 256 * 1024 * 1024,
  harts: 1,
  clock: 'host',
  drives: [],
  nets: [],
  uart: { kind: 'stdio' },
  consoles: [],
  entropy: { kind: 'host' },
  engine: 'auto',
};
