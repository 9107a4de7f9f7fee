/**
 * What a device is: registers plus a plain state object. It holds no host handle, reads no clock, and changes guest
 * memory or its interrupt line only inside a register access or inside one of its input methods, both at known ticks.
 */

/** Plain data: what structured clone and CBOR both take. bigint for 64-bit quantities, Uint8Array for bytes. */
export type Plain =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly Plain[]
  | { readonly [key: string]: Plain };

export interface Device<State extends Plain = Plain> {
  /**
   * Register read at a byte offset in the device's window; the value is an unsigned 32-bit number. The bus splits
   * 8-byte accesses.
   */
  read(offset: number, width: 1 | 2 | 4): number;
  write(offset: number, width: 1 | 2 | 4, value: number): void;
  /** The whole state by name; `restore(save())` changes nothing that can be observed. */
  save(): State;
  restore(state: State): void;
}

/** An input of the interrupt controller. */
export type InterruptLine = (level: boolean) => void;

/**
 * Guest memory as a bus master sees it: physical addresses; marks pages as changed. Outside RAM: throws
 * GuestMemoryFault.
 */
export interface GuestMemory {
  read(pa: bigint, length: number): Uint8Array;
  write(pa: bigint, bytes: Uint8Array): void;
}
export class GuestMemoryFault extends Error {
  override name = 'GuestMemoryFault';
}
