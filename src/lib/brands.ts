/**
 * Branded numbers: the units that must not be mixed up. A brand costs nothing at run time.
 */

declare const brand: unique symbol;

/** Number of instruction steps since reset; the address of a moment everywhere (log, command line, gdb, FT). */
export type Tick = bigint & { readonly [brand]: 'Tick' };
/** Guest physical address. */
export type PhysAddr = bigint & { readonly [brand]: 'PhysAddr' };
/** Guest virtual address. */
export type VirtAddr = bigint & { readonly [brand]: 'VirtAddr' };
/** Byte offset in the engine's linear memory (not a guest address). */
export type HostAddr = number & { readonly [brand]: 'HostAddr' };

export const tick = (n: bigint | number): Tick => BigInt(n) as Tick;
