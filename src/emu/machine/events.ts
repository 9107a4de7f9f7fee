/**
 * What goes in and out of the machine: the two doors of the design. Everything non-deterministic is an `Input` with its
 * tick or a `Bus.nondet` read; every effect on the world is an `Output`. `device` is the device's name on the board:
 * 'uart', 'virtio0' … 'virtio7'.
 */

/** Applied at a tick boundary, in order. */
export type Input =
  /** Moves the clock's anchor to (this tick, `time`), units of 100 ns; `rate` is time units per tick times 2^24. */
  | { readonly kind: 'clock'; readonly time: bigint; readonly rate: bigint }
  /** Bytes typed at a console (UART or virtio-console). */
  | { readonly kind: 'console'; readonly device: string; readonly bytes: Uint8Array }
  /** One Ethernet frame for a virtio-net device, without a virtio header. */
  | { readonly kind: 'packet'; readonly device: string; readonly frame: Uint8Array }
  /**
   * A block request is done. `status` as virtio-blk: 0 ok, 1 I/O error, 2 unsupported. `data` holds what was read,
   * empty otherwise.
   */
  | {
      readonly kind: 'disk';
      readonly device: string;
      readonly request: number;
      readonly status: number;
      readonly data: Uint8Array;
    }
  /** Random bytes that a virtio-entropy request asked for. */
  | { readonly kind: 'entropy'; readonly device: string; readonly request: number; readonly bytes: Uint8Array }
  /** Operator's word. `powerOff`: like pulling the plug; `reset`: as the reset button. */
  | { readonly kind: 'control'; readonly action: 'powerOff' | 'reset' }
  /** The operator's word too: the guest stands still at this tick; it goes on; it is to have so much of a processor. */
  | { readonly kind: 'suspend' }
  | { readonly kind: 'resume' }
  | { readonly kind: 'share'; readonly percent: number };

/** Emitted in program order while the machine runs or takes an input. */
export type Output =
  | { readonly kind: 'console'; readonly device: string; readonly bytes: Uint8Array }
  /** `more`: most likely another follows in the same step. For whoever sends together what came together. */
  | { readonly kind: 'packet'; readonly device: string; readonly frame: Uint8Array; readonly more?: boolean }
  | { readonly kind: 'disk'; readonly device: string; readonly request: number; readonly operation: DiskOperation }
  | { readonly kind: 'entropy'; readonly device: string; readonly request: number; readonly length: number };

/** Offsets and lengths in bytes, multiples of 512. */
export type DiskOperation =
  | { readonly op: 'read'; readonly offset: number; readonly length: number }
  | { readonly op: 'write'; readonly offset: number; readonly data: Uint8Array }
  | { readonly op: 'flush' }
  | {
      readonly op: 'discard' | 'writeZeroes';
      readonly offset: number;
      readonly length: number;
      readonly unmap: boolean;
    };

/** Why a machine has stopped for good. `code` is the guest's exit code (test finisher), 0 for a plain power off. */
export interface Halt {
  readonly reason: 'powerOff' | 'finisher';
  readonly code: number;
}
