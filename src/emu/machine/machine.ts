/**
 * The machine as sessions see it: a pure function of its inputs. It knows nothing of recording.
 */

import type { Tick } from '../../lib/brands.ts';
import type { Plain } from '../devices/device.ts';
import type { Halt, Input, Output } from './events.ts';
import type { Operator } from './operator.ts';

/**
 * Everything that decides how a machine behaves, besides the bytes of its images. Goes into the log's header as it is.
 */
export interface MachineConfig {
  readonly memoryBytes: number;
  readonly harts: number;
  readonly bootArgs: string;
  /**
   * 'host' and 'ticks': linear clock; 'exact': each read of time is logged. With 'ticks' the machine skips idle time by
   * itself.
   */
  readonly clock: 'host' | 'ticks' | 'exact';
  /** Wall clock at power on, nanoseconds since 1970: what the goldfish RTC counts from. */
  readonly epochNs: bigint;
  /** Seed in the device tree (/chosen/rng-seed), 32 bytes, and nothing else random. */
  readonly rngSeed: Uint8Array;
  /** In slot order, virtio0 first. */
  readonly devices: readonly VirtioConfig[];
  /** The firmware image is the built-in one: the device tree reserves its memory (other firmware does that itself). */
  readonly builtinFirmware?: boolean;
}
export type VirtioConfig =
  | { readonly type: 'block'; readonly sizeBytes: number; readonly readOnly: boolean; readonly serial: string }
  | { readonly type: 'net'; readonly mac: Uint8Array; readonly mtu: number }
  | { readonly type: 'console' }
  | { readonly type: 'entropy' };

/**
 * Image bytes by role. `firmware` left out with a kernel: the built-in SBI firmware, unless the kernel is an M-mode ELF
 * run bare (`bios: 'none'`). A machine reads them when it is made and at each reset, and keeps nothing of them: an
 * owner may fetch them then, always the same.
 */
export interface MachineImages {
  readonly firmware?: Uint8Array;
  readonly kernel?: Uint8Array;
  readonly initrd?: Uint8Array;
}

/** What the machine asks of its owner while it runs. */
export interface MachinePorts {
  emit(output: Output): void;
  /** A logged read: Nondet.seed gives 16 random bits, Nondet.time the present time in 100 ns units. */
  nondet(kind: number): bigint;
}

/** 'alert': the engine was asked to come back before the step that is next (engine.ts). */
export type RunResult = 'limit' | 'idle' | 'halted' | 'alert';

export interface Machine {
  readonly config: MachineConfig;
  readonly tick: Tick;
  /** Guest time now, 100 ns units. */
  readonly time: bigint;
  readonly halt: Halt | undefined;
  /** Of a machine that operators speak to. While it is suspended it waits, with no timer armed, for an input. */
  readonly operator?: Operator;
  /** Steps made by each way of making them, where that is known; for reports only. */
  readonly engineTicks?: { readonly [engine: string]: bigint };
  /** Program counter of the hart that made the last step; for reports only. */
  readonly pc: bigint;
  /** Runs to exactly `until`, or less when every hart waits ('idle') or the machine has stopped ('halted'). */
  run(until: Tick): RunResult;
  /** Applies an input at the present tick. A `disk` or `entropy` input for a request that is not pending throws. */
  apply(input: Input): void;
  /** While every hart waits: the guest time at which the next armed timer that will wake one is due, or undefined. */
  readonly nextTimer: bigint | undefined;
  /**
   * With clock 'ticks', when `run` gave 'idle', nothing is pending outside and a timer is armed: moves the clock to
   * `nextTimer` and gives true; else false. Not an input, as it follows from the state: recording and replay alike call
   * it as soon as `run` gives 'idle', unless they have an input for this very tick, and after true make at least one
   * step before any input.
   */
  skipIdle(): boolean;
  /** Bytes that a `console` input for this device may carry now; one that carries more throws. */
  consoleRoom(device: string): number;
  /**
   * `packet` inputs that this device has buffers for now; further ones are lost, as with any card. Undefined: it takes
   * none, and whoever has some may as well lose them.
   */
  packetRoom(device: string): number | undefined;
  /**
   * Requests given out as outputs whose completion has not been applied: what must be issued again when taking over.
   */
  pendingRequests(): readonly Output[];
  /**
   * Digest of all machine state, 16 hexadecimal digits; a function of state only. Small: registers and devices, without
   * RAM.
   */
  digest(scope: 'all' | 'small'): string;
  save(): MachineState;
  restore(state: MachineState): void;
}

/** A snapshot: named fields, and RAM by non-zero page. */
export interface MachineState {
  readonly harts: readonly { readonly [field: string]: Plain }[];
  readonly devices: { readonly [name: string]: Plain };
  readonly halt: Plain;
  /** Absent: as at power on. */
  readonly operator?: Plain;
  readonly pages: ReadonlyMap<number, Uint8Array>;
}
